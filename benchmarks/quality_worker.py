"""One fit of one peer, over files: run by `quality.py` in the environment that holds the peer.

    python benchmarks/quality_worker.py FOLDER

reads train.parquet, test.parquet and job.json, writes chances.parquet and cost.json. Imports nothing of the project.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LABEL = "label of the row"


def coded(train: pd.DataFrame, test: pd.DataFrame, categories: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables with pandas' categories, levels those of training."""
    train, test = train.copy(), test.copy()
    for column in categories:
        levels = sorted(train[column].dropna().unique())
        train[column] = pd.Categorical(train[column], categories=levels)
        test[column] = pd.Categorical(test[column], categories=levels)
    return train, test


def logistic(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by a logistic regression: means for what is missing, standardised, one column a level."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [column for column in train.columns if column not in job["categories"]]
    filled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = make_column_transformer(
        (filled, numbers), (OneHotEncoder(handle_unknown="ignore"), job["categories"]), sparse_threshold=0.3
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    return model.fit(train, y).predict_proba(test)[:, 1]


def histogram_boosting(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by HistGradientBoosting; a category of more levels than it takes goes in as numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    train, test = coded(train, test, job["categories"])
    train = train.loc[:, train.notna().any()]  # a column without a single value ends its binning
    test = test[train.columns]
    for column in train.columns.intersection(job["categories"]):
        if len(train[column].cat.categories) > 254:
            train[column], test[column] = train[column].cat.codes, test[column].cat.codes
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=job["seed"])
    return model.fit(train, y).predict_proba(test)[:, 1]


def lightgbm(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by LightGBM."""
    from lightgbm import LGBMClassifier

    train, test = coded(train, test, job["categories"])
    model = LGBMClassifier(random_state=job["seed"], n_jobs=job["threads"], verbosity=-1)
    return model.fit(train, y).predict_proba(test)[:, 1]


def xgboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by XGBoost, categories as such."""
    from xgboost import XGBClassifier

    train, test = coded(train, test, job["categories"])
    model = XGBClassifier(random_state=job["seed"], n_jobs=job["threads"], enable_categorical=True)
    return model.fit(train, y).predict_proba(test)[:, 1]


def catboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by CatBoost, categories as such."""
    from catboost import CatBoostClassifier

    train, test = (
        table.assign(**{c: table[c].fillna("missing").astype(str) for c in job["categories"]})
        for table in (train, test)
    )
    model = CatBoostClassifier(
        random_seed=job["seed"],
        thread_count=job["threads"],
        verbose=False,
        cat_features=job["categories"],
        allow_writing_files=False,
    )
    return model.fit(train, y).predict_proba(test)[:, 1]


def flaml(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by FLAML, given minutes."""
    from flaml import AutoML

    train, test = coded(train, test, job["categories"])
    model = AutoML()
    model.fit(
        train,
        y.astype(int),
        task="classification",
        metric="log_loss",
        time_budget=job["minutes"] * 60,
        n_jobs=job["threads"],
        seed=job["seed"],
        verbose=0,
        estimator_list=["lgbm", "xgboost", "rf", "extra_tree"],
    )
    return model.predict_proba(test)[:, 1]


def autogluon(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, job: dict[str, Any]) -> np.ndarray:
    """Return chances by AutoGluon, given minutes."""
    from autogluon.tabular import TabularPredictor

    predictor = TabularPredictor(
        LABEL, problem_type="binary", eval_metric="log_loss", verbosity=0, path=str(Path(sys.argv[1]) / "autogluon")
    )
    predictor.fit(train.assign(**{LABEL: y.astype(int)}), time_limit=job["minutes"] * 60, num_cpus=job["threads"])
    return predictor.predict_proba(test)[1].to_numpy()


PEERS = {f.__name__: f for f in (logistic, histogram_boosting, lightgbm, xgboost, catboost, flaml, autogluon)}


def main(folder: Path) -> None:
    """Fit, score, write."""
    job = json.loads((folder / "job.json").read_text())
    train, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
    y = train.pop(LABEL).to_numpy()
    used, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    chances = PEERS[job["peer"]](train, y, test, job)
    now = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"wall": time.monotonic() - began, "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime}
    pd.DataFrame({"chance": np.asarray(chances, dtype=np.float64)}).to_parquet(folder / "chances.parquet")
    (folder / "cost.json").write_text(json.dumps(cost))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
