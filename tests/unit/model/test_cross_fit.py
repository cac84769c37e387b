"""Across the folds each shape of the regression is fitted once, and no fit sees the labels that it leaves out."""

from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model import cross_fit as module
from predictive_scoring.model import linear_fit
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.cross_fit import CrossFit, Mask, cross_fit, fold_of_each, usable_folds
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear_fit import PLAIN, Shape
from predictive_scoring.model.penalties import Fit
from predictive_scoring.model.prepared import Prepared

N, N_FOLDS = 1200, 4
SETTINGS = Train(max_trees=3, n_folds=N_FOLDS, larger_trees=False, n_threads=1)


def bent() -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return leads whose chances rise up to a middle and fall from there."""
    generator = np.random.default_rng(2)
    frame = pd.DataFrame({"x": generator.normal(size=N), "z": generator.normal(size=N), "w": generator.random(N)})
    log_odds = frame["z"] - np.abs(frame["x"]) + frame["w"]
    return frame, (generator.random(N) < 1 / (1 + np.exp(-log_odds))).astype(float)


def crossed(turned: int | None = None) -> CrossFit:
    """Return what the folds say; of one fold the labels may be turned round."""
    frame, y = bent()
    encoding, one = Encoding.fit(frame), np.ones(N)
    rows = Rows(encoding.encode(frame), y, one, one, np.arange(N))
    left_out = usable_folds(rows, fold_of_each(rows, N_FOLDS, seed=0))
    if turned is not None:
        rows = Rows(rows.encoded, np.where(left_out[turned], 1 - y, y), one, one, rows.leads)
    return cross_fit(Prepared(rows, encoding, SETTINGS), SETTINGS, left_out)


@pytest.mark.parametrize("planted", [False, True])
def test_each_shape_is_fitted_once_in_each_fold_and_one_fitted_again_is_seen(
    monkeypatch: pytest.MonkeyPatch, *, planted: bool
) -> None:
    """Plain, bent, and with penalties of their own."""
    found: list[int] = []
    fitted = linear_fit.fit_with

    def noted(*given: Any) -> Fit:
        found.append(len(given[0].terms))
        return fitted(*given)

    monkeypatch.setattr(linear_fit, "fit_with", noted)
    if planted:
        monkeypatch.setattr(module, "cache", lambda function: function)
    crossed()
    assert (len(found) > 3 * N_FOLDS) if planted else (len(found) == 3 * N_FOLDS)
    assert len(set(found)) == 2, "bends are terms of their own"


def first_trees(monkeypatch: pytest.MonkeyPatch, turned: int | None, kept: Callable[[Mask], Mask]) -> list[str]:
    """Return the first tree of each fold: how many there are the leads that are left out do say."""
    found: list[str] = []
    grow = module.fit_until_it_stops

    def noted(whole: lgb.Dataset, seen: Mask, *rest: Any) -> lgb.Booster:
        booster = grow(whole, kept(seen), *rest)
        found.append(booster.model_to_string(num_iteration=1))
        return booster

    with monkeypatch.context() as patched:
        patched.setattr(module, "fit_until_it_stops", noted)
        crossed(turned)
    return found


def assert_labels_that_are_left_out_grow_no_tree(
    monkeypatch: pytest.MonkeyPatch, kept: Callable[[Mask], Mask] = lambda seen: seen
) -> None:
    first, turned = (first_trees(monkeypatch, fold, kept) for fold in (None, 1))
    assert [one == other for one, other in zip(first, turned, strict=True)] == [False, True, False, False]


def test_a_tree_does_not_see_the_labels_that_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_labels_that_are_left_out_grow_no_tree(monkeypatch)


def test_planted_bug_trees_of_all_rows_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        assert_labels_that_are_left_out_grow_no_tree(monkeypatch, np.ones_like)


def assert_labels_that_are_left_out_move_no_regression() -> None:
    first, turned = crossed(), crossed(turned=1)
    for fold, (line, other) in enumerate(zip(first.linear, turned.linear, strict=True)):
        assert np.array_equal(line, other) is (fold == 1)


@pytest.mark.parametrize("shape", [PLAIN, Shape(own_penalties=True)])
def test_a_regression_does_not_see_the_labels_that_it_leaves_out(monkeypatch: pytest.MonkeyPatch, shape: Shape) -> None:
    monkeypatch.setattr(module, "chosen_shape", lambda *_: shape)
    assert_labels_that_are_left_out_move_no_regression()


@pytest.mark.parametrize("planted", ["fit_alike", "fit_own"])
def test_planted_bug_a_regression_that_leaves_nothing_out_is_caught(
    monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """Of penalties it is enough that they are told by all."""
    frame, _ = bent()
    fit, encoding = getattr(module, planted), Encoding.fit(frame)

    def of_all(_design: linear_fit.Design, _rows: Rows, *rest: Any) -> Fit:
        labels = whole[0].y
        rows = Rows(encoding.encode(frame), labels, np.ones(N), np.ones(N), np.arange(N))
        return fit(linear_fit.Design.of(rows.encoded, encoding), rows, *rest)

    whole: list[Rows] = []
    prepare = module.Prepared.__init__

    def noted(self: Prepared, rows: Rows, *given: Any) -> None:
        whole[:] = [rows]
        prepare(self, rows, *given)

    monkeypatch.setattr(module.Prepared, "__init__", noted)
    monkeypatch.setattr(module, "chosen_shape", lambda *_: Shape(own_penalties=planted == "fit_own"))
    monkeypatch.setattr(module, planted, of_all)
    with pytest.raises(AssertionError):
        assert_labels_that_are_left_out_move_no_regression()
