"""The level of log-odds: what to add so that the mean probability is the share that converted."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.calibration import sigmoid


def offset_to_mean(raw: NDArray[np.float64], y: NDArray[np.float64], importance: NDArray[np.float64]) -> float:
    """Return what to add to raw log-odds so that the mean probability is the share that converted.

    Weights of looks change the share that training sees, and a mean of log-odds lies below the log-odds of the mean
    where chances are small: both would make every probability wrong by the same factor.
    """
    offset, rate = 0.0, float(np.average(y, weights=importance))
    for _ in range(50):
        chance = sigmoid(raw + offset)
        slope = float(np.average(chance * (1 - chance), weights=importance))
        step = (rate - float(np.average(chance, weights=importance))) / max(slope, 1e-12)
        offset += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-10:
            break
    return offset
