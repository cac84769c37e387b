"""The typical lead of a given log-odds: reference leads, reweighted as little as possible."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_HALVINGS = 200  # far more than the 1,100 binary places a double has between its bounds here would need in practice


def tilted_weights(raw: Floats, weights: Floats, target: float) -> Floats:
    r"""Return weights under which the mean of `raw` is `target`, closest to `weights` in relative entropy.

    They are the exponential tilt :math:`w_i e^{\theta r_i}`, normalised to one, which among all weights with that mean
    has the least Kullback-Leibler divergence from the given ones (Csiszár 1975, doi:10.1214/aop/1176996454). The mean
    grows with :math:`\theta`, so bisection finds it.

    Parameters
    ----------
    raw, weights
        Shape (n,): log-odds, and positive weights.
    target
        Between the least and the greatest `raw`; if all are equal, the weights come back normalised.

    Examples
    --------
    >>> w = tilted_weights(np.array([0.0, 1.0]), np.ones(2), 0.75)
    >>> [round(float(x), 9) for x in w]
    [0.25, 0.75]
    """
    centred = raw - target
    scale = float(np.abs(centred).max(initial=0.0))
    if scale == 0.0 or float(np.ptp(raw)) == 0.0:
        return np.asarray(weights / weights.sum())

    def tilted(theta: float) -> Floats:
        exponent = theta * centred
        tilt = weights * np.exp(exponent - exponent.max())
        return np.asarray(tilt / tilt.sum())

    theta = bisect(lambda t: float(tilted(t) @ centred), -60.0 / scale, 60.0 / scale)
    return tilted(theta)


def bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where an increasing function crosses zero, to the last bit; bounds widen until they enclose it.

    Examples
    --------
    >>> round(bisect(lambda x: x**3 - 8, -1.0, 1.0), 12)
    2.0
    """
    for _ in range(_HALVINGS):
        if function(low) <= 0.0:
            break
        low -= high - low
    for _ in range(_HALVINGS):
        if function(high) >= 0.0:
            break
        high += high - low
    for _ in range(_HALVINGS):
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        if function(middle) < 0.0:
            low = middle
        else:
            high = middle
    return low if abs(function(low)) < abs(function(high)) else high
