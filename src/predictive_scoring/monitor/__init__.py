"""Two clocks: what has drifted today, and what past scores were worth once their outcomes matured."""
