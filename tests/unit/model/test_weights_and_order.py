"""Weights and row order depend on content alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from predictive_scoring.model.row_order import canonical_order, row_hashes
from predictive_scoring.model.weights import snapshot_weights


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=30), st.floats(0, 1))
def test_weights_have_mean_one_and_lead_totals_follow_the_power(leads: list[str], power: float) -> None:
    ids = np.array(leads)
    weights = snapshot_weights(ids, power)
    assert np.isclose(weights.mean(), 1)
    totals = {lead: weights[ids == lead].sum() / (ids == lead).sum() ** (1 - power) for lead in set(leads)}
    assert np.ptp(list(totals.values())) < 1e-9


@given(st.permutations(range(6)))
def test_any_permutation_sorts_to_the_same_rows(order: list[int]) -> None:
    rows = np.array([[1.0, 2], [1, 3], [np.nan, 2], [0, 0], [5, 2], [2, 1]])
    y = np.array([0.0, 1, 0, 1, 0, 1])
    expected = rows[canonical_order(rows, y)]
    shuffled, labels = rows[order], y[order]
    np.testing.assert_array_equal(shuffled[canonical_order(shuffled, labels)], expected)


def test_every_part_and_place_of_a_row_counts() -> None:
    rows = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
    hashes = row_hashes(rows, np.array([0.0, 0.0, 1.0]))
    assert len(set(hashes.tolist())) == 3


def test_minus_zero_and_every_nan_hash_alike() -> None:
    other_nan = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)
    pairs = np.array([[0.0, np.nan], [-0.0, other_nan[0]]])
    assert row_hashes(pairs)[0] == row_hashes(pairs)[1]
