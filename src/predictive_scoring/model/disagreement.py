"""How far a lead's log-odds would move had other leads been learned from, told by fits to parts of the leads."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def error_by_part(whole: Vector, part: Vector, share: float) -> float:
    """Return the standard deviation of `whole`'s log-odds over histories, from one fit to a part of its leads.

    With errors that shrink as one over the number of leads, and a part drawn from the whole, the variance of the
    difference is that of the whole times ``1 / share - 1``. The level is another matter: it is set and judged apart.

    Parameters
    ----------
    whole, part : (n,) arrays
        Log-odds, by each fit, of leads that neither has seen.
    share : float
        Of the leads that the part saw, in (0, 1).

    Examples
    --------
    >>> whole = np.array([0.0, 1.0, 2.0, 3.0])
    >>> round(error_by_part(whole, whole + np.array([0.1, -0.1, 0.1, -0.1]), 0.5), 6)
    0.1
    """
    apart = part - whole
    return float(np.sqrt(np.mean((apart - apart.mean()) ** 2) * share / (1 - share)))


def error_by_folds(without: NDArray[np.float64], importance: Vector) -> float:
    """Return the same by the delete-a-group jackknife (Kott 2001, J. Official Statistics 17:521-526).

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
