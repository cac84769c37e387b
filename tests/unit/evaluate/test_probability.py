"""Probability metrics against scikit-learn, plain loops and what defines them."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from predictive_scoring.evaluate import curves
from predictive_scoring.evaluate.curves import reliability_by_lead
from predictive_scoring.evaluate.probability import (
    brier,
    calibration_error,
    calibration_line,
    log_loss,
    reliability,
)
from predictive_scoring.evaluate.whose import Whose

GENERATOR = np.random.default_rng(0)
CHANCE = GENERATOR.beta(1, 6, 4000)
Y = (GENERATOR.random(4000) < CHANCE).astype(float)
WEIGHT = GENERATOR.random(4000)


def test_log_loss_and_brier_are_scikit_learns() -> None:
    assert log_loss(Y, CHANCE, WEIGHT) == pytest.approx(metrics.log_loss(Y, CHANCE, sample_weight=WEIGHT))
    assert brier(Y, CHANCE, WEIGHT) == pytest.approx(metrics.brier_score_loss(Y, CHANCE, sample_weight=WEIGHT))


def test_a_certain_mistake_costs_much_but_not_infinitely() -> None:
    assert 30 < log_loss(np.array([1.0]), np.array([0.0])) < 40


def test_calibration_error_is_the_mean_gap_over_equal_bins() -> None:
    order = np.argsort(CHANCE)
    gaps = [abs(CHANCE[part].mean() - Y[part].mean()) for part in np.array_split(order, 10)]
    assert calibration_error(Y, CHANCE, 10) == pytest.approx(np.mean(gaps))


def test_bins_hold_all_the_weight_and_nearly_equal_parts_of_it() -> None:
    bins = reliability(Y, CHANCE, 10, WEIGHT)
    assert bins.weight.sum() == pytest.approx(WEIGHT.sum())
    assert np.ptp(bins.weight) < 3 * WEIGHT.max()


def test_equal_probabilities_are_never_parted() -> None:
    bins = reliability(np.array([1.0, 0, 0, 1]), np.array([0.3, 0.3, 0.3, 0.9]), 4)
    assert len(bins.said) == 2
    assert bins.happened.tolist() == pytest.approx([1 / 3, 1.0])


def test_planted_bug_probabilities_half_too_high_show() -> None:
    honest, boastful = calibration_error(Y, CHANCE, 10), calibration_error(Y, CHANCE * 1.5, 10)
    assert boastful > 3 * honest


def test_the_calibration_line_is_the_logistic_regression_on_log_odds() -> None:
    said = np.log(CHANCE / (1 - CHANCE))
    expected = LogisticRegression(C=1e9, tol=1e-10).fit(said[:, None], Y)
    intercept, slope = calibration_line(Y, CHANCE)
    assert intercept == pytest.approx(expected.intercept_[0], abs=1e-4)
    assert slope == pytest.approx(expected.coef_[0, 0], abs=1e-4)


def test_too_extreme_probabilities_have_a_slope_below_one() -> None:
    said = 2 * np.log(CHANCE / (1 - CHANCE))
    assert calibration_line(Y, 1 / (1 + np.exp(-said)))[1] == pytest.approx(0.5, abs=0.06)


def test_a_constant_has_no_line() -> None:
    assert np.isnan(calibration_line(Y, np.full(4000, 0.1))).all()


def looks_at_leads(seed: int, n_leads: int = 1500) -> tuple[np.ndarray, np.ndarray, Whose]:
    """Return outcomes, true chances and whose they are: looks at one lead share its fate, some colleagues' too."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, n_leads * 2 // 3, n_leads)
    base, n_looks = -4.3 + 1.2 * rng.normal(size=n_leads), rng.integers(1, 22, n_leads)
    lead = np.repeat(np.arange(n_leads), n_looks)
    chance = 1 / (1 + np.exp(-base[lead] - 0.25 * rng.normal(size=len(lead))))
    fate = np.where(rng.random(n_leads) < 0.3, rng.random(account.max() + 1)[account], rng.random(n_leads))
    return (fate[lead] < chance).astype(float), chance, Whose(lead, account[lead])


def share_of_charts_that_hold(n_worlds: int) -> float:
    """Return how often every bin of the chart of the true chances themselves holds what they say."""
    held = 0
    for seed in range(n_worlds):
        y, chance, whose = looks_at_leads(seed)
        chart = reliability_by_lead(y, chance, whose, 10, 1 - 0.05 / 10)
        held += bool(((chart["low"] <= chart["predicted"]) & (chart["predicted"] <= chart["high"])).all())
    return held / n_worlds


def test_the_chart_of_true_chances_holds_as_often_as_it_says() -> None:
    assert share_of_charts_that_hold(60) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / 60)


def test_planted_bug_intervals_from_each_bins_own_accounts_convict_true_chances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(curves, "design_effect", lambda parts: 1.0)
    assert share_of_charts_that_hold(60) < 0.88


def test_the_chart_still_convicts_chances_that_are_off_by_a_third() -> None:
    convicted = 0
    for seed in range(20):
        y, chance, whose = looks_at_leads(seed, n_leads=6000)
        chart = reliability_by_lead(y, np.clip(1.33 * chance, 0, 1), whose, 10, 1 - 0.05 / 10)
        convicted += bool(((chart["predicted"] < chart["low"]) | (chart["predicted"] > chart["high"])).any())
    assert convicted >= 10
