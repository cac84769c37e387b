"""Out-of-fold scores by lead: what stops the trees and calibrates when no window of time is kept for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_trees, fit_until_it_stops
from predictive_scoring.model.disagreement import error_by_folds
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.held_out import HeldOut, best_trees, chosen_shape
from predictive_scoring.model.linear_fit import Remembered, Shape, linear_fits
from predictive_scoring.model.tree_size import Growth, sizes


@dataclass(frozen=True)
class CrossFit:
    """What the folds say: raw log-odds of every row by models that did not see its lead, how many trees and which."""

    trees: NDArray[np.float64]
    linear: NDArray[np.float64]
    growth: Growth
    shape: Shape
    every_fit: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]  # of all rows: trees, linear, by each fold

    def error_of(self, linear_share: float, importance: NDArray[np.float64]) -> float:
        """Return how far the blend's log-odds would move had other leads been learned from."""
        if len(self.every_fit) < 2:
            return 0.0
        raw = np.stack([(1 - linear_share) * trees + linear_share * linear for trees, linear in self.every_fit])
        return error_by_folds(raw, importance)

    def blended(self, linear_share: float) -> NDArray[np.float64]:
        """Return the raw log-odds of the blend."""
        return np.asarray((1 - linear_share) * self.trees + linear_share * self.linear, dtype=np.float64)


def fold_of_each(rows: Rows, n_folds: int, seed: int) -> NDArray[np.int64]:
    """Return a fold for each row, the same for all rows of a lead, converting leads spread evenly.

    With fewer than `n_folds` leads of a kind some folds stay without it.
    """
    codes = np.unique(rows.leads, return_inverse=True)[1]
    n_leads = int(codes.max()) + 1
    n_folds = min(n_folds, n_leads)
    generator = np.random.default_rng(seed)
    converts = np.bincount(codes, rows.y, n_leads) > 0
    folds = np.empty(n_leads, dtype=np.int64)
    started = 0
    for kind in (True, False):
        members = generator.permutation(np.flatnonzero(converts == kind))
        folds[members] = (started + np.arange(len(members))) % n_folds
        started += len(members)
    return folds[codes]


def cross_fit(
    rows: Rows, encoding: Encoding, settings: Train, folds: NDArray[np.int64], known: HeldOut | None
) -> CrossFit:
    """Return out-of-fold raw log-odds of both halves.

    Parameters
    ----------
    rows : Rows
        All training rows.
    folds : (n,) array
        From `fold_of_each`.
    known : HeldOut, optional
        What a later window says. Without it, each fold stops on its held-out part and the median is what the folds say,
        and so which shape the logistic half has and how large the trees are.
    """
    places = [held for _fold, _kept, held in usable_folds(rows, folds)]
    fitted_before: list[dict[int, Remembered]] = [{} for _ in places]
    linear = cache(partial(_linear, rows, encoding, settings, folds, fitted_before))

    def told(shape: Shape) -> NDArray[np.float64]:
        return _out_of_fold(linear(shape), places, len(rows.y))

    shape = chosen_shape(told, rows, settings.linear_knots) if known is None else known.shape
    if known is None:
        grown = [_grown(rows, encoding, size, folds) for size in sizes(rows, settings)]
    else:
        grown = [_grown(rows, encoding, known.growth.settings, folds, known.growth.n_trees)]
    outside = [_out_of_fold(each.every_fit, places, len(rows.y)) for each in grown]
    best = best_trees(outside, told(shape), rows, settings)
    every_fit = tuple(zip(grown[best].every_fit, linear(shape), strict=True))
    return CrossFit(outside[best], told(shape), grown[best].growth, shape, every_fit)


@dataclass(frozen=True)
class _Grown:
    growth: Growth
    every_fit: list[NDArray[np.float64]]  # raw log-odds of all rows, by the trees of each fold


def _grown(
    rows: Rows, encoding: Encoding, settings: Train, folds: NDArray[np.int64], n_trees: int | None = None
) -> _Grown:
    """Return the trees of each fold, so many or as many as the folds agree on by stopping."""
    boosters = [
        fit_until_it_stops(rows.take(kept), rows.take(held), encoding, settings)
        if n_trees is None
        else fit_trees(rows.take(kept), encoding, settings, n_trees)
        for _fold, kept, held in usable_folds(rows, folds)
    ]
    trees = [booster.num_trees() for booster in boosters]
    agreed = max(1, int(np.median(trees))) if trees else (n_trees or min(50, settings.max_trees))
    every_fit = [
        np.asarray(booster.predict(rows.encoded, raw_score=True, num_threads=settings.n_threads, num_iteration=agreed))
        for booster in boosters
    ]
    return _Grown(Growth(agreed, settings), every_fit)


def _out_of_fold(raw: list[NDArray[np.float64]], places: list[NDArray[np.bool_]], n: int) -> NDArray[np.float64]:
    """Return of each row what the fit says that did not see its lead; 0 where every fit did."""
    found = np.zeros(n)
    for values, held in zip(raw, places, strict=True):
        found[held] = values[held]
    return found


def _linear(
    rows: Rows,
    encoding: Encoding,
    settings: Train,
    folds: NDArray[np.int64],
    fitted_before: list[dict[int, Remembered]],
    shape: Shape,
) -> list[NDArray[np.float64]]:
    return [
        linear_fits(rows.take(kept), encoding, settings, before).part(shape).log_odds(rows.encoded)
        for (_, kept, _held), before in zip(usable_folds(rows, folds), fitted_before, strict=True)
    ]


def usable_folds(rows: Rows, folds: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield the folds whose rest holds both classes; on tiny data some do not."""
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        if held.any() and 0 < rows.y[~held].sum() < (~held).sum():
            yield fold, ~held, held
