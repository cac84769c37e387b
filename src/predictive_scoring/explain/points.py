"""From log-odds to probability points that add up to the calibrated chance."""

import numpy as np
import numpy.typing as npt

from predictive_scoring.explain.concepts import row_sums
from predictive_scoring.explain.link import Calibrated

Floats = npt.NDArray[np.float64]
_NEAR = 1e-5  # log-odds; closer to the base than this, the mean slope is taken at the midpoint


def probability_points(centred: Floats, raw_base: float, calibrator: Calibrated) -> tuple[Floats, Floats]:
    r"""Return how much each concept moves the probability, and the probability.

    Let :math:`p(r)` be the calibrated link, :math:`r_0` the base log-odds and :math:`\varphi_i` the centred
    contributions of a lead, so that its log-odds are :math:`r = r_0 + \sum_i \varphi_i`. Walk from the base to the lead
    along the straight line :math:`r(t) = r_0 + t \sum_i \varphi_i`, every concept at the same pace, and give each
    concept what it adds on the way:

    .. math:: \int_0^1 p'(r(t))\, \varphi_i\, dt = \varphi_i \cdot \frac{p(r) - p(r_0)}{r - r_0}

    This is the Aumann-Shapley value of the game on the contributions (Aumann & Shapley 1974; Sundararajan et al. 2017,
    arXiv:1703.01365): the points sum to :math:`p(r) - p(r_0)`, keep the sign and order of the contributions, and equal
    contributions get equal points. At :math:`r = r_0` the quotient becomes its limit, the slope :math:`p'(r_0)`.

    Parameters
    ----------
    centred
        Shape (n, n_concepts), log-odds relative to the base.
    raw_base
        Log-odds of the base.
    calibrator
        The strictly increasing link.

    Returns
    -------
    points : numpy.ndarray
        Shape (n, n_concepts), differences in probability.
    probability : numpy.ndarray
        Shape (n,), in [0, 1]; the base probability plus the row's points.
    """
    distance = row_sums(centred)
    probability = calibrator.probability(raw_base + distance)
    base = float(calibrator.probability(np.array([raw_base]))[0])
    moved = probability - base
    near = np.abs(distance) < _NEAR
    slope = np.where(near, 0.0, moved / np.where(near, 1.0, distance))
    middle = raw_base + distance[near] / 2
    slope[near] = (calibrator.probability(middle + _NEAR) - calibrator.probability(middle - _NEAR)) / (2 * _NEAR)
    return _without_drift(centred * slope[:, None], moved), probability


def _without_drift(points: Floats, moved: Floats) -> Floats:
    """Spread what rounding left over, in proportion to the size of each point: none is favoured."""
    size = row_sums(np.abs(points))
    left = moved - row_sums(points)
    share = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
    return np.asarray(points + np.abs(points) * share[:, None])
