"""The bootstrap draws leads, not snapshots, and its intervals mean what they say."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.ranking import Ranked, roc_auc
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.evaluate.whose import Whose


def _draws(leads: NDArray[Any], n: int = 200, seed: int = 0) -> Draws:
    return Draws.of(Whose.alone(leads), n, np.random.default_rng(seed))


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


@pytest.mark.parametrize("drawn_by", ["account", "lead"])
def test_intervals_by_account_hold_what_they_promise_and_planted_bug_those_by_lead_do_not(drawn_by: str) -> None:
    """Eight leads an account, whose rates differ from account to account; the truth is the rate of all accounts."""
    generator = np.random.default_rng(5)
    n_accounts, n_histories, held = 150, 400, 0
    for _ in range(n_histories):
        chance = np.repeat(generator.beta(0.2, 1.8, n_accounts), 8)  # mean 0.1
        y = (generator.random(len(chance)) < chance).astype(float)
        leads, accounts = np.arange(len(y)), np.repeat(np.arange(n_accounts), 8)
        rate = rate_of_leads(y, Whose(leads, accounts) if drawn_by == "account" else Whose.alone(leads), 0.9)
        held += rate["low"] <= 0.1 <= rate["high"]
    share = held / n_histories
    assert 0.85 <= share <= 0.95 if drawn_by == "account" else share < 0.8


def test_draws_by_account_are_as_wide_as_the_interval_of_the_rate() -> None:
    generator = np.random.default_rng(6)
    accounts = np.repeat(np.arange(300), 5)
    y = (generator.random(1500) < np.repeat(generator.beta(1, 9, 300), 5)).astype(float)
    whose = Whose(np.arange(1500), accounts)
    drawn = estimate(y.mean(), means_of_draws(y, Draws.of(whose, 2000, generator)), 0.9)
    rate = rate_of_leads(y, whose, 0.9)
    assert drawn["high"] is not None
    assert drawn["low"] is not None
    assert drawn["high"] - drawn["low"] == pytest.approx(rate["high"] - rate["low"], rel=0.1)


def test_what_cannot_be_told_is_none() -> None:
    assert estimate(float("nan"), np.array([np.nan]), 0.9) == {"value": None, "low": None, "high": None}
