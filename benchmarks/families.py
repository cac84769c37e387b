"""What each family of features adds: the model with all of them, and without each one in turn.

    python benchmarks/families.py [--json FILE] [--quick SHARE] [--only VARIANT ...] [--page FILE.md]

Run it in a project's folder, after the extract stage. Every variant is trained by the pipeline's own code and judged on
the untouched test window; on a simulated history also against the true chances. A variant without a family is what
`features.leave_out` would give. Each takes about as long as `dvc repro train`; results are kept in FILE as they come.
`--quick 0.15` trains boosting alone on that share of the training leads: minutes, and enough to see what matters.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from predictive_scoring.config import load_params
from predictive_scoring.config.features import FAMILIES, Features
from predictive_scoring.config.params import Params
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.evaluate.probability import log_losses
from predictive_scoring.evaluate.ranking import expected_auc
from predictive_scoring.evaluate.truth import against_truth
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.model.candidate import train

ADDED = ("decay", "bursts", "answers", "sequences", "rhythm", "usage", "account", "bands")
VARIANTS: dict[str, tuple[str, ...]] = {
    "all": (),
    "without " + ", ".join(ADDED): ADDED,
    **{f"without {family}": (family,) for family in FAMILIES},
}
BOOSTING = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.08, "min_data_in_leaf": 50, "seed": 7,
    "lambda_l2": 10.0, "feature_fraction": 0.5, "verbose": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip
ROUNDS = 120


def narrowed(dataset: Dataset, names: list[str]) -> Dataset:
    """Return the dataset with some of its features."""
    kept = tuple(feature for feature in dataset.catalogue.features if feature.name in set(names))
    concepts = {feature.concept for feature in kept}
    catalogue = dataset.catalogue.model_copy(
        update={"features": kept, "concepts": tuple(c for c in dataset.catalogue.concepts if c.name in concepts)}
    )
    dropped = [feature.name for feature in dataset.catalogue.features if feature not in kept]
    return replace(dataset, table=dataset.table.drop_columns(dropped), catalogue=catalogue)


def figures(dataset: Dataset, history: History, params: Params) -> dict[str, Any]:
    """Train and judge one variant as the pipeline does."""
    with tempfile.TemporaryDirectory() as scratch:
        candidate = train(dataset, params.train, Path(scratch) / "candidate")
        judged = judge(dataset, candidate, params.evaluate, params.publish.grades, history.truth())
    return {"features": len(dataset.catalogue.features), "metrics": judged.metrics}


class Quick:
    """Boosting alone, on a share of the training leads, with the rows made ready once."""

    def __init__(self, dataset: Dataset, history: History, share: float) -> None:
        rows = dataset.rows("train", "validate")
        chosen = np.random.default_rng(0).random(int(rows["account_no"].to_numpy().max()) + 1) < share
        rows = rows.filter(chosen[rows["account_no"].to_numpy()])
        self.fitted, self.label = dataset.frame(rows), rows["converted"].to_numpy().astype(float)
        test = dataset.rows("test")
        self.test, self.outcome = dataset.frame(test), test["converted"].to_numpy().astype(float)
        keys = test.select(["lead_id", "as_of"]).to_pandas()
        truth = history.truth()
        true = pd.DataFrame() if truth is None else truth.select(["lead_id", "as_of", "probability"]).to_pandas()
        joined = keys.merge(true, how="left", on=["lead_id", "as_of"]) if len(true) else keys.assign(probability=np.nan)
        self.truth = joined["probability"].to_numpy(dtype=float)

    def figures(self, names: list[str]) -> dict[str, Any]:
        """Train and judge one variant."""
        model = lgb.train(BOOSTING, lgb.Dataset(self.fitted[names], self.label), ROUNDS)
        chance = np.asarray(model.predict(self.test[names], num_threads=1))
        known = np.isfinite(self.truth)
        against = against_truth(self.truth[known], chance[known]) if known.any() else {}
        own = {
            "roc_auc": expected_auc(self.outcome, chance),
            "log_loss": float(log_losses(self.outcome, chance).mean()),
        }
        return {"features": len(names), "rows": len(self.label), **own, **against}


def page(found: dict[str, Any]) -> str:
    """Return the table of what was measured, in Markdown."""
    rows = {name: each for name, each in found.items() if "rows" in each}
    lines = [
        "# What each family of features adds",
        "",
        f"On the default history, by `python benchmarks/families.py --quick`: boosting alone ({ROUNDS} trees of",
        f"{BOOSTING['num_leaves']} leaves) on a share of the training rows, judged on the untouched",
        "test window and against the true chances. *Excess AUC* is the model's AUC over one half as a share of what",
        "the true chances reach; it does not depend on who happened to convert. A higher log loss is worse.",
        "",
        "| features | rows | columns | excess AUC | change | ROC AUC, test | log loss, test |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    whole = {each["rows"]: each["excess_share"] for name, each in rows.items() if name.startswith("all")}
    for name, each in rows.items():
        change = "" if name.startswith("all") else f"{each['excess_share'] - whole[each['rows']]:+.3f}"
        lines.append(
            f"| {name} | {each['rows']:,} | {each['features']} "
            f"| {each['excess_share']:.3f} | {change} | {each['roc_auc']:.3f} "
            f"| {each['log_loss']:.4f} |"
        )
    lines += [
        "",
        "The simulator's chances depend on the age of the lead and on the season, among others: a change that is no",
        "larger than theirs, in either direction, is noise at this number of rows.",
    ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Print and keep each variant's figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--json", type=Path, default=Path("families.json"))
    parser.add_argument("--quick", type=float, default=0.0)
    parser.add_argument("--page", type=Path, help="write the table here and train nothing")
    parser.add_argument("--only", nargs="*", default=list(VARIANTS))
    given = parser.parse_args()
    params, history = load_params(), History.load(Path("data/interim"))
    target = next(iter(params.targets.values()))
    found: dict[str, Any] = json.loads(given.json.read_text()) if given.json.exists() else {}
    if given.page:
        given.page.write_text(page(found), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as scratch:
        whole = build_dataset(history, target, params, Path(scratch) / "whole")
        quick = Quick(whole, history, given.quick) if given.quick else None
        for name in given.only:
            settings = Features.model_validate(params.features.model_dump() | {"leave_out": VARIANTS[name]})
            names = declare(history, target, whole.windows.train_until, settings).names
            if name in found or (name != "all" and len(names) == len(whole.catalogue.features)):
                continue
            found[name] = quick.figures(names) if quick else figures(narrowed(whole, names), history, params)
            given.json.write_text(json.dumps(found, indent=1))
            print(name, found[name] if quick else found[name]["features"], flush=True)


if __name__ == "__main__":
    main()
