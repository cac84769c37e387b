"""The recipe trained anew on some rows of a dataset and judged on others: what backtests are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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
from predictive_scoring.model.lessons import labels, learned, lessons
from predictive_scoring.snapshots.past import Past

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


def retrained(dataset: Dataset, past: Past, recipe: Recipe) -> ConversionModel:
    """Return the model of the recipe, trained on about `backtest.max_rows` rows of a past.

    First looks are left out, then, where there are more leads than that, leads: a model of a part of the leads is held
    back by as little ridge as the part is small.
    """
    most = recipe.judge.backtest.max_rows
    whole = {use: dataset.table.take(pa.array(rows)) for use, rows in past.rows.items()}
    known = _of_some_leads(whole, most)
    share = sum(map(len, known.values())) / sum(map(len, whole.values()))
    settings = recipe.settings
    settings = settings.model_copy(update={"l2": settings.l2 * share, "linear_l2": settings.linear_l2 * share})
    return learned(dataset, lessons(dataset, known, most), settings)


def _of_some_leads(known: Mapping[str, pa.Table], at_most: int) -> dict[str, pa.Table]:
    """Return the rows of at most so many leads in all; which ones their ids decide."""
    leads = pc.unique(pa.chunked_array([chunk for rows in known.values() for chunk in rows["lead_id"].chunks]))
    if len(leads) <= at_most:
        return dict(known)
    hashes = pd.util.hash_array(leads.to_numpy(zero_copy_only=False).astype(object))
    kept = leads.take(pa.array(np.argsort(hashes, kind="stable")[:at_most]))
    return {use: rows.filter(pc.is_in(rows["lead_id"], kept)) for use, rows in known.items()}


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
