"""The calibrator never reorders, is as simple as the data allow, and says how sure it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from predictive_scoring.model import calibration_fit
from predictive_scoring.model.calibration import Calibrator, sigmoid
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator


def _sample(n: int, a: float, b: float, c: float, seed: int = 0, each: int = 1) -> CalibrationSample:
    generator = np.random.default_rng(seed)
    raw = np.repeat(generator.normal(-1.0, 1.5, n), each)
    chance = Calibrator(method="beta", a=a, b=b, c=c).probability(raw)
    y = (np.repeat(generator.random(n), each) < chance).astype(float)
    return CalibrationSample(raw, y, np.repeat(np.arange(n), each), np.ones(n * each))


def _fit(sample: CalibrationSample, n_replicas: int = 50) -> Calibrator:
    return fit_calibrator(sample, n_replicas, np.random.default_rng(1))


def test_a_model_that_is_right_already_is_left_alone() -> None:
    assert _fit(_sample(4000, 1.0, 1.0, 0.0)).method == "none"


def test_a_wrong_average_is_shifted() -> None:
    fitted = _fit(_sample(4000, 1.0, 1.0, -1.0))
    assert fitted.method == "shift"
    assert fitted.c == pytest.approx(-1.0, abs=0.15)


def test_overconfidence_is_cured_by_a_slope_below_one() -> None:
    fitted = _fit(_sample(6000, 0.5, 0.5, 0.0))
    assert fitted.method in {"platt", "beta"}
    assert fitted.a == pytest.approx(0.5, abs=0.1)


def test_a_bend_is_found_where_the_data_carry_it() -> None:
    fitted = _fit(_sample(40000, 0.3, 1.3, 0.0))
    assert fitted.method == "beta"
    assert (fitted.a, fitted.b) == (pytest.approx(0.3, abs=0.1), pytest.approx(1.3, abs=0.15))


def test_E15_few_conversions_get_nothing_that_bends() -> None:
    assert _fit(_sample(60, 0.3, 1.5, 0.0)).method in {"none", "shift"}


def test_after_calibration_the_mean_probability_is_the_share_that_converted() -> None:
    sample = _sample(5000, 0.6, 0.6, -0.7)
    assert _fit(sample).probability(sample.raw).mean() == pytest.approx(sample.y.mean(), rel=0.01)


def test_E16_a_score_that_ranks_backwards_is_never_turned_round() -> None:
    sample = _sample(5000, 1.0, 1.0, 0.0)
    backwards = CalibrationSample(-sample.raw, sample.y, sample.leads, sample.weight)
    fitted = _fit(backwards)
    assert np.all(np.diff(fitted.probability(np.linspace(-5, 5, 100))) > 0)


def test_E16_planted_bug_a_calibrator_that_reverses_order_cannot_be_made() -> None:
    with pytest.raises(ValidationError):
        Calibrator(method="platt", a=-0.5, b=-0.5, c=0.0)


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.floats(-3, 3), st.floats(-12, 12), st.floats(1e-3, 5))
def test_a_higher_raw_score_never_gets_a_lower_chance(a: float, b: float, c: float, raw: float, more: float) -> None:
    calibrator = Calibrator(method="beta", a=a, b=b, c=c)
    low, high = calibrator.log_odds(np.array([raw, raw + more]))
    assert low < high


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.floats(-3, 3), st.floats(0.001, 0.999))
def test_the_inverse_leads_back(a: float, b: float, c: float, chance: float) -> None:
    calibrator = Calibrator(method="beta", a=a, b=b, c=c)
    assert calibrator.probability(calibrator.inverse(np.array([chance])))[0] == pytest.approx(chance, rel=1e-9)


def test_the_slope_is_the_derivative() -> None:
    calibrator, raw = Calibrator(method="beta", a=0.4, b=1.7, c=-1.0), np.linspace(-4, 4, 9)
    rise = (calibrator.probability(raw + 1e-6) - calibrator.probability(raw - 1e-6)) / 2e-6
    np.testing.assert_allclose(calibrator.slope(raw), rise, rtol=1e-6)


def test_the_interval_holds_the_chance_and_narrows_with_more_leads() -> None:
    raw = np.array([-2.0, 0.0, 2.0])
    few, many = _fit(_sample(300, 0.5, 0.5, -1.0)), _fit(_sample(20000, 0.5, 0.5, -1.0))
    widths = []
    for calibrator in (few, many):
        low, high = calibrator.interval(raw, 0.9)
        assert np.all((low <= calibrator.probability(raw)) & (calibrator.probability(raw) <= high))
        widths.append(float((high - low).mean()))
    assert widths[1] < widths[0] / 3


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = []
    for seed in range(60):
        low, high = _fit(_sample(1500, 0.6, 0.6, -1.0, seed), 100).interval(np.array([-1.0]), 0.9)
        truth = sigmoid(np.array([0.6 * -1.0 - 1.0]))
        covered.append(bool(low[0] <= truth[0] <= high[0]))
    assert 0.75 <= np.mean(covered) <= 1.0


def test_snapshots_of_one_lead_do_not_pass_for_independent_leads() -> None:
    once, often = _sample(400, 0.6, 0.6, -1.0), _sample(400, 0.6, 0.6, -1.0, each=20)
    raw = np.array([0.0])
    width = [float(np.diff(_fit(sample, 200).interval(raw, 0.9), axis=0)[0, 0]) for sample in (once, often)]
    assert width[1] > 0.7 * width[0]


def test_planted_bug_rows_taken_for_leads_give_an_interval_that_is_far_too_narrow() -> None:
    often = _sample(400, 0.6, 0.6, -1.0, each=20)
    by_row = CalibrationSample(often.raw, often.y, np.arange(len(often.raw)), often.weight)
    width = [
        float(np.diff(_fit(sample, 200).interval(np.array([0.0]), 0.9), axis=0)[0, 0]) for sample in (often, by_row)
    ]
    assert width[1] < width[0] / 2


def test_without_replicas_nothing_is_claimed() -> None:
    low, high = Calibrator(method="none").interval(np.array([0.0]), 0.9)
    assert (low[0], high[0]) == (0.0, 1.0)


def test_separable_data_stay_finite() -> None:
    raw = np.concatenate([np.full(60, -3.0), np.full(60, 3.0)])
    fitted = _fit(CalibrationSample(raw, (raw > 0).astype(float), np.arange(120), np.ones(120)))
    assert np.isfinite([fitted.a, fitted.b, fitted.c]).all()
    assert fitted.a < 10


def test_one_step_replicas_agree_with_full_refits() -> None:
    sample = _sample(2000, 0.6, 0.6, -1.0)
    generator = np.random.default_rng(3)
    one_step = np.array(
        calibration_fit._replicas(
            sample, "platt", calibration_fit._fit(sample, "platt") or (1, 1, 0), sample.leads, (300, generator)
        )
    )
    refits = []
    for _ in range(100):
        drawn = generator.integers(0, 2000, 2000)
        redrawn = CalibrationSample(sample.raw[drawn], sample.y[drawn], sample.leads[drawn], sample.weight)
        refits.append(calibration_fit._fit(redrawn, "platt"))
    full = np.array(refits)
    np.testing.assert_allclose(one_step.std(axis=0), full.std(axis=0), rtol=0.25)
    np.testing.assert_allclose(one_step.mean(axis=0), full.mean(axis=0), atol=0.03)


def _calibrated_world(seed: int) -> tuple[CalibrationSample, np.ndarray]:
    generator = np.random.default_rng(seed)
    raw = generator.normal(-2.5, 1.2, 3000)
    y = (generator.random(3000) < 1 / (1 + np.exp(-raw))).astype(float)
    return CalibrationSample(raw, y, np.arange(3000), np.ones(3000)), raw


def test_the_interval_holds_the_chance_and_the_truth_as_often_as_it_says() -> None:
    asked = np.array([-4.0, -2.5, 0.0, 2.0])
    truth = 1 / (1 + np.exp(-asked))
    held = np.zeros(len(asked))
    for seed in range(40):
        calibrator = fit_calibrator(_calibrated_world(seed)[0], 100, np.random.default_rng(seed))
        low, high = calibrator.interval(asked, 0.9)
        chance = calibrator.probability(asked)
        assert ((low <= chance) & (chance <= high)).all()
        held += (low <= truth) & (truth <= high)
    assert (held / 40 >= 0.8).all()  # 0.9 less two standard errors of 40 draws


def test_where_no_map_was_needed_the_interval_still_knows_that_the_slope_is_uncertain() -> None:
    """Planted: replicas of the level alone, as if the slope were known; they are too narrow far from the middle."""
    calibrator = fit_calibrator(_calibrated_world(1)[0], 200, np.random.default_rng(1))
    assert calibrator.method == "none"
    level_only = calibrator.model_copy(update={"replicas": tuple((1.0, 1.0, c) for _, _, c in calibrator.replicas)})
    far = np.array([2.5])
    assert np.ptp(np.hstack(calibrator.interval(far, 0.9))) > 1.3 * np.ptp(np.hstack(level_only.interval(far, 0.9)))
