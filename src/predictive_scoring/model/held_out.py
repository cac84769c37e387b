"""What leads that a fit had not seen say of it: how many trees, which shape of regression, how halves are weighted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_until_it_stops
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.linear_fit import PLAIN, Shape, linear_fits
from predictive_scoring.model.share import chosen_share, lower_loss
from predictive_scoring.model.tree_size import Growth, sizes


@dataclass(frozen=True)
class HeldOut:
    """What is taken over into the final fits."""

    growth: Growth
    shape: Shape
    linear_share: float
    fit: "PartialFit | None" = None


@dataclass(frozen=True)
class PartialFit:
    """Both halves as fitted without the held-out leads, and the share of the leads that they saw."""

    booster: lgb.Booster
    linear: LinearPart
    share: float
    n_threads: int = 1

    def raw_of(self, encoded: Matrix, linear_share: float) -> NDArray[np.float64]:
        """Return the raw log-odds of the blend, without its level."""
        raw = linear_share * self.linear.log_odds(encoded)
        if linear_share < 1:
            trees = self.booster.predict(encoded, raw_score=True, num_threads=self.n_threads)
            raw += (1 - linear_share) * np.asarray(trees)
        return np.asarray(raw, dtype=np.float64)


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
    blends = [_blend(raw, linear, share_of(raw, linear, unseen, settings)) for raw in trees]
    for place in range(1, len(blends)):
        if lower_loss(blends[best], blends[place], unseen.y, weight):
            best = place
    return best


def _blend(trees: NDArray[np.float64], linear: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.asarray((1 - share) * trees + share * linear, dtype=np.float64)


def stopped_on(rows: Rows, unseen: Rows, encoding: Encoding, settings: Train) -> HeldOut:
    """Return what unseen leads say of a fit on `rows`, with straight lines.

    Windows of time follow each other because the next one is to be scored: there, lines that bend run on from their
    last bend into values that nobody has seen, and measured worse.
    """
    fitted = linear_fits(rows, encoding, settings).part
    shape = chosen_shape(lambda shape: fitted(shape).log_odds(unseen.encoded), unseen, n_knots=0)
    linear = fitted(shape)
    line = linear.log_odds(unseen.encoded)
    grown = [(size, fit_until_it_stops(rows, unseen, encoding, size)) for size in sizes(rows, settings)]
    raw = [
        np.asarray(booster.predict(unseen.encoded, raw_score=True, num_threads=settings.n_threads))
        for _, booster in grown
    ]
    best = best_trees(raw, line, unseen, settings)
    size, booster = grown[best]
    n_seen, n_unseen = (len(np.unique(each.leads)) for each in (rows, unseen))
    part = PartialFit(booster, linear, n_seen / (n_seen + n_unseen), settings.n_threads)
    return HeldOut(Growth(booster.num_trees(), size), shape, share_of(raw[best], line, unseen, settings), part)
