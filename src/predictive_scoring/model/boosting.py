"""Training LightGBM reproducibly: fixed seeds and threads, categories as codes, rows already in canonical order."""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.encoding import Encoding, Matrix

_MIN_LEAVES_WORTH = 10  # on tiny data a leaf may hold a tenth of the rows


@dataclass(frozen=True)
class Rows:
    """Encoded rows with labels, in canonical order."""

    encoded: Matrix  # (n, k)
    y: NDArray[np.float64]  # (n,), 0 or 1
    weight: NDArray[np.float64]  # (n,), in training: importance, less for later looks at a lead
    importance: NDArray[np.float64]  # (n,), how much the row counts wherever means are taken
    leads: NDArray[Any]  # (n,), whose row each is

    def take(self, chosen: NDArray[Any]) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.encoded[chosen], self.y[chosen], self.weight[chosen], self.importance[chosen], self.leads[chosen]
        )


def parameters(settings: Train, n_rows: int, encoding: Encoding) -> dict[str, Any]:
    """Return LightGBM's parameters; all that could make two runs differ is fixed."""
    directed = {"monotone_constraints": encoding.directions, "monotone_constraints_method": "intermediate"}
    return {
        **(directed if any(encoding.directions) else {}),
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": min(settings.min_leaf_rows, max(2, n_rows // _MIN_LEAVES_WORTH)),
        "feature_fraction": settings.feature_share,
        "extra_trees": settings.extra_trees,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1 if settings.row_share < 1 else 0,
        "lambda_l2": settings.l2,
        "max_bin": 127,
        "cat_smooth": 20.0,
        "seed": settings.seed,
        "num_threads": settings.n_threads,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }


def binned(rows: Rows, encoding: Encoding, settings: Train) -> lgb.Dataset:
    """Return rows as LightGBM holds them, in bins that all folds of the rows share."""
    # names of our own: the user's may hold characters that LightGBM refuses or rewrites without a word
    return lgb.Dataset(
        rows.encoded,
        label=rows.y,
        weight=rows.weight,
        params=parameters(settings, len(rows.y), encoding),
        free_raw_data=True,
        feature_name=[f"f{position}" for position in range(len(encoding.columns))],
        categorical_feature=encoding.category_positions,
    )


def fit_trees(whole: lgb.Dataset, encoding: Encoding, settings: Train, n_trees: int) -> lgb.Booster:
    """Return a booster of exactly `n_trees` trees (fewer if no split is left)."""
    n_rows = whole.construct().num_data()
    return lgb.train(parameters(settings, n_rows, encoding), whole, num_boost_round=n_trees)


def fit_until_it_stops(
    whole: lgb.Dataset, kept: NDArray[np.bool_], held: NDArray[np.bool_], encoding: Encoding, settings: Train
) -> lgb.Booster:
    """Return a booster of the rows `kept`, whose `best_iteration` is where the log loss on the rows `held` is least.

    It has the trees behind that one too, until there was no gain for long.
    """
    train = whole.subset(np.flatnonzero(kept).tolist())
    return lgb.train(
        parameters(settings, int(kept.sum()), encoding),
        train,
        num_boost_round=settings.max_trees,
        valid_sets=[whole.subset(np.flatnonzero(held).tolist())],
        callbacks=[lgb.early_stopping(settings.early_stopping_rounds, verbose=False)],
    )
