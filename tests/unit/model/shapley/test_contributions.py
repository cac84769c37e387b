"""The kernel's contributions are LightGBM's, shap's, and those of counting through every order of the features."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from math import factorial
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from predictive_scoring.model.shapley import groups, plan
from predictive_scoring.model.shapley.contributions import TreeContributions
from predictive_scoring.model.shapley.trees import Ensemble

with warnings.catch_warnings():  # its plots use what matplotlib will give up
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap

N_NUMBERS, N_CATEGORIES = 8, 3
CATEGORIES = list(range(N_NUMBERS, N_NUMBERS + N_CATEGORIES))
ODD = [np.nan, 0.0, -0.0, 1e-36, -1e-36, -0.5, -1.0, 0.999, 17.0, 400.0, 3e9, -3e9, 1e300]
Kind = dict[str, Any]

KINDS: dict[str, Kind] = {
    "nan is missing": {},
    "nothing is missing": {"use_missing": False},
    "zero is missing": {"zero_as_missing": True},
    "no gaps in training": {"gaps": 0.0},
    "one category against the rest": {"max_cat_to_onehot": 100},
    "many categories against many": {"max_cat_to_onehot": 1, "cat_smooth": 1.0, "min_data_per_group": 5},
    "monotone": {"monotone_constraints": [1, -1] + [0] * 9, "monotone_constraints_method": "advanced", "cats": False},
    "dart": {"boosting": "dart", "drop_rate": 0.5},
    "deep": {"num_leaves": 120, "min_data_in_leaf": 2, "trees": 4},
    "a chain": {"num_leaves": 40, "max_depth": -1, "min_data_in_leaf": 1, "trees": 4, "skewed": True},
    "few features, often": {"num_leaves": 60, "min_data_in_leaf": 3, "trees": 5, "columns": 2, "cats": False},
    "one leaf": {"min_data_in_leaf": 10_000},
    "stumps": {"num_leaves": 2},
    "random forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    "regression": {"objective": "regression"},
    "weighted, another link": {"objective": "cross_entropy", "weighted": True},
    "random thresholds": {"extra_trees": True, "feature_fraction": 0.6},
}


def rows(n: int, seed: int = 3, gaps: float = 0.15) -> np.ndarray:
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(n, N_NUMBERS))
    numbers[:, ::2] = generator.poisson(1.0, size=numbers[:, ::2].shape)
    matrix = np.column_stack([numbers, generator.integers(0, 40, size=(n, N_CATEGORIES)).astype(float)])
    matrix[generator.random(matrix.shape) < gaps] = np.nan
    return matrix


def odd_rows(n: int, seed: int = 4) -> np.ndarray:
    """Return rows with values that training never saw: unknown, negative and broken categories, zeros of every kind."""
    generator = np.random.default_rng(seed)
    matrix = rows(n, seed)
    odd = generator.random(matrix.shape) < 0.25
    matrix[odd] = generator.choice(ODD, size=int(odd.sum()))
    return matrix


def trained(
    *, trees: int = 12, gaps: float = 0.15, cats: bool = True, columns: int = 11, skewed: bool = False, **settings: Any
) -> lgb.Booster:
    matrix = rows(700, gaps=gaps)[:, :columns]
    known = np.nan_to_num(matrix)
    y = known[:, 0] * known[:, 1] - known[:, -1] % 5 + np.random.default_rng(1).normal(size=len(known))
    y = np.exp(3 * known[:, 1]) if skewed else y
    weight = np.linspace(0.1, 3, len(y)) if settings.pop("weighted", False) else None
    objective = settings.setdefault("objective", "regression" if skewed else "binary")
    label = y if objective == "regression" else (y > np.median(y)).astype(float)
    data = lgb.Dataset(matrix, label, weight=weight, categorical_feature=CATEGORIES if cats else [])
    shared = {"num_leaves": 12, "min_data_in_leaf": 5, "num_threads": 1, "verbosity": -1, "seed": 2}
    return lgb.train({**shared, **settings}, data, trees)


def gap(booster: lgb.Booster, matrix: np.ndarray, own: TreeContributions | None = None) -> float:
    """Return how far the kernel is from LightGBM at most."""
    own = own or TreeContributions.of(booster)
    assert own.plan is not None
    theirs = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1))
    assert own(matrix).shape == theirs.shape
    return float(np.abs(own(matrix) - theirs).max() / max(1.0, np.abs(theirs).max()))


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_are_those_of_lightgbm_and_add_up_to_the_raw_score(kind: str) -> None:
    booster = trained(**KINDS[kind])
    for every_column in (rows(400, seed=9), odd_rows(1500)):
        matrix = every_column[:, : booster.num_feature()]
        assert gap(booster, matrix) < 1e-12
        raw = booster.predict(matrix, raw_score=True, num_threads=1)
        total = TreeContributions.of(booster)(matrix).sum(axis=1)
        np.testing.assert_allclose(total, raw, rtol=1e-12, atol=1e-12)


def test_the_kinds_are_what_they_say() -> None:
    decisions = {kind: _decisions(trained(**KINDS[kind])) for kind in KINDS}
    missing = {kind: {int(d) >> 2 for d in found} for kind, found in decisions.items()}
    assert 2 in missing["nan is missing"]
    assert missing["nothing is missing"] == {0}
    assert 1 in missing["zero is missing"]
    assert any(d & 1 for d in decisions["many categories against many"])
    sizes = {
        kind: max(int(bits.sum()) for tree in _trees(kind) for bits in tree.sets)
        for kind in ("one category against the rest", "many categories against many")
    }
    assert sizes["one category against the rest"] == 1 < sizes["many categories against many"]
    assert all(len(tree.values) == 1 for tree in _trees("one leaf"))
    assert max(len(group.bits) for tree in _trees("deep") for group in groups.groups_of(tree)) > 8


def _trees(kind: str) -> tuple[Any, ...]:
    return Ensemble.parsed(trained(**KINDS[kind]).model_to_string()).trees


def _decisions(booster: lgb.Booster) -> np.ndarray:
    trees = Ensemble.parsed(booster.model_to_string()).trees
    return np.concatenate([tree.decisions for tree in trees])


def _wrong_missing(whole: Ensemble) -> plan.Plan:
    right = plan.plan_of(whole)
    return right._replace(nodes=right.nodes._replace(missing_left=~right.nodes.missing_left))


def _swapped_children(whole: Ensemble) -> plan.Plan:
    first = replace(whole.trees[0], left=whole.trees[0].right, right=whole.trees[0].left)
    return plan.plan_of(replace(whole, trees=(first, *whole.trees[1:])))


def _category_off_by_one(whole: Ensemble) -> plan.Plan:
    right = plan.plan_of(whole)
    return right._replace(nodes=right.nodes._replace(sets=np.roll(right.nodes.sets, 1)))


def _zero_is_a_number(whole: Ensemble) -> plan.Plan:
    right = plan.plan_of(whole)
    return right._replace(
        nodes=right.nodes._replace(kind=np.minimum(right.nodes.kind, 0) + 2 * (right.nodes.kind == 2))
    )


@pytest.mark.parametrize(
    ("kind", "bug"),
    [
        ("nan is missing", _wrong_missing),
        ("nan is missing", _swapped_children),
        ("one category against the rest", _category_off_by_one),
        ("many categories against many", _category_off_by_one),
        ("zero is missing", _zero_is_a_number),
    ],
)
def test_planted_bugs_in_the_reading_of_a_tree_are_noticed(kind: str, bug: Callable[[Ensemble], plan.Plan]) -> None:
    booster = trained(**KINDS[kind])
    wrong = bug(Ensemble.parsed(booster.model_to_string()))
    assert gap(booster, rows(300), TreeContributions(booster, wrong)) > 1e-3


def test_a_row_is_explained_the_same_alone_in_small_blocks_and_in_any_layout() -> None:
    own = TreeContributions.of(trained())
    matrix = odd_rows(2100)
    whole = own(matrix)
    for size in (1, 7, 1024):
        pieces = [own(matrix[start : start + size]) for start in range(0, 120, size)][: 120 // size or 1]
        apart = np.concatenate(pieces)
        assert apart.tobytes() == np.ascontiguousarray(whole[: len(apart)]).tobytes()
    assert own(np.asfortranarray(matrix)).tobytes() == whole.tobytes()


def test_contributions_are_the_mean_over_every_order_of_the_features() -> None:
    booster = trained(columns=4, cats=False, trees=3)
    matrix = odd_rows(40)[:, :4]
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    expected = np.array([[_shapley(trees, row, feature) for feature in range(4)] for row in matrix])
    np.testing.assert_allclose(TreeContributions.of(booster)(matrix)[:, :4], expected, rtol=0, atol=1e-12)


def _shapley(trees: list[dict[str, Any]], row: np.ndarray, feature: int) -> float:
    """Return the Shapley value by its definition: a sum over every set of the other features."""
    others = [other for other in range(len(row)) if other != feature]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(row))
        for known in combinations(others, size):
            gain = sum(_mean(tree, row, {*known, feature}) - _mean(tree, row, set(known)) for tree in trees)
            total += weight * gain
    return total


def _mean(node: dict[str, Any], row: np.ndarray, known: set[int]) -> float:
    """Return a tree's mean where only some features are known: the others follow the training rows."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    sides = [node["left_child"], node["right_child"]]
    if node["split_feature"] in known:
        return _mean(sides[0 if _goes_left(node, float(row[node["split_feature"]])) else 1], row, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    return sum(n * _mean(side, row, known) for n, side in zip(counts, sides, strict=True)) / sum(counts)


def _goes_left(node: dict[str, Any], x: float) -> bool:
    if np.isnan(x):
        if node["missing_type"] == "NaN":
            return bool(node["default_left"])
        x = 0.0
    return x <= node["threshold"]


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")  # says that the output's shape changed once
def test_contributions_are_those_of_the_shap_package() -> None:
    booster = trained(**KINDS["many categories against many"])
    matrix = rows(150)
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(matrix, check_additivity=False)
    values = values[1] if isinstance(values, list) else values
    np.testing.assert_allclose(TreeContributions.of(booster)(matrix)[:, :-1], values, rtol=0, atol=1e-9)


def test_several_outputs_are_left_to_lightgbm_and_said() -> None:
    booster = trained(trees=3, objective="multiclass", num_class=2)
    own = TreeContributions.of(booster)
    assert own.plan is None
    assert own.why_slow == "the model has several outputs"
    np.testing.assert_array_equal(own(rows(30)), booster.predict(rows(30), pred_contrib=True))


def test_linear_leaves_are_refused_as_lightgbm_refuses_them_and_never_explained_wrongly() -> None:
    own = TreeContributions.of(trained(trees=3, linear_tree=True, cats=False, objective="regression"))
    assert own.why_slow == "the trees have linear models in their leaves"
    with pytest.raises(lgb.basic.LightGBMError, match="not implemented for linear trees"):
        own(rows(3))


def test_paths_of_too_many_features_and_tables_of_too_many_cells_are_left_to_lightgbm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    booster = trained()
    monkeypatch.setattr(groups, "MOST_BITS", 1)
    monkeypatch.setattr(groups, "BITS_OF_A_GROUP", 1)
    assert "features on one path" in (TreeContributions.of(booster).why_slow or "")
    monkeypatch.undo()
    monkeypatch.setattr(plan, "MOST_CELLS", 100)
    limited = TreeContributions.of(booster)
    assert "too large" in (limited.why_slow or "")
    np.testing.assert_array_equal(limited(rows(5)), booster.predict(rows(5), pred_contrib=True))


def test_sixteen_features_on_a_path_are_within_the_limit_and_seventeen_are_not() -> None:
    for n_features, is_fast in ((16, True), (17, False)):
        booster = _staircase(n_features)
        own = TreeContributions.of(booster)
        assert (own.plan is not None) is is_fast
        matrix = np.random.default_rng(0).random((20, n_features)).round()
        theirs = booster.predict(matrix, pred_contrib=True)
        np.testing.assert_allclose(own(matrix), theirs, rtol=0, atol=1e-12 * 3.0**n_features)


def _staircase(n_features: int) -> lgb.Booster:
    """Return one tree in which the last leaf lies behind a split on every feature: y counts the leading ones."""
    matrix = np.tril(np.ones((n_features + 1, n_features)), -1).repeat(60, axis=0)
    y = 3.0 ** matrix.sum(axis=1)  # the greatest values are always the first to be cut off
    settings = {"objective": "regression", "num_leaves": n_features + 1, "min_data_in_leaf": 1, "verbosity": -1}
    booster = lgb.train({**settings, "num_threads": 1, "max_depth": -1}, lgb.Dataset(matrix, y), 1)
    assert len(Ensemble.parsed(booster.model_to_string()).trees[0].values) == n_features + 1
    return booster
