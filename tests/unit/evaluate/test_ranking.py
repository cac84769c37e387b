"""Ranking metrics against scikit-learn and plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from predictive_scoring.evaluate.ranking import (
    Ranked,
    average_precision,
    caught_at,
    expected_auc,
    lift_at,
    roc_auc,
)

Vector = NDArray[np.float64]


def _tied(seed: int, n: int = 300) -> tuple[Vector, Vector, Vector]:
    generator = np.random.default_rng(seed)
    y = (generator.random(n) < 0.2).astype(float)
    return y, np.round(generator.normal(size=n) + y, 1), generator.random(n)


def expected_auc_by_loop(p: Vector, score: Vector) -> float:
    won = pairs = 0.0
    for i in range(len(p)):
        for j in range(len(p)):
            if i != j:
                chance = p[i] * (1 - p[j])
                pairs += chance
                won += chance * (1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0)
    return won / pairs


@given(st.integers(0, 10_000))
def test_auc_and_average_precision_are_scikit_learns_with_ties_and_weights(seed: int) -> None:
    y, score, weight = _tied(seed)
    assert roc_auc(y, score, weight) == pytest.approx(metrics.roc_auc_score(y, score, sample_weight=weight))
    expected = metrics.average_precision_score(y, score, sample_weight=weight)
    assert average_precision(y, score, weight) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.integers(0, 5)), min_size=2, max_size=12))
def test_expected_auc_is_the_sum_over_all_pairs_of_two_leads(leads: list[tuple[float, int]]) -> None:
    p, score = np.array([lead[0] for lead in leads]), np.array([float(lead[1]) for lead in leads])
    assert expected_auc(p, score) == pytest.approx(expected_auc_by_loop(p, score))


def test_expected_auc_is_the_average_of_the_auc_over_what_may_happen() -> None:
    generator = np.random.default_rng(0)
    p, score = generator.random(400), generator.random(400)
    score = score + p
    drawn = [roc_auc((generator.random(400) < p).astype(float), score) for _ in range(300)]
    assert expected_auc(p, score) == pytest.approx(np.mean(drawn), abs=0.004)


def test_planted_bug_counting_pairs_of_a_lead_with_itself_is_caught() -> None:
    p, score = np.array([0.2, 0.9, 0.5]), np.array([1.0, 3.0, 2.0])
    assert roc_auc(p, score) != pytest.approx(expected_auc_by_loop(p, score))


def test_one_sided_labels_have_no_auc() -> None:
    assert np.isnan(roc_auc(np.zeros(3), np.arange(3.0)))
    assert np.isnan(average_precision(np.zeros(3), np.arange(3.0)))


def test_draws_of_weights_give_what_each_row_alone_gives() -> None:
    y, score, _ = _tied(1)
    weights = np.random.default_rng(2).integers(0, 3, (5, len(y))).astype(float)
    together = Ranked.of(y, score, weights)
    np.testing.assert_allclose(together.auc(), [roc_auc(y, score, row) for row in weights])
    np.testing.assert_allclose(together.average_precision(), [average_precision(y, score, row) for row in weights])
    np.testing.assert_allclose(together.caught_at(0.1), [caught_at(y, score, 0.1, row) for row in weights])


def test_calling_the_best_fifth_catches_what_lies_there() -> None:
    y = np.array([1.0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    score = np.arange(10.0)[::-1]
    assert caught_at(y, score, 0.2) == pytest.approx(1 / 3)
    assert lift_at(y, score, 0.3) == pytest.approx((2 / 3) / 0.3)


def test_tied_leads_are_called_in_part_so_their_order_does_not_matter() -> None:
    y = np.array([1.0, 0, 0, 0])
    for labels in (y, y[::-1]):
        assert caught_at(labels, np.ones(4), 0.5) == pytest.approx(0.5)


def test_a_weight_of_two_is_the_lead_twice() -> None:
    y, score, _ = _tied(3, 50)
    weight = np.random.default_rng(4).integers(0, 3, 50)
    twice = np.repeat(np.arange(50), weight)
    for metric in (roc_auc, average_precision, lambda *a: caught_at(a[0], a[1], 0.1, *a[2:])):
        assert metric(y, score, weight.astype(float)) == pytest.approx(metric(y[twice], score[twice]))
