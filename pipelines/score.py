"""Stage score: every open lead, with its reasons."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.job import as_of_instant
from predictive_scoring.scoring.write import write_scores


def main(target: str) -> list[str]:
    """Write the folder of scores."""
    params = load_params()
    history = History.load(Path("data/interim"))
    bundle = Bundle.load(Path("models/released") / target)
    as_of = as_of_instant(params.score.as_of, history)
    summary = write_scores(bundle, history, as_of, Path("data/scores") / target, params.score.batch_rows)
    return [*summary.lines()]


if __name__ == "__main__":
    stage(main, sys.argv[1])
