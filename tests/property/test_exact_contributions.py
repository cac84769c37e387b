"""Whatever the model and the rows, the kernel gives LightGBM's contributions, and each row's sum is its raw score."""

from typing import Any

import lightgbm as lgb
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from predictive_scoring.model.shapley.contributions import TreeContributions

N_COLUMNS, N_CATEGORIES = 5, 2
ODD = [np.nan, 0.0, -0.0, 1e-36, -1.0, -0.5, 2.5, 31.0, 32.0, 3e9, -1e300, 1e300]
VALUE = st.one_of(st.sampled_from(ODD), st.integers(-3, 40).map(float), st.floats(-5, 5))
MODEL = st.fixed_dictionaries(
    {
        "boosting": st.sampled_from(["gbdt", "gbdt", "dart"]),
        "objective": st.sampled_from(["binary", "regression"]),
        "num_leaves": st.integers(2, 40),
        "min_data_in_leaf": st.integers(1, 20),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "max_cat_to_onehot": st.sampled_from([1, 4, 100]),
        "cat_smooth": st.sampled_from([0.1, 10.0]),
        "min_data_per_group": st.just(3),
        "extra_trees": st.booleans(),
    }
)


def model(chosen: dict[str, Any], seed: int, gaps: float) -> lgb.Booster:
    generator = np.random.default_rng(seed)
    matrix = generator.poisson(2, size=(250, N_COLUMNS)) * generator.choice([1.0, 0.37], size=N_COLUMNS)
    matrix[:, -N_CATEGORIES:] = generator.integers(0, 35, size=(250, N_CATEGORIES))
    y = (matrix[:, 0] * generator.normal() + matrix[:, -1] % 3 + generator.normal(size=250) > 1).astype(float)
    matrix[generator.random(matrix.shape) < gaps] = np.nan
    categories = list(range(N_COLUMNS - N_CATEGORIES, N_COLUMNS))
    data = lgb.Dataset(matrix, y, categorical_feature=categories)
    return lgb.train({**chosen, "num_threads": 1, "verbosity": -1, "seed": seed}, data, 4)


@settings(max_examples=60, deadline=None)
@given(
    chosen=MODEL,
    seed=st.integers(0, 10_000),
    gaps=st.sampled_from([0.0, 0.2]),
    rows=st.lists(st.lists(VALUE, min_size=N_COLUMNS, max_size=N_COLUMNS), min_size=1, max_size=30),
)
def test_the_kernel_is_lightgbms_tree_shap(
    chosen: dict[str, Any], seed: int, gaps: float, rows: list[list[float]]
) -> None:
    booster = model(chosen, seed, gaps)
    matrix = np.array(rows)
    own = TreeContributions.of(booster)
    assert own.plan is not None
    found = own(matrix)
    theirs = booster.predict(matrix, pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-12)
    raw = booster.predict(matrix, raw_score=True, num_threads=1)
    np.testing.assert_allclose(found.sum(axis=1), raw, rtol=0, atol=1e-12)
