"""What a pair of categories says beyond each of them, by how many leads must share a pair before it is remembered.

    python benchmarks/pairs.py --set health_insurance_lead --pair Region_Code Reco_Policy_Cat
        --json docs/results/benchmarks/pairs.json

Of the rows that may be learned from, seven in ten teach and three are judged; no test row is looked at. A column is
added: the pair's rate of conversion, in log-odds, shrunk, out of fold where it is learned from; or nothing but how many
leads share the pair. Pairs of fewer leads than the least are missing. A model of this project stores nothing of fewer
than `train.min_level_leads`.
"""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.model.conversion_model import ConversionModel
from quality_sets import FLAT, Part, flat_tasks

LEAST = (20, 10, 5, 2)  # leads that share a pair
SHRINK = 10.0  # leads at the average rate that are added to each pair's
FOLDS, SHARE, SEED = 5, 0.7, 2026
Floats = NDArray[np.float64]


def rate(keys: "pd.Series[str]", y: Floats, least: int) -> "pd.Series[float]":
    """Return for each pair of at least so many leads its shrunk rate, in log-odds."""
    seen = pd.DataFrame({"key": keys, "y": y}).groupby("key")["y"].agg(["sum", "count"])
    seen = seen[seen["count"] >= least]
    share = (seen["sum"] + SHRINK * y.mean()) / (seen["count"] + SHRINK)
    return np.log(share / (1 - share))


def columns(teach: Part, judge: Part, pair: list[str]) -> Iterator[tuple[str, Floats | None, Floats | None]]:
    """Yield the name of each added column and its values where it is learned from and where it is judged."""
    keys, asked = (part.frame[pair].astype(str).agg("|".join, axis=1) for part in (teach, judge))
    fold = np.random.default_rng(SEED).integers(0, FOLDS, len(keys))
    yield "neither", None, None
    for least in LEAST:
        told = np.full(len(keys), np.nan)
        for f in range(FOLDS):
            told[fold == f] = keys[fold == f].map(rate(keys[fold != f], teach.y[fold != f], least))
        yield f"rate of pairs of {least} leads or more", told, asked.map(rate(keys, teach.y, least)).to_numpy(float)
    counts = keys.value_counts()
    for least in (max(LEAST), 1):
        known, new = keys.map(counts), asked.map(counts).fillna(0) + 1  # each row counts itself
        name = f"number of leads of pairs of {least} or more"
        yield name, *(each.where(each >= least).to_numpy(float) for each in (known, new))


def figures(teach: Part, judge: Part, known: Floats | None, new: Floats | None) -> dict[str, float]:
    """Return log loss and AUC of a model with a column more."""

    def with_it(frame: pd.DataFrame, values: Floats | None) -> pd.DataFrame:
        return frame if values is None else frame.assign(pair=values)

    model = ConversionModel.from_settings(Train(n_threads=1)).fit(with_it(teach.frame, known), teach.y)
    chance = model.predict_proba(with_it(judge.frame, new))[:, 1]
    return {"log_loss": float(log_losses(judge.y, chance).mean()), "auc": float(roc_auc_score(judge.y, chance))}


def main() -> None:
    """Print a line a column; with --json, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=[*FLAT], required=True)
    parser.add_argument("--pair", nargs=2, required=True)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    data = Path(os.environ.get("PREDICTIVE_SCORING_DATA", "data/raw"))
    whole = next(iter(flat_tasks(asked.set, data))).everything_known
    shuffled = np.random.default_rng(SEED).permutation(len(whole.y))
    edge = int(len(shuffled) * SHARE)
    teach, judge = whole.take(np.sort(shuffled[:edge])), whole.take(np.sort(shuffled[edge:]))
    told: dict[str, Any] = {"set": asked.set, "pair": asked.pair, "columns": {}}
    for name, known, new in columns(teach, judge, asked.pair):
        told["columns"][name] = figures(teach, judge, known, new)
        print(name, json.dumps(told["columns"][name]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
