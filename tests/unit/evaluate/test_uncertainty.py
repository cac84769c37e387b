"""The bootstrap draws leads, not snapshots, and its intervals mean what they say."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from predictive_scoring.evaluate.ranking import Ranked, roc_auc
from predictive_scoring.evaluate.uncertainty import LeadDraws, estimate, means_of_draws, ranking_draws


def _draws(leads: NDArray[Any], n: int = 200, seed: int = 0) -> LeadDraws:
    return LeadDraws.of(leads, n, np.random.default_rng(seed))


def test_every_draw_has_as_many_leads_and_snapshots_of_a_lead_go_together() -> None:
    draws = _draws(np.array(["a", "a", "b", "c"]))
    assert (draws.times.sum(axis=1) == 3).all()
    weights = np.concatenate(list(draws.row_weights()))
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])


def test_draws_depend_on_the_generator_alone() -> None:
    leads = np.array(["b", "a", "b"])
    np.testing.assert_array_equal(_draws(leads).times, _draws(leads).times)


def test_draws_give_what_a_loop_over_weights_gives() -> None:
    generator = np.random.default_rng(1)
    y, score = (generator.random(60) < 0.4).astype(float), generator.random(60)
    draws = _draws(np.arange(60) // 3, 30)
    weights = np.concatenate(list(draws.row_weights()))
    drawn = ranking_draws(y, score, draws, {"auc": Ranked.auc})["auc"]
    np.testing.assert_allclose(drawn, [roc_auc(y, score, row) for row in weights])
    np.testing.assert_allclose(means_of_draws(y, draws), [np.average(y, weights=row) for row in weights])


def test_blocks_cover_every_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = _draws(np.arange(10), 7)
    monkeypatch.setattr("predictive_scoring.evaluate.uncertainty._BLOCK_CELLS", 25)
    assert sum(len(block) for block in draws.row_weights()) == 7


def test_the_interval_of_a_mean_has_the_width_that_theory_gives() -> None:
    values = np.random.default_rng(2).normal(size=2000)
    found = estimate(values.mean(), means_of_draws(values, _draws(np.arange(2000), 800)), 0.95)
    assert found["low"] is not None
    assert found["high"] is not None
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.15)


def test_planted_bug_drawing_snapshots_instead_of_leads_is_far_too_sure() -> None:
    by_lead = np.repeat(np.random.default_rng(3).normal(size=100), 25)
    leads = np.repeat(np.arange(100), 25)
    honest = means_of_draws(by_lead, _draws(leads)).std()
    wrong = means_of_draws(by_lead, _draws(np.arange(2500))).std()
    assert honest > 3 * wrong


def test_what_cannot_be_told_is_none() -> None:
    assert estimate(float("nan"), np.array([np.nan]), 0.9) == {"value": None, "low": None, "high": None}
