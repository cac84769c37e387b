"""Stage features: snapshots of each open lead, their labels and windows, and what was known at each."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.features.engines import shards_by
from predictive_scoring.project.stage import stage


def main(target: str) -> list[str]:
    """Write the rows that a model learns from and is judged on."""
    params = load_params()
    history = History.load(Path("data/interim"))
    folder = Path("data/features") / target
    with shards_by(params.engine, folder) as by:
        dataset = build_dataset(history, params.targets[target], params, folder, by)
    return [*dataset.windows.lines(), *params.engine.lines()]


if __name__ == "__main__":
    stage(main, sys.argv[1])
