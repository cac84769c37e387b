"""Fits that leave out a fold of leads each: what they say of those leads decides how large a model the leads carry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    """What the folds say: how the final fits are to be, and the raw log-odds of all rows by each fold's fit."""

    growth: Growth
    shape: Shape
    linear_share: float
    left_out: Sequence[Mask]  # (n,) each
    is_told: Mask  # (n,), whether a fit left the row out
    trees: Sequence[Vector]  # (n,) each, by the fit of the same place
    linear: Sequence[Vector]

    def unseen(self, linear_share: float) -> Vector:
        """Return the blend's raw log-odds of the rows that are told, each by the fit that left it out."""
        return _of_left_out(self._blends(linear_share), self.left_out, len(self.is_told))[self.is_told]

    def error_of(self, linear_share: float, importance: Vector) -> float:
        """Return how far the blend's log-odds would move had other leads been learned from."""
        if len(self.left_out) < 2:
            return 0.0
        return error_by_folds(np.stack(self._blends(linear_share)), importance)

    def _blends(self, linear_share: float) -> list[Vector]:
        return [blend_of(*halves, linear_share) for halves in zip(self.trees, self.linear, strict=True)]


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


def usable_folds(rows: Rows, folds: NDArray[np.int64]) -> list[Mask]:
    """Return which rows each fold leaves out; none, where one would leave out every lead of a class."""
    left_out = [folds == fold for fold in np.unique(folds)]
    both = all(0 < rows.y[~held].sum() < (~held).sum() for held in left_out)
    return left_out if both else []


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
    is_told = np.any(left_out, axis=0) if left_out else np.zeros(len(rows.y), dtype=np.bool_)
    judging = is_told if left_out else np.ones(len(rows.y), dtype=np.bool_)
    unseen, linear = rows.take(judging), _regressions(prepared, settings, left_out)

    def told(every_fit: list[Vector]) -> Vector:
        return _of_left_out(every_fit, left_out, len(rows.y))[judging]

    shape = chosen_shape(lambda shape: told(linear(shape)), unseen, settings.linear_knots)
    line = told(linear(shape))
    grown = [_grown(prepared, size, left_out) for size in sizes(rows, settings)]
    trees = [told(each.every_fit) for each in grown]
    best = best_trees(trees, line, unseen, settings)
    share = share_of(trees[best], line, unseen, settings)
    return CrossFit(grown[best].growth, shape, share, left_out, is_told, grown[best].every_fit, linear(shape))


def _regressions(prepared: Prepared, settings: Train, left_out: Sequence[Mask]) -> Callable[[Shape], list[Vector]]:
    """Return what gives, of a shape, the log-odds of all rows by each fit; no step of a fit is done twice."""
    encoding = prepared.encoding
    rows = replace(prepared.rows, encoded=np.empty((len(prepared.rows.y), 0)))  # a design stands for what they hold

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
    """Return the trees of each fold, as many as the folds agree on: not each as many as its own leads liked best."""
    boosters = [fit_until_it_stops(prepared.bins, ~held, held, prepared.encoding, settings) for held in left_out]
    stopped = [booster.best_iteration for booster in boosters]
    agreed = max(1, int(np.median(stopped))) if stopped else min(_FEW_TREES, settings.max_trees)
    encoded, n_threads = prepared.rows.encoded, settings.n_threads
    every_fit = [
        np.asarray(booster.predict(encoded, raw_score=True, num_threads=n_threads, num_iteration=agreed))
        for booster in boosters
    ]
    return _Grown(Growth(agreed, settings), every_fit)


def _of_left_out(every_fit: list[Vector], left_out: Sequence[Mask], n: int) -> Vector:
    """Return of each row what the fit says that left it out; 0 where none did."""
    found = np.zeros(n)
    for values, held in zip(every_fit, left_out, strict=True):
        found[held] = values[held]
    return found
