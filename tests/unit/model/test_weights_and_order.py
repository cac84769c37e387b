"""Weights and row order depend on content alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from predictive_scoring.model.row_order import canonical_order, row_hashes
from predictive_scoring.model.weights import look_numbers, look_weights

LOOKS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), min_size=1, max_size=30)


@given(LOOKS)
def test_looks_are_numbered_in_the_order_of_time_as_a_loop_does_it(looks: list[tuple[str, int]]) -> None:
    counted = [1 + len({at for lead, at in looks if lead == own and at < now}) for own, now in looks]
    assert look_numbers(np.array([lead for lead, _ in looks]), np.array([at for _, at in looks])).tolist() == counted


@given(LOOKS, st.floats(0, 1))
def test_weights_have_mean_one_and_say_nothing_of_looks_to_come(looks: list[tuple[str, int]], power: float) -> None:
    leads, at = (np.array(each) for each in zip(*looks, strict=True))
    weights = look_weights(look_numbers(leads, at), power)
    assert np.isclose(weights.mean(), 1)
    early = at <= np.median(at)
    again = look_weights(look_numbers(leads[early], at[early]), power)
    np.testing.assert_allclose(weights[early] / weights[early].sum(), again / again.sum())


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
