"""Whether every feature of every training look of a project is the same on this machine and by Spark.

    python benchmarks/both_engines.py FOLDER [FOLDER ...]

Each FOLDER is a project in which `dvc repro` ran. Counts, categories and gaps must be equal, other numbers within 1e-9.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/unit/engine"))

from test_two_engines import assert_same

from predictive_scoring.config import load_params
from predictive_scoring.config.engine import Engine
from predictive_scoring.contract.history import History
from predictive_scoring.engine.spark import open_spark
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.on_spark import shards_on_spark
from predictive_scoring.snapshots.labels import training_snapshots


def compare(project: Path) -> tuple[int, int]:
    """Return how many looks and features were compared, all of them the same."""
    params = load_params(project / "params.yaml")
    name, target = next(iter(params.targets.items()))
    history = History.load((project / "data/interim").absolute())
    catalogue = Catalogue.load(project / f"data/features/{name}/catalogue.json")
    snapshots = training_snapshots(history, target, params.snapshots)
    with tempfile.TemporaryDirectory() as scratch, open_spark(Engine(name="spark")) as spark:
        there = compute(history, snapshots, catalogue, partial(shards_on_spark, spark, Path(scratch)))
    assert_same(there, compute(history, snapshots, catalogue))
    return there.num_rows, len(catalogue.features)


if __name__ == "__main__":
    for given in sys.argv[1:]:
        n_looks, n_features = compare(Path(given))
        print(f"{given}: {n_features} features of {n_looks:,} looks are the same on both engines", flush=True)
