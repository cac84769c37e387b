"""What `quality.py` says of chances: five figures with intervals, ranks, and paired differences."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.probability import brier, calibration_error, log_losses
from predictive_scoring.evaluate.ranking import average_precision, caught_at, expected_auc, lift_at, roc_auc

Vector = NDArray[np.float64]
N_DRAWS, LEVEL, N_BINS, SEED = 200, 0.95, 10, 11
HIGHER_IS_BETTER = ("auc", "average_precision")
FIGURES = ("auc", "average_precision", "log_loss", "brier", "calibration_error")


def figures(y: Vector, chance: Vector) -> dict[str, float]:
    """Return the five figures of one sample."""
    return {
        "auc": roc_auc(y, chance),
        "average_precision": average_precision(y, chance),
        "log_loss": float(log_losses(y, chance).mean()),
        "brier": brier(y, chance),
        "calibration_error": calibration_error(y, chance, N_BINS),
    }


def drawn(y: Vector, chance: Vector) -> dict[str, Vector]:
    """Return the figures under draws of rows, the same draws for every model."""
    generator = np.random.default_rng(SEED)
    rows = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    every = [figures(y[draw], chance[draw]) for draw in rows]
    return {name: np.array([each[name] for each in every]) for name in FIGURES}


def interval(values: Vector) -> tuple[float, float]:
    """Return the middle of the draws."""
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def judged(y: Vector, chance: Vector, truth: Vector | None) -> dict[str, object]:
    """Return figures with intervals; against the true chances too where they are known."""
    draws = drawn(y, chance)
    found: dict[str, object] = {
        name: {"value": value, "interval": interval(draws[name])} for name, value in figures(y, chance).items()
    }
    found |= {"lift_at_20": lift_at(y, chance, 0.2), "caught_at_20": caught_at(y, chance, 0.2) * float(y.sum())}
    if truth is not None:
        best = expected_auc(truth, truth)
        least, loss = (float(log_losses(truth, each).mean()) for each in (truth, chance))
        found["truth"] = {
            "auc": best,
            "share_of_excess": (expected_auc(truth, chance) - 0.5) / (best - 0.5),
            "log_loss_above": loss - least,
            "calibration_error": calibration_error(truth, chance, N_BINS),
        }
    return found


def paired(y: Vector, ours: Vector, theirs: Vector) -> dict[str, dict[str, object]]:
    """Return how much better we are (above 0), with the interval of the difference over the same draws."""
    mine, other = figures(y, ours), figures(y, theirs)
    my_draws, other_draws = drawn(y, ours), drawn(y, theirs)
    found = {}
    for name in ("log_loss", "average_precision"):
        sign = 1 if name in HIGHER_IS_BETTER else -1
        difference = sign * (my_draws[name] - other_draws[name])
        found[name] = {"value": sign * (mine[name] - other[name]), "interval": interval(difference)}
    return found


def mean_ranks(values: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float]:
    """Return each model's mean rank, 1 best, over the sets that all of them did.

    Parameters
    ----------
    values : mapping
        From a set to models' figures.
    """
    models = set.intersection(*(set(each) for each in values.values())) if values else set()
    sign = -1 if name in HIGHER_IS_BETTER else 1
    ranks = {model: [] for model in sorted(models)}
    for each in values.values():
        for model in models:
            ranks[model].append(1 + sum(sign * each[other] < sign * each[model] for other in models))
    return {model: float(np.mean(found)) for model, found in ranks.items()}
