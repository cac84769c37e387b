"""A simulated B2B funnel whose true probabilities are known: the default history, and a ruler for the model."""

from predictive_scoring.sources.simulator.write import simulate

__all__ = ["simulate"]
