"""How well one column by itself tells converting leads from others, and how unevenly it is filled."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
N_FOLDS: Final = 5
SMOOTHING: Final = 10.0  # a level of few leads is taken for partly average
Z: Final = 1.96  # bounds at 95 %


@dataclass(frozen=True)
class Separation:
    """Area under the ROC curve, in [0, 1], and its lower bound at 95 %."""

    auc: float
    low: float


def separation(levels: Ints, converted: Flags, block: Ints, group: Ints) -> Separation:
    """Return how well the levels of a column order pairs of one converting lead and one other of the same block.

    Each level counts as the share that converts among the leads of other folds, so that a column of many levels
    gains nothing by chance. Pairs are compared within a block of time only: a column that tells early leads from
    late ones says nothing of which lead to call.

    Parameters
    ----------
    levels
        Non-negative codes, shape (n,).
    converted, block
        Shape (n,).
    group
        Number of the lead or account of each row, shape (n,): its rows share a fold and count once in the bound.

    References
    ----------
    Hanley and McNeil (1982), doi 10.1148/radiology.143.1.7063747, for the standard error.
    """
    score = _cross_fitted(levels, converted, group % N_FOLDS)
    wins = pairs = 0.0
    for number in np.unique(block):
        here = block == number
        n_won = float(converted[here].sum())
        n_other = float(here.sum()) - n_won
        ranks = rankdata(score[here])[converted[here]]
        wins += float(ranks.sum()) - n_won * (n_won + 1) / 2
        pairs += n_won * n_other
    auc = wins / pairs if pairs else 0.5
    n_won, n_other = len(np.unique(group[converted])), len(np.unique(group[~converted]))
    return Separation(auc, auc - Z * _standard_error(auc, n_won, n_other))


def _cross_fitted(levels: Ints, converted: Flags, fold: Ints) -> Floats:
    n_levels = int(levels.max(initial=0)) + 1
    cell = levels * N_FOLDS + fold
    shape = (n_levels, N_FOLDS)
    n = np.bincount(cell, minlength=n_levels * N_FOLDS).reshape(shape)
    n_won = np.bincount(cell, weights=converted, minlength=n_levels * N_FOLDS).reshape(shape)
    others, others_won = n.sum(axis=1, keepdims=True) - n, n_won.sum(axis=1, keepdims=True) - n_won
    average = others_won.sum(axis=0) / np.maximum(others.sum(axis=0), 1)
    rate = (others_won + SMOOTHING * average) / (others + SMOOTHING)
    return np.asarray((rate - average)[levels, fold])


def _standard_error(auc: float, n_won: int, n_other: int) -> float:
    if min(n_won, n_other) == 0:
        return 1.0
    both_won, both_other = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (n_won - 1) * (both_won - auc**2) + (n_other - 1) * (both_other - auc**2)
    return float(np.sqrt(max(spread, 0.0) / (n_won * n_other)))


def wilson(n_hits: Floats | float, n: Floats | float) -> tuple[Floats, Floats]:
    """Return the bounds of a share at 95 %, for each pair of counts.

    References
    ----------
    Wilson (1927), doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> low, high = wilson(30.0, 30.0)
    >>> round(float(low), 3), float(high)
    (0.886, 1.0)
    """
    hits, total = np.asarray(n_hits, float), np.asarray(n, float)
    share, scale = hits / total, 1 + Z**2 / total
    middle = share + Z**2 / (2 * total)
    reach = Z * np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return (middle - reach) / scale, np.minimum((middle + reach) / scale, 1.0)


def odds(share: Floats | float) -> Floats:
    """Return share / (1 - share), finite for a share of 1."""
    given = np.asarray(share, float)
    return np.asarray(given / np.maximum(1 - given, 1e-12))


def fill_ratio_low(filled: Flags, converted: Flags, block: Ints) -> float:
    """Return by how much converting raises the odds that a cell is filled: the lower bound at 95 % of the odds ratio.

    The ratio is taken within blocks of time (a column that was introduced late is filled for late leads alone).

    References
    ----------
    Mantel and Haenszel (1959), doi 10.1093/jnci/22.4.719; Woolf's standard error of the whole table.
    """
    n_blocks = int(block.max(initial=0)) + 1
    counted = np.bincount(block * 4 + filled * 2 + converted, minlength=4 * n_blocks).reshape(n_blocks, 4) + 0.0
    blank_other, blank_won, filled_other, filled_won = counted.T
    total = np.maximum(counted.sum(axis=1), 1)
    agree = float((filled_won * blank_other / total).sum()) + 0.5 / n_blocks
    differ = float((filled_other * blank_won / total).sum()) + 0.5 / n_blocks
    spread = float(np.sqrt((1 / (counted.sum(axis=0) + 0.5)).sum()))
    return float(np.exp(np.log(agree / differ) - Z * spread))
