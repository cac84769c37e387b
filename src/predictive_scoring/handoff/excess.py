"""Whether those whom a criterion excludes convert more than those whom it lets in."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Members = NDArray[np.bool_]
SAME: Final = 1.25  # rates that lie closer than this factor make no difference worth a word


@dataclass(frozen=True)
class Comparison:
    """Two groups of looks: their rates' ratio, others to fitting, and the chance to see more by luck.

    The ratio is NaN where nobody who fits converted; `spread` is the standard error of its logarithm.
    """

    ratio: float
    spread: float
    p_more: float  # one-sided, of rates that are equal

    def interval(self, level: float) -> tuple[float, float]:
        """Return the ratio's interval at a level in (0, 1)."""
        half = NormalDist().inv_cdf((1 + level) / 2) * self.spread
        return self.ratio * float(np.exp(-half)), self.ratio * float(np.exp(half))


def compare(
    y: Vector, others: Members, fitting: Members, accounts: NDArray[np.int64], expected: Vector | None = None
) -> Comparison:
    """Return how the rate of `others` compares with that of `fitting`; accounts are what chance draws.

    Where something is expected of each look, the rates are of observed to expected.

    A score test of equal rates: each account's residuals from the common rate are added up before they are squared, so
    that looks of one account, in both groups or in one, count as one draw (Liang and Zeger 1986,
    doi:10.1093/biomet/73.1.13).

    Parameters
    ----------
    y
        Shape (n,), 1 for a look that converts and 0 for one that does not.
    others, fitting
        Shape (n,), who belongs to either group; nobody belongs to both, and neither is empty.
    accounts
        Shape (n,), 0-based numbers.
    expected
        Shape (n,), what each look should bring were both alike; the same of each where it is not given.
    """
    fair = np.ones(len(y)) if expected is None else expected
    n_others, n_fitting = float(fair[others].sum()), float(fair[fitting].sum())
    weight = others / n_others - fitting / n_fitting
    common = float(y[others | fitting].sum()) / (n_others + n_fitting)
    scatter = float((np.bincount(accounts, (y - common * fair) * weight) ** 2).sum())
    share_others, share_fitting = float(y[others].sum()) / n_others, float(y[fitting].sum()) / n_fitting
    z = (share_others - share_fitting) / scatter**0.5 if scatter > 0 else 0.0
    ratio = share_others / share_fitting if share_fitting > 0 else float("nan")
    spread = float("nan")
    if share_others > 0 and share_fitting > 0:
        relative = others * (y - share_others * fair) / (n_others * share_others)
        relative -= fitting * (y - share_fitting * fair) / (n_fitting * share_fitting)
        spread = float((np.bincount(accounts, relative) ** 2).sum()) ** 0.5
    return Comparison(ratio, spread, 1 - NormalDist().cdf(z))


def holds_of_many(p_values: Vector, alpha: float) -> Members:
    """Return which of many findings hold, so that the chance of even one false one is at most alpha (Holm 1979).

    Examples
    --------
    >>> holds_of_many(np.array([0.01, 0.04, 0.03]), 0.05).tolist()
    [True, False, False]
    """
    order = np.argsort(p_values, kind="stable")
    passed = p_values[order] <= alpha / (len(p_values) - np.arange(len(p_values)))
    holds = np.zeros(len(p_values), dtype=bool)
    holds[order] = np.logical_and.accumulate(passed)
    return holds
