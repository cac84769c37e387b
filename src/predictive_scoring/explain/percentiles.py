"""Ranks 1 to 100 among reference leads, as a small table that a search reads."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RANKS = 100


def percentile_table(values: Floats, weights: Floats) -> tuple[float, ...]:
    """Return the 99 values that divide the reference into a hundred parts of equal weight, ascending.

    Parameters
    ----------
    values, weights
        Shape (n,), n >= 1; weights are positive.

    Examples
    --------
    >>> table = percentile_table(np.arange(1.0, 101.0), np.ones(100))
    >>> table[0], table[49], table[98]
    (1.0, 50.0, 99.0)
    """
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    # The smallest value with at least k % of the weight at or below it. The tolerance keeps k/100 of a sum of equal
    # weights from falling on the next value by rounding.
    wanted = np.arange(1, RANKS) / RANKS * cumulative[-1] * (1 - 1e-12)
    return tuple(float(v) for v in values[order][np.searchsorted(cumulative, wanted)])


def percentile_of(values: Floats, table: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """Return each value's rank among the reference leads, 1 to 100, 100 the highest.

    A value that many reference leads share gets the middle of the ranks that they share, so that a crowd of leads
    without any activity is neither praised nor blamed for being a crowd. Higher values never get lower ranks.

    Examples
    --------
    >>> table = percentile_table(np.arange(1.0, 101.0), np.ones(100))
    >>> percentile_of(np.array([-5.0, 1.5, 50.5, 1000.0]), table).tolist()
    [1, 2, 51, 100]
    >>> percentile_of(np.array([7.0]), percentile_table(np.full(10, 7.0), np.ones(10))).tolist()
    [50]
    """
    cuts = np.asarray(table)
    below = np.searchsorted(cuts, values, side="left")
    at_or_below = np.searchsorted(cuts, values, side="right")
    ranks: npt.NDArray[np.int64] = (1 + (below + at_or_below) // 2).astype(np.int64)
    return ranks
