"""The recipe trained anew on some rows of a dataset and judged on others: what backtests are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.metrics import TestRows, ranking_metrics
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.ranking import Ranked
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.snapshots.past import Past, Rows

MOST_DRAWS = 200  # behind each interval of a backtest
LEAST_REPLICAS = 20  # of the calibrator: intervals of single leads are not looked at here


@dataclass(frozen=True)
class Recipe:
    """How each model of a backtest is trained and judged."""

    train: Train
    judge: Evaluate

    @property
    def settings(self) -> Train:
        """The settings of the training, without what only a release needs; one thread, as small samples want it."""
        return self.train.model_copy(update={"n_replicas": LEAST_REPLICAS, "n_threads": 1})


def thinned(table: pa.Table, past: Past, max_rows: int) -> Past:
    """Return a past of at most about `max_rows` rows: every second, third … look at each lead, from a place of its own.

    Looks at one lead, a week apart, are near copies of each other: fewer of them lose little, fewer leads much.
    """
    every = -(-len(past.all) // max_rows)
    if every <= 1:
        return past
    leads = table["lead_id"].to_numpy(zero_copy_only=False).astype(object)
    first = (pd.util.hash_array(leads, categorize=True) % np.uint64(every)).astype(np.int64)
    look = pd.Series(leads).groupby(leads, sort=False).cumcount().to_numpy()
    kept = (look + first) % every == 0
    return Past({use: rows[kept[rows]] for use, rows in past.rows.items()})


def retrained(dataset: Dataset, past: Past, recipe: Recipe) -> ConversionModel:
    """Return the model of the recipe, trained on the rows of a past."""
    chosen = thinned(dataset.table, past, recipe.judge.backtest.max_rows)
    settings = _as_if_whole(recipe.settings, len(past.all) / max(1, len(chosen.all)))
    parts = {use: _part(dataset, rows) for use, rows in chosen.rows.items() if len(rows)}
    frame, y, leads = parts.pop("train")
    return ConversionModel.from_settings(settings).fit(frame, y, groups=leads, **parts)


def _as_if_whole(settings: Train, every: float) -> Train:
    """Return settings that hold a thinned history back as a whole one: as many leads a leaf, as much ridge."""
    return settings.model_copy(
        update={
            "min_leaf_rows": max(1, round(settings.min_leaf_rows / every)),
            "l2": settings.l2 / every,
            "linear_l2": settings.linear_l2 / every,
        }
    )


def _part(dataset: Dataset, rows: Rows) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[Any]]:
    table = dataset.table.take(pa.array(rows))
    return dataset.frame(table), labels(table), table["lead_id"].to_numpy(zero_copy_only=False)


def labels(table: pa.Table) -> NDArray[np.float64]:
    """Return whether each row of a table of labelled snapshots converted, 0 or 1."""
    return np.asarray(table["converted"].to_numpy(zero_copy_only=False), dtype=np.float64)


def judged_rows(table: pa.Table) -> TestRows:
    """Return the rows of a table of labelled snapshots as they are judged."""
    whose = Whose(table["lead_id"].to_numpy(zero_copy_only=False), table["account_no"].to_numpy())
    return TestRows(labels(table), whose, None, None)


def brief_figures(rows: TestRows, chance: NDArray[np.float64], settings: Evaluate) -> dict[str, Any]:
    """Return the figures that a backtest tells of one model on some rows, with intervals over accounts.

    Returns
    -------
    dict
        snapshots, leads, converting_leads, rate {value, low, high}, mean_probability, said_minus_happened, roc_auc,
        average_precision, caught_at_20pct, lift_at_20pct, log_loss, brier: {value, low, high}.
    """
    draws = Draws.of(rows.whose, min(settings.bootstrap_samples, MOST_DRAWS), np.random.default_rng(settings.seed))
    rate = rate_of_leads(rows.y, rows.whose, settings.level)
    asked = {
        name: metric for name, metric in ranking_metrics(settings.shares).items() if "at_" not in name or "20" in name
    }
    drawn = ranking_draws(rows.y, chance, draws, asked)
    whole = Ranked.of(rows.y, chance, np.ones((1, len(rows.y))))
    means = {
        "said_minus_happened": chance - rows.y,
        "log_loss": log_losses(rows.y, chance),
        "brier": (chance - rows.y) ** 2,
    }
    return {
        **{name: rate[name] for name in ("snapshots", "leads", "converting_leads")},
        "rate": {"value": rate["rate"], "low": rate["low"], "high": rate["high"]},
        "mean_probability": float(chance.mean()),
        **{name: estimate(float(metric(whole)[0]), drawn[name], settings.level) for name, metric in asked.items()},
        **{
            name: estimate(float(values.mean()), means_of_draws(values, draws), settings.level)
            for name, values in means.items()
        },
    }
