"""Across the folds, a regression whose columns all have one penalty is fitted once, and what follows is the same."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model import cross_fit as module
from predictive_scoring.model import linear_fit
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.cross_fit import CrossFit, cross_fit, fold_of_each
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear import Term

N, N_FOLDS = 1200, 4
SETTINGS = Train(max_trees=3, n_folds=N_FOLDS, larger_trees=False, n_threads=1)


def crossed(*, directed: bool) -> CrossFit:
    """Return what the folds say of rows whose chances rise up to a middle and fall from there."""
    generator = np.random.default_rng(2)
    frame = pd.DataFrame({"x": generator.normal(size=N), "z": generator.normal(size=N), "w": generator.random(N)})
    log_odds = frame["z"] - np.abs(frame["x"]) + frame["w"]
    y = (generator.random(N) < 1 / (1 + np.exp(-log_odds))).astype(float)
    encoding = Encoding.fit(frame, directions={"x": 1, "w": -1} if directed else {})
    one, leads = np.ones(N), np.arange(N)
    rows = Rows(encoding.encode(frame), y, one, one, leads)
    return cross_fit(rows, encoding, SETTINGS, fold_of_each(rows, N_FOLDS, seed=0), None)


def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each shape fitted anew, as if nothing was fitted before."""
    fits = linear_fit.linear_fits
    monkeypatch.setattr(module, "linear_fits", lambda rows, encoding, settings, _before: fits(rows, encoding, settings))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[list[Term]]:
    """Return a list that grows with each regression fitted, by its terms."""
    found: list[list[Term]] = []
    fitted = linear_fit._Regression.fitted

    def noted(self: linear_fit._Regression, *given: Any) -> linear_fit._Regression:
        found.append(self.terms)
        return fitted(self, *given)

    monkeypatch.setattr(linear_fit._Regression, "fitted", noted)
    return found


@pytest.mark.parametrize("directed", [False, True])
def test_nothing_differs_in_any_bit_from_fitting_anew(monkeypatch: pytest.MonkeyPatch, *, directed: bool) -> None:
    """Directed, some columns lead against their direction, and leave."""
    kept: list[NDArray[np.bool_]] = []
    small = linear_fit.Remembered
    monkeypatch.setattr(linear_fit, "Remembered", lambda mask, fit: kept.append(mask) or small(mask, fit))
    once = crossed(directed=directed)
    assert directed is not all(mask.all() for mask in kept)
    forgetful(monkeypatch)
    anew = crossed(directed=directed)
    assert once.shape == anew.shape
    assert once.linear.tobytes() == anew.linear.tobytes()
    assert once.trees.tobytes() == anew.trees.tobytes()
    for (_, line), (_, other) in zip(once.every_fit, anew.every_fit, strict=True):
        assert line.tobytes() == other.tobytes()


@pytest.mark.parametrize("planted", [False, True])
def test_each_shape_is_fitted_once_in_each_fold_and_one_fitted_again_is_seen(
    monkeypatch: pytest.MonkeyPatch, *, planted: bool
) -> None:
    """Plain, bent, and with penalties of their own."""
    if planted:
        forgetful(monkeypatch)
    found = counted(monkeypatch)
    crossed(directed=False)
    assert len(found) == (4 if planted else 3) * N_FOLDS
