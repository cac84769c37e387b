"""Whether a history may be learned from: rules, counts, examples and fixes; what gives the outcome away."""
