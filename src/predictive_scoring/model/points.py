"""Log-odds contributions as differences in probability that still add up."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.calibration import Calibrator

_NEAR = 1e-6  # log-odds: below this the chord is the tangent to all digits that matter


def probability_contributions(contributions: NDArray[np.float64], calibrator: Calibrator) -> NDArray[np.float64]:
    """Return (n, k + 1) contributions in probability, the base last; rows sum to the calibrated probability.

    Along the straight path from the expected log-odds f0 to the lead's f every contribution grows in proportion, so
    each is credited with its log-odds times the link's mean slope on the way, (p - p0) / (f - f0): the Aumann-Shapley
    price (Aumann and Shapley 1974; Sundararajan et al. 2017, arXiv:1703.01365). At f = f0 that is the local slope.

    Parameters
    ----------
    contributions : (n, k + 1) array
        Log-odds, the expected value last.
    """
    expected = contributions[:, -1]
    raw = contributions.sum(axis=1)
    base, chance = calibrator.probability(expected), calibrator.probability(raw)
    distance = raw - expected
    near = np.abs(distance) < _NEAR
    slope = np.where(near, calibrator.slope(expected), (chance - base) / np.where(near, 1.0, distance))
    parts = contributions * slope[:, None]
    parts[:, -1] = chance - parts[:, :-1].sum(axis=1)  # the base, to the last digit of the sum
    return parts
