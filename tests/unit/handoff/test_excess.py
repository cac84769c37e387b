"""Luck is not named, a real difference is, and colleagues count as one draw."""

import numpy as np
import pytest

from predictive_scoring.handoff.excess import compare, holds_of_many

N_ACCOUNTS = 200


def draw(rng: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return converted, excluded and account of looks: accounts differ a lot, those excluded by `effect` in odds."""
    accounts = np.repeat(np.arange(N_ACCOUNTS), rng.integers(1, 40, N_ACCOUNTS))
    excluded = (rng.random(N_ACCOUNTS) < 0.4)[accounts]
    inclined = rng.normal(-3, 1.5, N_ACCOUNTS)[accounts] + effect * excluded
    return (rng.random(len(accounts)) < 1 / (1 + np.exp(-inclined))).astype(float), excluded, accounts


def share_named(n_worlds: int, effect: float, *, one_by_one: bool = False) -> float:
    rng, named = np.random.default_rng(1), 0
    for _ in range(n_worlds):
        y, excluded, accounts = draw(rng, effect)
        whose = np.arange(len(y)) if one_by_one else accounts
        named += compare(y, excluded, ~excluded, whose).p_more < 0.05
    return named / n_worlds


def test_of_worlds_without_a_difference_one_in_twenty_seems_to_have_one() -> None:
    assert 0.02 < share_named(400, 0.0) < 0.08


def test_the_planted_bug_of_looks_that_count_one_by_one_is_caught() -> None:
    assert share_named(400, 0.0, one_by_one=True) > 0.15


def test_a_real_difference_is_seen() -> None:
    assert share_named(40, 1.5) > 0.9


def test_the_interval_of_the_ratio_is_that_of_redrawn_accounts() -> None:
    y, excluded, accounts = draw(np.random.default_rng(3), 1.0)
    found = compare(y, excluded, ~excluded, accounts)
    sums = np.array([np.bincount(accounts, x) for x in (y * excluded, excluded, y * ~excluded, ~excluded)])
    rng, ratios = np.random.default_rng(4), []
    for _ in range(2000):
        a, b, c, d = sums[:, rng.integers(0, N_ACCOUNTS, N_ACCOUNTS)].sum(axis=1)
        ratios.append(a / b / (c / d))
    assert found.interval(0.95) == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])), rel=0.1)


def test_nobody_who_fits_converting_gives_no_ratio_but_a_finding() -> None:
    excluded = np.arange(400) < 200
    found = compare((np.arange(400) < 40).astype(float), excluded, ~excluded, np.arange(400))
    assert np.isnan(found.ratio)
    assert found.p_more < 1e-6
    assert compare(np.zeros(400), excluded, ~excluded, np.arange(400)).p_more == 0.5


def test_many_looks_at_luck_find_no_more_than_one() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.random((2000, 12))
    assert np.mean([holds_of_many(p, 0.05).any() for p in drawn]) < 0.065
    assert np.mean([(p < 0.05).any() for p in drawn]) > 0.4  # without the correction
    assert holds_of_many(np.zeros(0), 0.05).tolist() == []
