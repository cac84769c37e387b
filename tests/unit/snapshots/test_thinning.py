"""Of many looks at a lead a few are learned from: evenly spread, counting for the others, whatever the rows' order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictive_scoring.snapshots.thinning import spread_looks


@given(
    n_looks=st.lists(st.integers(1, 40), min_size=1, max_size=20),
    every=st.floats(1.0, 30.0),
    seed=st.integers(0, 1000),
)
def test_each_lead_stays_and_its_looks_count_for_all_of_them(n_looks: list[int], every: float, seed: int) -> None:
    leads = np.repeat([f"L{number}" for number in range(len(n_looks))], n_looks)
    at = np.concatenate([np.arange(n) for n in n_looks])
    shuffled = np.random.default_rng(seed).permutation(len(leads))
    places, stands_for = spread_looks(leads[shuffled], at[shuffled], every)
    assert (np.diff(places) > 0).all()
    kept = leads[shuffled][places]
    for number, n in enumerate(n_looks):
        mine = kept == f"L{number}"
        assert mine.sum() == (max(1, round(n / every)) if every > 1 else n)
        assert stands_for[mine].sum() == pytest.approx(n)
    again, _ = spread_looks(leads, at, every)
    assert set(shuffled[places]) == set(again)


def assert_even_and_anywhere() -> None:
    """Check that looks lie evenly over a lead's time, and that as many begin at one age as at another."""
    leads = np.repeat([f"L{number}" for number in range(400)], 12)
    at = np.tile(np.arange(12), 400)
    places, _ = spread_looks(leads, at, 4)
    gaps = np.diff(at[places].reshape(400, 3), axis=1)
    assert set(gaps.ravel()) <= {3, 4, 5}
    share = np.bincount(at[places], minlength=12) / len(places)
    assert share == pytest.approx(np.full(12, 1 / 12), abs=4 * np.sqrt(1 / 12 / len(places)))


def test_looks_lie_evenly_over_a_leads_time_and_begin_anywhere() -> None:
    assert_even_and_anywhere()


def test_planted_bug_leads_that_all_begin_with_their_first_look_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pd.util, "hash_array", lambda names: np.zeros(len(names), dtype=np.uint64))
    with pytest.raises(AssertionError):
        assert_even_and_anywhere()
