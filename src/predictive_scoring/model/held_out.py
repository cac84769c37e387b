"""What leads that a fit had not seen say of it: which shape of regression, which trees, how halves are weighted."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.linear_fit import PLAIN, Shape
from predictive_scoring.model.share import chosen_share, lower_loss


def evidence_of(rows: Rows) -> NDArray[np.float64]:
    """Return weights that count each look alike, as scoring does, and add up to the number of leads, the evidence."""
    total = np.sort(rows.importance).sum()  # not rounded by the order of the rows
    return np.asarray(rows.importance * (len(np.unique(rows.leads)) / total), dtype=np.float64)


def chosen_shape(told: Callable[[Shape], NDArray[np.float64]], unseen: Rows, n_knots: int) -> Shape:
    """Return the shape of the logistic half: plain, unless unseen leads say that more of it helps.

    Bends lower the loss where each row is a lead of its own; on snapshots, near copies of each other, they mostly
    learn the copies by heart. Penalties of their own help where many columns say little, as those made of a history
    do, and cost where a dozen columns all say something.

    Parameters
    ----------
    told : callable
        From a shape to the raw log-odds of the unseen rows, by a fit of that shape.
    n_knots : int
        How many bends to try; 0: none.
    """
    weight, chosen = evidence_of(unseen), PLAIN
    for change in ({"n_knots": n_knots}, {"own_penalties": True}):
        other = replace(chosen, **change)
        if other != chosen and lower_loss(told(chosen), told(other), unseen.y, weight):
            chosen = other
    return chosen


def share_of(trees: NDArray[np.float64], linear: NDArray[np.float64], unseen: Rows, settings: Train) -> float:
    """Return the share of the linear half."""
    return chosen_share(trees, linear, unseen.y, evidence_of(unseen), settings.linear_share)


def best_trees(trees: list[NDArray[np.float64]], linear: NDArray[np.float64], unseen: Rows, settings: Train) -> int:
    """Return the place of the trees whose blend with the regression says most of unseen rows, the first if in doubt."""
    weight, best = evidence_of(unseen), 0
    blends = [blend_of(raw, linear, share_of(raw, linear, unseen, settings)) for raw in trees]
    for place in range(1, len(blends)):
        if lower_loss(blends[best], blends[place], unseen.y, weight):
            best = place
    return best


def blend_of(trees: NDArray[np.float64], linear: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the raw log-odds of both halves together."""
    return np.asarray((1 - share) * trees + share * linear, dtype=np.float64)
