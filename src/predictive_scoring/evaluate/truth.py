"""Against the true chances of a simulated history."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.ranking import expected_auc

Vector = NDArray[np.float64]


def against_truth(p_true: Vector, chance: Vector) -> dict[str, float | int | None]:
    """Return how near the model comes to the best that anyone could do.

    Parameters
    ----------
    p_true, chance : (n,) arrays
        True and predicted chance of every lead open at one date.

    Returns
    -------
    dict
        leads; expected_auc of the model; truth_auc, of the true chances themselves; excess_share, the model's excess
        over one half as a share of the truth's; mean_probability, mean_truth and their ratio; expected_log_loss and
        the least possible one; mean_absolute_error.
    """
    best, reached = expected_auc(p_true, p_true), expected_auc(p_true, chance)
    least, loss = float(log_losses(p_true, p_true).mean()), float(log_losses(p_true, chance).mean())
    found: dict[str, float] = {
        "expected_auc": reached,
        "truth_auc": best,
        "excess_share": (reached - 0.5) / (best - 0.5) if best > 0.5 else float("nan"),
        "mean_probability": float(chance.mean()),
        "mean_truth": float(p_true.mean()),
        "ratio_of_means": float(chance.mean() / p_true.mean()) if p_true.mean() > 0 else float("nan"),
        "expected_log_loss": loss,
        "least_log_loss": least,
        "mean_absolute_error": float(np.abs(chance - p_true).mean()),
    }
    return {"leads": len(p_true), **{name: value if np.isfinite(value) else None for name, value in found.items()}}
