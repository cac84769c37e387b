"""How far a lead's log-odds would move had other leads been learned from, told by fits that leave out a fold each."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def error_by_folds(without: NDArray[np.float64], importance: Vector) -> float:
    """Return the standard deviation of log-odds over histories, by the delete-a-group jackknife.

    Kott 2001, J. Official Statistics 17:521-526. The level is another matter: it is set and judged apart.

    Parameters
    ----------
    without : (folds, n) array
        Log-odds by the fit that left out each fold.
    importance : (n,) array
        How much each row counts.
    """
    levelled = without - np.average(without, axis=1, weights=importance)[:, None]
    apart = ((levelled - levelled.mean(axis=0)) ** 2).sum(axis=0) * (len(without) - 1) / len(without)
    return float(np.sqrt(np.average(apart, weights=importance)))
