"""What each family of features adds: the model with all of them, without each one in turn, and with few.

    python benchmarks/families.py [--json FILE] [--only FAMILY ...]

Run it in a project's folder, after the extract stage. Every variant is trained by the pipeline's own code and judged on
the untouched test window; on a simulated history also against the true chances. A variant without a family is what
`features.leave_out` would give. Each takes about as long as `dvc repro train`; results are kept in FILE as they come.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from predictive_scoring.config import load_params
from predictive_scoring.config.features import FAMILIES, Features
from predictive_scoring.config.params import Params
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.dataset import Dataset, build_dataset
from predictive_scoring.model.candidate import train

FIGURES = ("log_loss", "roc_auc", "pr_auc")
NEW = (
    "decay", "bursts", "answers", "sequences", "rhythm", "usage", "account", "bands",
)  # fmt: skip


def variants() -> dict[str, tuple[str, ...]]:
    """Return each variant's name and the families that it does without."""
    one_less = {f"without {family}": (family,) for family in FAMILIES}
    return {"all": (), **one_less}


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
    """Train and judge one variant."""
    with tempfile.TemporaryDirectory() as scratch:
        candidate = train(dataset, params.train, Path(scratch) / "candidate")
        judged = judge(dataset, candidate, params.evaluate, params.publish.grades, history.truth())
    return {"features": len(dataset.catalogue.features), "metrics": judged.metrics}


def main() -> None:
    """Print and keep each variant's figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, default=Path("families.json"))
    parser.add_argument("--only", nargs="*", default=list(variants()))
    given = parser.parse_args()
    params, history = load_params(), History.load(Path("data/interim"))
    target = next(iter(params.targets.values()))
    found: dict[str, Any] = json.loads(given.json.read_text()) if given.json.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        whole = build_dataset(history, target, params, Path(scratch) / "whole")
        until = whole.windows.train_until
        for name in given.only:
            settings = Features.model_validate(params.features.model_dump() | {"leave_out": variants()[name]})
            names = declare(history, target, until, settings).names
            if name in found or (name != "all" and len(names) == len(whole.catalogue.features)):
                continue
            found[name] = figures(narrowed(whole, names), history, params)
            given.json.write_text(json.dumps(found, indent=1))
            print(name, found[name]["features"], flush=True)


if __name__ == "__main__":
    main()
