"""Stage evaluate: the model and its baselines on the untouched last window, its parts, and the recipe on the past."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.figures import draw_figures
from predictive_scoring.evaluate.money import with_value
from predictive_scoring.evaluate.review import Plan, figures_of, review
from predictive_scoring.evaluate.segments import as_spoken
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.model.own import load_own
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.ledger import LEDGER, note_look
from predictive_scoring.publish.tracking import tracked


def main(target: str) -> list[str]:
    """Write what was found, add it to the run, and note the look at the last window."""
    params = load_params()
    dataset, history = Dataset.load(Path("data/features") / target), History.load(Path("data/interim"))
    folder = Path("models/candidate") / target
    candidate, own = Candidate.load(folder), load_own(folder)
    plan, look = Plan(params.evaluate, params.publish, params.split, params.train), (target, dataset, candidate)
    judgement = review(dataset, candidate, plan, history.truth(), own)
    spoken = as_spoken(candidate, own, judgement.metrics, dataset)
    judgement = with_value(judgement, dataset, spoken, history, (params.targets[target], plan.judge, params.value))
    with tracked(target, params.tracking.experiment, required=params.tracking.required) as run:
        judgement, said = note_look(Path("models") / LEDGER, look, judgement, run, datetime.now(UTC))
        judgement.write(Path("models/evaluation") / target)
        run.log(metrics={**judgement.metrics, **figures_of(judgement.documents)})
        run.log_figures(draw_figures(judgement.curves), "evaluation")
    return [*judgement.lines(), said]


if __name__ == "__main__":
    stage(main, sys.argv[1])
