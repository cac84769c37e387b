"""Fits to parts of the leads tell how far a fit to other leads would lie, and with its penalties how far the truth."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.model import linear_fit
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.disagreement import error_by_folds

N, K = 3000, 12
SMALL = {"max_trees": 60, "n_replicas": 20, "n_threads": 1, "min_leaf_rows": 50, "linear_knots": 0}


def leads(n: int, seed: int) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return leads with a dozen weak signals, and their true log-odds."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, K))
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(K)]), values @ np.linspace(0, 0.5, K) - 2.0


def outcomes(log_odds: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    return (np.random.default_rng(1000 + seed).random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(float)


@pytest.mark.heavy
def test_the_model_error_is_how_far_log_odds_lie_from_the_truth() -> None:
    asked, log_odds = leads(500, 999)
    off, told = [], []
    for seed in range(12):
        frame, true = leads(N, seed)
        scorer = ConversionModel(**SMALL).fit(frame, outcomes(true, seed)).scorer_
        apart = scorer.raw(asked) - log_odds
        off.append(np.mean((apart - apart.mean()) ** 2))  # the level is another matter
        told.append(scorer.calibrator.model_error**2)
    assert np.sqrt(np.mean(told)) == pytest.approx(np.sqrt(np.mean(off)), rel=0.35)


@pytest.mark.heavy
def test_nine_in_ten_intervals_hold_the_true_chance_and_hardly_any_would_without_the_models_error() -> None:
    held, without = [], []
    asked, log_odds = leads(2000, 999)
    truth = 1 / (1 + np.exp(-log_odds))
    for seed in range(6):
        frame, true = leads(N, seed)
        scorer = ConversionModel(**(SMALL | {"n_replicas": 100})).fit(frame, outcomes(true, seed)).scorer_
        for found, calibrator in (
            (held, scorer.calibrator),
            (without, scorer.calibrator.model_copy(update={"model_error": 0.0})),
        ):
            low, high = calibrator.interval(scorer.raw(asked), 0.9)
            found.append(float(np.mean((low <= truth) & (truth <= high))))
    assert np.mean(held) == pytest.approx(0.9, abs=0.08)  # over six histories that vary by some 0.08 each
    assert np.mean(without) < 0.75


def test_means_over_leads_of_a_known_spread_are_found_again() -> None:
    """Fits that are means: of 400 leads with unit variance the error is a twentieth."""
    rng = np.random.default_rng(0)
    folds = []
    for _ in range(300):
        values = rng.normal(size=(400, 50))  # fifty log-odds, each learned as a mean over leads
        kept = [np.delete(values, slice(start, start + 100), axis=0).mean(axis=0) for start in range(0, 400, 100)]
        folds.append(error_by_folds(np.stack(kept), np.ones(50)) ** 2)
    assert np.sqrt(np.mean(folds)) == pytest.approx(0.05, rel=0.05)


def test_a_shift_of_the_level_is_no_disagreement() -> None:
    raw = np.random.default_rng(0).normal(size=100)
    assert error_by_folds(np.stack([raw, raw + 3.0]), np.ones(100)) == pytest.approx(0.0, abs=1e-12)


def test_fewer_leads_mean_wider_intervals() -> None:
    errors = []
    for n in (400, 6000):
        frame, true = leads(n, 5)
        errors.append(ConversionModel(**SMALL).fit(frame, outcomes(true, 5)).scorer_.calibrator.model_error)
    assert errors[0] > 2 * errors[1] > 0


@pytest.mark.parametrize("windows", [False, True])
def test_what_is_held_back_widens_the_error_of_blend_and_regression(
    monkeypatch: pytest.MonkeyPatch, windows: bool
) -> None:
    frame, true = leads(900, 5)
    y = outcomes(true, 5)
    later = {"calibration": (frame[600:], y[600:])} if windows else {}

    def errors() -> list[float]:
        model = ConversionModel(**SMALL).fit(frame[:600], y[:600], **later)
        return [each.calibrator.model_error for each in (model.scorer_, model.logistic_)]

    def twice(*_: object) -> float:
        return 2.0

    monkeypatch.setattr(linear_fit, "widening", twice)
    doubled = errors()
    monkeypatch.setattr(linear_fit, "widening", lambda *_: 1.0)
    assert doubled == pytest.approx([2 * error for error in errors()])
    assert min(doubled) > 0
