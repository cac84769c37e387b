"""How well probabilities say how many leads convert."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_TINY = 1e-15


def log_losses(y: Vector, chance: Vector) -> Vector:
    """Return ``-y·log p - (1 - y)·log(1 - p)`` for each lead; p is kept 1e-15 away from 0 and 1.

    With `y` a true chance this is the expected loss.
    """
    p = np.clip(chance, _TINY, 1 - _TINY)
    return np.asarray(-y * np.log(p) - (1 - y) * np.log1p(-p), dtype=np.float64)


def log_loss(y: Vector, chance: Vector, weight: Vector | None = None) -> float:
    """Return the mean log loss in nats."""
    return float(np.average(log_losses(y, chance), weights=weight))


def brier(y: Vector, chance: Vector, weight: Vector | None = None) -> float:
    """Return the mean squared difference between probability and outcome (0 or 1)."""
    return float(np.average((chance - y) ** 2, weights=weight))


@dataclass(frozen=True)
class Reliability:
    """Bins of leads with like probabilities; each field has shape (n_bins,)."""

    said: Vector  # mean probability
    happened: Vector  # share that converted
    weight: Vector  # weight of the bin, adding up to the whole


def reliability(y: Vector, chance: Vector, n_bins: int, weight: Vector | None = None) -> Reliability:
    """Return what was said and what happened in bins of equal weight, by rank of probability.

    Leads with the same probability are never parted, so there may be fewer than `n_bins` bins.
    """
    weight = np.ones_like(chance) if weight is None else weight
    order = np.argsort(chance, kind="stable")
    y, chance, weight = y[order], chance[order], weight[order]
    middle = weight.cumsum() - weight / 2
    bins = np.minimum((middle / weight.sum() * n_bins).astype(np.int64), n_bins - 1)
    first_of_value = np.maximum.accumulate(np.where(np.append(True, chance[1:] != chance[:-1]), np.arange(len(y)), 0))
    bins = bins[first_of_value]
    mass = np.bincount(bins, weight).astype(np.float64)
    filled = mass > 0
    said, happened = np.bincount(bins, weight * chance)[filled], np.bincount(bins, weight * y)[filled]
    return Reliability(said / mass[filled], happened / mass[filled], mass[filled])


def calibration_error(y: Vector, chance: Vector, n_bins: int, weight: Vector | None = None) -> float:
    """Return the expected calibration error over bins of equal weight: ``Σ w_b · |said_b - happened_b| / Σ w_b``.

    Source: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602, with bins by rank instead of by value. It is above zero
    for a perfect forecast too: by chance, about ``0.8·sqrt(p(1 - p) / leads in a bin)``.
    """
    bins = reliability(y, chance, n_bins, weight)
    return float(np.average(np.abs(bins.said - bins.happened), weights=bins.weight))


def calibration_line(y: Vector, chance: Vector, weight: Vector | None = None) -> tuple[float, float]:
    """Return intercept and slope of the logistic regression of the outcome on the log-odds said.

    (0, 1) is perfect; a slope below one means the probabilities are too extreme (Cox 1958,
    doi:10.1093/biomet/45.3-4.562). NaN if the outcome or the probability does not vary.
    """
    weight = np.ones_like(chance) if weight is None else weight
    p = np.clip(chance, _TINY, 1 - _TINY)
    said = np.log(p) - np.log1p(-p)
    if np.ptp(said) == 0 or np.ptp(y) == 0:
        return float("nan"), float("nan")
    design = np.column_stack([np.ones_like(said), said])
    line = np.array([0.0, 1.0])
    for _ in range(50):
        fitted = np.exp(-np.logaddexp(0.0, -(design @ line)))
        curvature = (design * (weight * np.maximum(fitted * (1 - fitted), 1e-9))[:, None]).T @ design
        step = np.linalg.solve(curvature, design.T @ (weight * (y - fitted)))
        line = line + np.clip(step, -1.0, 1.0)  # separable data would run off to infinity at once
        if np.abs(step).max() < 1e-9:
            break
    return float(line[0]), float(line[1])
