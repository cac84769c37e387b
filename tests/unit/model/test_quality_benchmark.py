"""What the quality benchmark says of chances: ranks, paired differences, and a split that is the same for everyone."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
from quality_figures import figures, mean_ranks, paired
from quality_sets import Flat, flat_part, folded, in_order


def test_ranks_are_means_over_sets_and_know_which_way_is_better() -> None:
    values = {"one": {"a": 0.7, "b": 0.6, "c": 0.5}, "two": {"a": 0.7, "b": 0.8}}
    assert mean_ranks(values, "auc") == {"a": 1.5, "b": 1.5}
    assert mean_ranks({"one": values["one"]}, "log_loss") == {"a": 3.0, "b": 2.0, "c": 1.0}


def test_a_model_that_knows_the_chances_is_significantly_ahead_of_one_that_guesses() -> None:
    generator = np.random.default_rng(0)
    truth = generator.uniform(0.05, 0.6, 3000)
    y = (generator.random(3000) < truth).astype(float)
    gain = paired(y, truth, np.full(3000, y.mean()))["log_loss"]
    assert gain["interval"][0] > 0  # type: ignore[index]
    assert figures(y, truth)["log_loss"] < figures(y, np.full(3000, y.mean()))["log_loss"]


def table(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"x": np.arange(n), "kind": ["a", None] * (n // 2), "y": ["yes", "no"] * (n // 2), "seconds": 1}
    )


FLAT = Flat("none.csv", "y", ("yes",), in_order, ("seconds",), name="set")


def test_what_gives_the_outcome_away_is_no_input_and_what_is_missing_stays_missing() -> None:
    part = flat_part(FLAT, table(10))
    assert list(part.frame.columns) == ["x", "kind"]
    assert part.frame["kind"].isna().sum() == 5
    assert part.y.tolist() == [1.0, 0.0] * 5


def assert_time_runs_forward() -> None:
    (task,) = in_order(FLAT, table(100))
    ends = [part.frame["x"].max() for part in [*task.known.values(), task.test]]
    starts = [part.frame["x"].min() for part in [*task.known.values(), task.test]]
    assert all(end < start for end, start in zip(ends[:-1], starts[1:], strict=True))
    assert len(task.test.y) == 20


def test_in_the_order_of_rows_nobody_learns_from_later_ones() -> None:
    assert_time_runs_forward()


def test_planted_bug_rows_that_are_shuffled_first_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffle = table(100).sample(frac=1, random_state=0)
    monkeypatch.setitem(globals(), "table", lambda _n: shuffle)
    with pytest.raises(AssertionError):
        assert_time_runs_forward()


def test_equal_rows_are_on_one_side_of_a_fold() -> None:
    doubled = pd.concat([table(40), table(40)])
    for task in folded(FLAT, doubled):
        assert not set(task.known["train"].frame["x"]) & set(task.test.frame["x"])
