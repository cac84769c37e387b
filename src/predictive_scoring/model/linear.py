"""The linear half of the model, applied with numpy alone: a logistic regression written as numbers in JSON."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.base import Block

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
CLIP = 4.0  # standard deviations: one odd value must not decide a lead


class Term(Block):
    """One column of the design: what is taken from which input column, and its coefficient."""

    column: int
    kind: Literal["number", "hinge", "missing", "level", "range"]
    log: bool = False  # the logarithm of one plus the value, for skewed counts
    knot: float = 0.0  # of a hinge: how far the (logarithm of the) value lies above it, 0 below
    ceiling: float = 0.0  # of a hinge: from here on it rises no more, as the column's line does not
    level: int = 0
    low: float | None = None  # of a range: `low <= value < high`; None: no bound
    high: float | None = None
    centre: float = 0.0
    scale: float = 1.0
    mean: float = 0.0  # of the design column over the training rows
    coefficient: float = 0.0

    def values(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the design column of an input column, shape (n,)."""
        if self.kind == "missing":
            return np.isnan(column).astype(np.float64)
        if self.kind == "level":
            return np.asarray(column == self.level, dtype=np.float64)
        if self.kind == "range":
            low, high = -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high
            return np.asarray((low <= column) & (column < high), dtype=np.float64)
        shown = signed_log(column) if self.log else column
        if self.kind == "hinge":
            above = np.clip(shown, self.knot, self.ceiling) - self.knot
            return np.asarray(np.where(np.isnan(above), 0.0, (above - self.centre) / self.scale), dtype=np.float64)
        standard = np.clip((shown - self.centre) / self.scale, -CLIP, CLIP)
        return np.asarray(np.where(np.isnan(standard), 0.0, standard), dtype=np.float64)


class LinearPart(Block):
    """A logistic regression in log-odds: the intercept plus a coefficient for each term."""

    n_columns: int
    intercept: float
    terms: tuple[Term, ...]

    def contributions(self, encoded: Matrix) -> Matrix:
        """Return the (n, n_columns + 1) contributions in log-odds, the average last; rows sum to the log-odds.

        A column's contribution is the sum over its terms of coefficient times (value - training mean), which is the
        Shapley value of a linear model (Štrumbelj and Kononenko 2014, doi:10.1007/s10115-013-0679-x).
        """
        parts = np.zeros((len(encoded), self.n_columns + 1), order="F")
        base = self.intercept
        for term in self.terms:
            base += term.coefficient * term.mean
            parts[:, term.column] += term.coefficient * (term.values(encoded[:, term.column]) - term.mean)
        parts[:, -1] = base
        return parts

    def log_odds(self, encoded: Matrix) -> NDArray[np.float64]:
        """Return the (n,) log-odds."""
        return np.asarray(self.contributions(encoded).sum(axis=1), dtype=np.float64)


def signed_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sign(x)·log(1 + |x|)."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)
