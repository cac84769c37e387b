"""What an explanation needs from a model, so that it can be tested without one."""

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


class Calibrated(Protocol):
    """A strictly increasing map from log-odds to probability."""

    def probability(self, raw: Floats) -> Floats:
        """Return probabilities of shape (n,), in [0, 1], for log-odds of shape (n,)."""
        ...


class Additive(Protocol):
    """A model whose log-odds are a sum of one contribution a feature."""

    @property
    def calibrator(self) -> Calibrated:
        """The link from its log-odds to probability."""
        ...

    def contributions(self, X: pd.DataFrame, /) -> Floats:
        """Return log-odds of shape (n, n_features + 1), the expected value last; rows sum to the raw score."""
        ...
