"""Stage evaluate: the model and its baselines on the untouched last window."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.figures import draw_figures
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.tracking import tracked


def main(target: str) -> list[str]:
    """Write metrics and curves, and add them to the run."""
    params = load_params()
    dataset = Dataset.load(Path("data/features") / target)
    candidate = Candidate.load(Path("models/candidate") / target)
    truth = History.load(Path("data/interim")).truth()
    judgement = judge(dataset, candidate, params.evaluate, params.publish.grades, truth)
    judgement.write(Path("models/evaluation") / target)
    with tracked(target, params.tracking.experiment, required=params.tracking.required) as run:
        run.log(metrics=judgement.metrics)
        run.log_figures(draw_figures(judgement.curves), "evaluation")
    return [*judgement.lines()]


if __name__ == "__main__":
    stage(main, sys.argv[1])
