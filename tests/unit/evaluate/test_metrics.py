"""The whole set of figures: complete, finite, honest about what it cannot tell."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Grades
from predictive_scoring.evaluate.curves import gain_table, reliability_by_lead, reliability_table, score_table
from predictive_scoring.evaluate.figures import draw_figures
from predictive_scoring.evaluate.metrics import Policy, TestRows, Truth, calibration_holds, evaluate
from predictive_scoring.evaluate.uncertainty import Draws
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.storage import canonical_json

SETTINGS = Evaluate(bootstrap_samples=60)


def _rows(n_leads: int = 800, seed: int = 0) -> tuple[TestRows, NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    leads = np.repeat(np.arange(n_leads), 2)
    p = np.repeat(generator.beta(0.8, 5, n_leads), 2)
    y = np.repeat(generator.random(n_leads), 2) < p
    as_of = np.datetime64("2025-01-06", "us") + np.tile([0, 7], n_leads) * np.timedelta64(1, "D")
    return TestRows(y.astype(float), Whose.alone(leads), as_of, np.tile([3.0, 10.0], n_leads)), p


def _figures(chance: NDArray[np.float64] | None = None, **more: Any) -> dict[str, Any]:
    rows, p = _rows()
    chance = p if chance is None else chance
    chances = {"model": chance, "constant": np.full(len(p), float(rows.y.mean())), "points": np.sqrt(p) * 0.3}
    figures: dict[str, Any] = evaluate(rows, chances, SETTINGS, Policy(Grades(), p), **more)
    return figures


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, float):
        yield value


def test_every_figure_is_finite_and_fits_json() -> None:
    rows, p = _rows()
    figures = _figures(windows={"train": (rows.y, rows.whose)}, truth=Truth(p, p))
    assert all(math.isfinite(number) for number in _numbers(figures))
    canonical_json(figures)


def test_intervals_hold_their_value_and_the_model_beats_the_constant() -> None:
    figures = _figures()
    for name in ("roc_auc", "average_precision", "log_loss", "brier", "lift_at_10pct", "caught_at_20pct"):
        found = figures["model"][name]
        assert found["low"] < found["value"] < found["high"], name
    assert figures["differences"]["constant"]["roc_auc"]["low"] > 0
    assert figures["differences"]["constant"]["log_loss"]["high"] < 0
    assert figures["constant"]["roc_auc"]["value"] == pytest.approx(0.5)


def test_a_paired_difference_is_surer_than_two_intervals_apart() -> None:
    figures = _figures()
    own, paired = figures["model"]["log_loss"], figures["differences"]["points"]["log_loss"]
    assert paired["high"] - paired["low"] < own["high"] - own["low"]


def test_true_probabilities_nearly_always_hold_and_planted_ones_half_too_high_do_not() -> None:
    held, caught = 0, 0
    for seed in range(20):
        rows, p = _rows(seed=seed)
        draws = Draws.of(rows.whose, 200, np.random.default_rng(seed))
        held += calibration_holds(rows, p, draws, 0.95)
        caught += not calibration_holds(rows, np.minimum(p * 1.5, 0.99), draws, 0.95)
    assert held >= 18
    assert caught == 20


def test_probabilities_are_said_to_be_off_where_they_do_not_hold_and_nowhere_else() -> None:
    told = {}
    for seed in range(10):
        rows, p = _rows(seed=seed)
        for name, chance in {"true": p, "boastful": np.minimum(p * 1.5, 0.99)}.items():
            figures = evaluate(rows, {"model": chance}, SETTINGS, Policy(Grades(), p))
            off = any("chances are off" in finding["en"] for finding in figures["findings"])
            assert off == (not figures["calibration_holds"])
            told[name, seed] = off
    assert all(told["boastful", seed] for seed in range(10))
    assert sum(told["true", seed] for seed in range(10)) <= 2  # an interval of 0.95 from 60 draws


def test_E07_scores_at_random_are_said_to_be_no_better_than_the_baseline() -> None:
    rows, _ = _rows()
    figures = _figures(np.random.default_rng(1).random(len(rows.y)) * 0.2)
    said = "a constant rate ranks about as well as the model"
    assert any(said in finding["en"] for finding in figures["findings"])
    assert not any(said in finding["en"] for finding in _figures()["findings"])


def test_the_truth_reaches_all_of_its_own_excess_and_noise_none() -> None:
    _, p = _rows()
    assert _figures(truth=Truth(p, p))["truth"]["excess_share"] == pytest.approx(1.0)
    noise = np.random.default_rng(0).random(len(p))
    assert _figures(truth=Truth(p, noise))["truth"]["excess_share"] == pytest.approx(0.0, abs=0.1)


def test_the_same_rows_give_the_same_figures() -> None:
    assert _figures() == _figures()


def test_rows_without_instants_or_ages_are_judged_too() -> None:
    rows, p = _rows()
    figures = evaluate(TestRows(rows.y, rows.whose, None, None), {"model": p}, SETTINGS, Policy(Grades(), p))
    assert (figures["months"], figures["slices"]) == ([], {})


def test_a_window_without_conversions_is_told_apart_and_breaks_nothing() -> None:
    rows, p = _rows()
    silent = TestRows(np.zeros(len(p)), rows.whose, rows.as_of, rows.age_days)
    figures = evaluate(silent, {"model": p}, SETTINGS, Policy(Grades(), p))
    assert figures["model"]["roc_auc"] == {"value": None, "low": None, "high": None}
    canonical_json(figures)


def test_curves_start_and_end_where_they_must_and_can_be_drawn() -> None:
    rows, p = _rows()
    chances = {"model": p, "constant": np.full(len(p), 0.1)}
    curves = {
        "reliability": reliability_table(rows.y, chances, 10),
        "gain": gain_table(rows.y, chances),
        "scores": score_table(rows.y, p),
        "reliability_model": reliability_by_lead(rows.y, p, rows.whose, 10, 0.9),
    }
    gain = curves["gain"][curves["gain"]["model"] == "model"]
    assert (gain["share_caught"].iloc[0], gain["share_caught"].iloc[-1]) == (0.0, 1.0)
    assert (np.diff(gain["share_caught"]) >= 0).all()
    assert curves["scores"][["others", "converting"]].to_numpy().sum() == len(p)
    assert set(draw_figures(curves)) == {"reliability.png", "gain.png", "scores.png"}
