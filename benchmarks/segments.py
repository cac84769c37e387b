"""Whether models of their own for parts of the leads measure better than the shared one, attribute by attribute.

    python benchmarks/segments.py --features data/features/won --candidate models/candidate/won \
        --name demo --json docs/results/benchmarks/segments.json

For each category, and for each of its largest values: the shared recipe taught by that part alone, against the shared
model on the same looks of the last window, by the rule of the pipeline. `--random N` draws N parts of the accounts at
random instead, of whom nothing is special: an own model that wins there wins by chance.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Publish, Ships
from predictive_scoring.config.split import Split
from predictive_scoring.config.train import Train
from predictive_scoring.evaluate.choice import choose
from predictive_scoring.evaluate.segments import compare
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.model.own import own_model, segment_rows, shipped
from predictive_scoring.model.shipping import as_shipped

RANDOM = "random"


def with_random_parts(dataset: Dataset, n_parts: int, seed: int) -> Dataset:
    """Return the dataset with a column that parts the accounts at random; it is no feature."""
    accounts = dataset.table["account_no"].to_numpy()
    drawn = np.random.default_rng(seed).integers(0, n_parts, int(accounts.max()) + 1)
    return Dataset(
        dataset.table.append_column(RANDOM, pa.array([f"part_{k}" for k in drawn[accounts]])),
        dataset.catalogue,
        dataset.windows,
    )


def largest(dataset: Dataset, column: str, most: int) -> list[str]:
    """Return the commonest values of a category."""
    counted = dataset.table[column].drop_null().value_counts().to_pylist()
    return [str(each["values"]) for each in sorted(counted, key=lambda each: -each["counts"])[:most]]


def told(dataset: Dataset, shared: Candidate, ships: Ships, column: str, values: list[str]) -> list[dict[str, Any]]:
    """Return what the pipeline's rule says of each value's own model; each is asked alone, not together."""
    found = []
    for value in values:
        where = {column: (value,)}
        with tempfile.TemporaryDirectory() as folder:
            own = own_model(dataset, where, Train(), Split().min_positives, Path(folder) / "segment")
        (record,) = compare(dataset, shared, shipped([own], ships), Evaluate(), Publish())
        windows = segment_rows(dataset, where).windows.windows
        learned = {name: window.converting_leads for name, window in windows.items()}
        found.append({**record, "attribute": column, "value": value, "converting": learned})
        print(json.dumps({k: v for k, v in found[-1].items() if k not in ("where", "words")}), flush=True)
    return found


def main() -> None:
    """Print a line a part; with --json, add the figures under the name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--candidate", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--categories", nargs="*", default=[], help="none: all")
    parser.add_argument("--values", type=int, default=3, help="of each category, the commonest")
    parser.add_argument("--random", type=int, default=0, help="parts drawn at random instead")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    dataset, shared = Dataset.load(asked.features), Candidate.load(asked.candidate)
    ships = choose(shared.predictions, Evaluate(), Publish())["ships"]
    shared = as_shipped(shared, ships)
    if asked.random:
        parts = {RANDOM: [f"part_{k}" for k in range(asked.random)]}
        dataset = with_random_parts(dataset, asked.random, asked.seed)
    else:
        names = asked.categories or [f.name for f in dataset.catalogue.features if f.type == "category"]
        parts = {name: largest(dataset, name, asked.values) for name in names}
    found = [each for column, values in parts.items() for each in told(dataset, shared, ships, column, values)]
    print(f"{asked.name}: {sum(each['speaks'] == 'own' for each in found)} of {len(found)} parts have their own")
    if asked.json:
        known = json.loads(asked.json.read_text(encoding="utf-8")) if asked.json.is_file() else {}
        known[f"{asked.name}{f', at random, seed {asked.seed}' if asked.random else ''}"] = found
        asked.json.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
