"""How large the trees are: small ones where signals are weak, larger ones where unseen leads show that they help."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model import cross_fit, linear_fit
from predictive_scoring.model.boosting import Rows, binned, fit_trees
from predictive_scoring.model.cross_fit import fold_of_each, usable_folds
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.fitting import Sample, ordered
from predictive_scoring.model.linear_fit import fit_linear_half
from predictive_scoring.model.prepared import Prepared
from predictive_scoring.model.tree_size import LARGER, sizes

# trees alone and every threshold weighed, so that their size matters: large ones then learn noise by heart
SETTINGS = Train(n_threads=1, max_trees=200, n_folds=3, linear_share=0.0, extra_trees=False)
N = 6000


def rows_of(kind: str, looks: int = 1) -> tuple[Rows, Encoding]:
    """Return leads whose chance is a line of one number, or a pattern of four that only deep trees can tell."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(N, 4))
    line = 0.5 * x[:, 0] - 1.5
    pattern = 3.0 * np.sign(x[:, 0] * x[:, 1] * x[:, 2]) - 0.5
    y = (generator.random(N) < 1 / (1 + np.exp(-(line if kind == "line" else pattern)))).astype(float)
    frame = pd.DataFrame(x, columns=["a", "b", "c", "d"])
    leads = np.arange(N) // looks
    encoding = Encoding.fit(frame, leads, min_level_leads=5)
    return ordered(Sample(frame, y, leads, np.ones(N), np.ones(N, int)), encoding), encoding


def chosen(kind: str, settings: Train = SETTINGS) -> int:
    """Return the leaves of the trees that unseen leads chose."""
    rows, encoding = rows_of(kind)
    left_out = usable_folds(rows, fold_of_each(rows, settings.n_folds, 1))
    return cross_fit.cross_fit(Prepared(rows, encoding, settings), settings, left_out).growth.settings.num_leaves


def assert_the_right_size_is_chosen() -> None:
    assert chosen("pattern") == LARGER["num_leaves"]
    assert chosen("line") == SETTINGS.num_leaves


def test_unseen_leads_choose_large_trees_for_a_pattern_and_small_ones_for_a_line() -> None:
    assert_the_right_size_is_chosen()


@pytest.mark.parametrize("planted", [0, -1])
def test_planted_bug_a_size_that_nothing_decides_is_caught(monkeypatch: pytest.MonkeyPatch, planted: int) -> None:
    def always(trees: list[NDArray[np.float64]], *_: object) -> int:
        return range(len(trees))[planted]

    monkeypatch.setattr(cross_fit, "best_trees", always)
    with pytest.raises(AssertionError):
        assert_the_right_size_is_chosen()


def test_near_copies_of_a_lead_are_left_to_small_trees() -> None:
    assert [each.num_leaves for each in sizes(rows_of("line")[0], SETTINGS)] == [8, 31]
    assert sizes(rows_of("line", looks=2)[0], SETTINGS) == (SETTINGS,)


def test_who_asks_for_large_trees_or_for_none_gets_no_other() -> None:
    rows, _ = rows_of("line")
    for own in ({"larger_trees": False}, {"num_leaves": 31}, {"num_leaves": 64}):
        settings = SETTINGS.model_copy(update=own)
        assert sizes(rows, settings) == (settings,)


def assert_the_regression_tells_the_commonest_levels_apart() -> None:
    generator = np.random.default_rng(4)
    codes = np.minimum(generator.geometric(0.02, size=N), 150)  # the first levels are the commonest
    frame = pd.DataFrame({"region": np.char.add("r", codes.astype(str)).astype(object)})
    encoding = Encoding.fit(frame, np.arange(N), min_level_leads=5, max_levels=1000)
    assert len(encoding.columns[0].levels) > linear_fit._LEVELS
    y = (generator.random(N) < 0.3).astype(float)
    part = fit_linear_half(
        ordered(Sample(frame, y, np.arange(N), np.ones(N), np.ones(N, int)), encoding), encoding, SETTINGS
    )
    counts = frame["region"].value_counts()
    told = {encoding.columns[0].levels[term.level] for term in part.terms}
    assert len(told) == linear_fit._LEVELS
    assert min(counts[level] for level in told) >= max(
        counts[level] for level in encoding.columns[0].levels if level not in told
    )


def test_the_regression_tells_the_commonest_levels_apart() -> None:
    assert_the_regression_tells_the_commonest_levels_apart()


def test_planted_bug_the_first_levels_in_place_of_the_commonest_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_fit.np, "argsort", lambda values, **_: np.arange(len(values)))
    with pytest.raises(AssertionError):
        assert_the_regression_tells_the_commonest_levels_apart()


@pytest.mark.parametrize("extra_trees", [True, False])
def test_whether_thresholds_are_drawn_reaches_the_trees(extra_trees: bool) -> None:
    rows, encoding = rows_of("line")
    settings = SETTINGS.model_copy(update={"extra_trees": extra_trees})
    booster = fit_trees(binned(rows, encoding, settings), encoding, settings, 3)
    assert f"[extra_trees: {int(extra_trees)}]" in booster.model_to_string()
    assert Train().extra_trees


def test_large_trees_are_chosen_for_a_pattern_where_thresholds_are_drawn_too() -> None:
    assert chosen("pattern", SETTINGS.model_copy(update={"extra_trees": True})) == LARGER["num_leaves"]
