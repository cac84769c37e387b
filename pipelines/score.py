"""Stage score: every open lead, with its reasons."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.grading import agreed_grading
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.write import Run, refuse_other_things
from predictive_scoring.storage import sole_writer


def main(target: str) -> list[str]:
    """Write the folder of scores."""
    params = load_params()
    folder = Path("data/scores") / target
    refuse_other_things(folder)
    history = History.load(Path("data/interim"))
    bundle = Bundle.load(Path("models/released") / target)
    as_of = as_of_instant(params.score.as_of, history)
    with sole_writer(folder):
        grading = agreed_grading(Path("data/agreement.yaml"), as_of)
        run = Run(bundle, history, as_of, params.score.batch_rows, grading, work=params.score, engine=params.engine)
        summary = run_scoring(run, Wish(folder))
    return [*summary.lines()]


if __name__ == "__main__":
    stage(main, sys.argv[1])
