"""Fits that leave out a fold of leads each: what they say of those leads decides how large a model the leads carry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_until_it_stops
from predictive_scoring.model.disagreement import error_by_folds
from predictive_scoring.model.held_out import best_trees, blend_of, chosen_shape, share_of
from predictive_scoring.model.linear_fit import Shape, fit_alike, fit_own
from predictive_scoring.model.penalties import Fit
from predictive_scoring.model.prepared import Prepared
from predictive_scoring.model.tree_size import Growth, sizes

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
_FEW_TREES = 50  # where no leads can be left out


@dataclass(frozen=True)
class CrossFit:
    """What the folds say: how the final fits are to be, and raw log-odds of each row by fits without its lead."""

    growth: Growth
    shape: Shape
    linear_share: float
    trees: Vector  # of every row; 0 of those that no fold leaves out
    linear: Vector
    every_fit: tuple[tuple[Vector, Vector], ...]  # of all rows: trees, linear, by each fold

    def error_of(self, linear_share: float, importance: Vector) -> float:
        """Return how far the blend's log-odds would move had other leads been learned from."""
        if len(self.every_fit) < 2:
            return 0.0
        raw = np.stack([blend_of(trees, linear, linear_share) for trees, linear in self.every_fit])
        return error_by_folds(raw, importance)

    def blended(self, linear_share: float) -> Vector:
        """Return the raw log-odds of the blend."""
        return blend_of(self.trees, self.linear, linear_share)


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


def usable_folds(rows: Rows, folds: NDArray[np.int64]) -> Iterator[Mask]:
    """Yield which rows each fold leaves out, of folds whose rest holds both classes; on tiny data some do not."""
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        if held.any() and 0 < rows.y[~held].sum() < (~held).sum():
            yield held


def cross_fit(prepared: Prepared, settings: Train, left_out: Sequence[Mask]) -> CrossFit:
    """Return what fits say that leave out some leads each.

    Each stops its trees on the leads that it left out; the median is what the folds say. All that was left out says
    which shape the logistic half has, how large the trees are and how the halves are weighted.

    Parameters
    ----------
    prepared : Prepared
        All rows that the final fit learns from.
    left_out : sequence of (n,) arrays
        Which rows each fit does without, see `usable_folds`. None of them, on tiny data: few trees, a plain regression,
        the agreed share.
    """
    rows = prepared.rows
    seen_apart = np.any(left_out, axis=0) if left_out else np.ones(len(rows.y), dtype=np.bool_)
    unseen, linear = rows.take(seen_apart), _regressions(prepared, settings, left_out)

    def told(every_fit: list[Vector]) -> Vector:
        return _of_left_out(every_fit, left_out, len(rows.y))[seen_apart]

    shape = chosen_shape(lambda shape: told(linear(shape)), unseen, settings.linear_knots)
    line = told(linear(shape))
    grown = [_grown(prepared, size, left_out) for size in sizes(rows, settings)]
    trees = [told(each.every_fit) for each in grown]
    best = best_trees(trees, line, unseen, settings)
    every_tree, every_line = grown[best].every_fit, linear(shape)
    return CrossFit(
        grown[best].growth,
        shape,
        share_of(trees[best], line, unseen, settings),
        _of_left_out(every_tree, left_out, len(rows.y)),
        _of_left_out(every_line, left_out, len(rows.y)),
        tuple(zip(every_tree, every_line, strict=True)),
    )


def _regressions(prepared: Prepared, settings: Train, left_out: Sequence[Mask]) -> Callable[[Shape], list[Vector]]:
    """Return what gives, of a shape, the log-odds of all rows by each fit; no step of a fit is done twice."""
    rows, encoding = prepared.rows, prepared.encoding

    @cache
    def alike(n_knots: int) -> list[Fit]:
        design = prepared.design(n_knots)
        return [fit_alike(design.take(~held), rows.take(~held), encoding, settings) for held in left_out]

    @cache
    def log_odds(shape: Shape) -> list[Vector]:
        fits, design = alike(shape.n_knots), prepared.design(shape.n_knots)
        if shape.own_penalties:
            fits = [
                fit_own(design.take(~held), rows.take(~held), encoding, settings, fit)
                for held, fit in zip(left_out, fits, strict=True)
            ]
        return [design.log_odds(fit) for fit in fits]

    return log_odds


@dataclass(frozen=True)
class _Grown:
    growth: Growth
    every_fit: list[Vector]  # raw log-odds of all rows, by the trees of each fold


def _grown(prepared: Prepared, settings: Train, left_out: Sequence[Mask]) -> _Grown:
    """Return the trees of each fold, as many as the folds agree on."""
    boosters = [fit_until_it_stops(prepared.bins, ~held, held, prepared.encoding, settings) for held in left_out]
    stopped = [booster.num_trees() for booster in boosters]
    agreed = max(1, int(np.median(stopped))) if stopped else min(_FEW_TREES, settings.max_trees)
    encoded, n_threads = prepared.rows.encoded, settings.n_threads
    every_fit = [
        np.asarray(booster.predict(encoded, raw_score=True, num_threads=n_threads, num_iteration=agreed))
        for booster in boosters
    ]
    return _Grown(Growth(agreed, settings), every_fit)


def _of_left_out(every_fit: list[Vector], left_out: Sequence[Mask], n: int) -> Vector:
    """Return of each row what the fit says that did not see its lead; 0 where every fit did."""
    found = np.zeros(n)
    for values, held in zip(every_fit, left_out, strict=True):
        found[held] = values[held]
    return found
