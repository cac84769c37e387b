"""Configuration as frozen models, parsed once at the edge."""

from predictive_scoring.config.params import Params, load_params

__all__ = ["Params", "load_params"]
