"""The stated probabilities are the probabilities of the world."""

import numpy as np
import pytest
from small_world import small_traits

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.paths import Plan, walk
from predictive_scoring.sources.simulator.truth import (
    ACCOUNT,
    DAY,
    LEAD,
    PROBABILITY,
    WIN_SHARE,
    expected_auc,
    truth_days,
)

HORIZON, N_DAYS, N_ROLLOUTS = 90, 1092, 12
LOOKS = np.arange(182, N_DAYS - HORIZON, 91)  # apart by more than a horizon, so that their outcomes are new each time


def looks_and_outcomes(seed):
    """Return the truth of a small world and whether each of its rows was won within the horizon."""
    traits = small_traits(seed, 250, N_DAYS)
    events, _, truth = walk(traits, Plan(seed, N_DAYS, HORIZON, N_ROLLOUTS, 190, LOOKS))
    won = {(row[0], row[1]): row[2] for row in events.tolist() if row[3] == codes.WON}
    days = [won.get((account, lead), -1) for account, lead in truth[:, [ACCOUNT, LEAD]].astype(int).tolist()]
    reached = np.array(days)
    return truth, (reached >= truth[:, DAY]) & (reached < truth[:, DAY] + HORIZON)


@pytest.fixture(scope="module")
def worlds():
    pairs = [looks_and_outcomes(seed) for seed in range(6)]
    return np.concatenate([truth for truth, _ in pairs]), np.concatenate([outcome for _, outcome in pairs])


def surprise(probability, outcome, group):
    """Return how many standard errors the outcomes lie from the probabilities, leads of one account together."""
    _, at = np.unique(group, return_inverse=True)
    excess = np.bincount(at, weights=outcome - probability)
    return excess.sum() / np.sqrt((excess**2).sum())


def account_of(truth):
    return np.cumsum(np.diff(truth[:, DAY], prepend=0) < 0) * 1_000_000 + truth[:, ACCOUNT]


def test_as_many_leads_win_as_the_truth_says(worlds):
    truth, outcome = worlds
    assert outcome.sum() > 80
    assert abs(surprise(truth[:, PROBABILITY], outcome, account_of(truth))) < 3.5


@pytest.mark.parametrize("half", ["lower", "upper"])
def test_as_many_leads_win_as_the_truth_says_among_likely_and_among_unlikely_ones(worlds, half):
    truth, outcome = worlds
    # Split by the other estimate, lest the noise of the one under test choose its own rows.
    chosen = (truth[:, PROBABILITY] > 0.03) == (half == "upper")
    assert abs(surprise(truth[chosen, PROBABILITY], outcome[chosen], account_of(truth[chosen]))) < 4


@pytest.mark.parametrize("wrong", [0.6, 1.5])
def test_a_truth_that_is_off_by_a_factor_would_be_noticed(worlds, wrong):
    truth, outcome = worlds
    assert abs(surprise(wrong * truth[:, PROBABILITY], outcome, account_of(truth))) > 3.5


def test_counting_the_wins_of_the_same_futures_gives_the_same_mean_with_more_spread(worlds):
    truth, _ = worlds
    gap = truth[:, WIN_SHARE] - truth[:, PROBABILITY]
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap) / 3)
    assert np.mean((truth[:, WIN_SHARE] == 0) & (truth[:, PROBABILITY] > 0)) > 0.5


def test_the_truth_ranks_real_outcomes_as_well_as_it_expects_to(worlds):
    truth, outcome = worlds
    p = truth[:, PROBABILITY]
    realised = np.mean(p[outcome][:, None] > p[~outcome][None, :])
    assert abs(realised - expected_auc(p)) < 0.06
    assert 0.74 < expected_auc(p) < 0.88


def test_what_happens_later_changes_neither_history_nor_truth():
    traits = small_traits(3, 80, 455)
    short = walk(traits, Plan(3, 301, HORIZON, 3, 190, np.array([280])))
    long = walk(traits, Plan(3, 455, HORIZON, 3, 190, np.array([280])))
    assert np.array_equal(short[2], long[2])
    assert np.array_equal(short[0], long[0][long[0][:, 2] < 301])


def test_the_expected_auc_is_that_of_outcomes_drawn_by_the_probabilities():
    rng = np.random.default_rng(1)
    p = np.array([0.1, 0.1, 0.4, 0.7, 0.9])
    above = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    wins = losses = 0.0
    for _ in range(4000):
        y = rng.random(len(p)) < p
        wins += above[np.ix_(y, ~y)].sum()
        losses += y.sum() * (~y).sum()
    pairs = np.outer(p, 1 - p) * ~np.eye(len(p), dtype=bool)
    assert wins / losses == pytest.approx((pairs * above).sum() / pairs.sum(), abs=0.01)
    assert expected_auc(p) == pytest.approx((pairs * above).sum() / pairs.sum())


def test_a_history_shorter_than_the_horizon_has_a_truth_at_its_end_alone():
    assert truth_days(Simulate(n_days=203), 365).tolist() == [203]
