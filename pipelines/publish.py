"""Stage publish: the sealed bundle of a candidate that passes the gate, registered with its aliases."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.segments import as_spoken
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.model.own import load_own
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.contest import Cohort
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.publishing import publish
from predictive_scoring.publish.tracking import tracked
from predictive_scoring.storage import read_json


def main(target: str) -> list[str]:
    """Write the bundle and register it."""
    params = load_params()
    history, dataset = History.load(Path("data/interim")), Dataset.load(Path("data/features") / target)
    evaluation = read_json(Path("models/evaluation") / target / "metrics.json")
    folder = Path("models/candidate") / target
    trained = as_spoken(Candidate.load(folder), load_own(folder), evaluation, dataset)
    candidate = judged(target, params, history.facts, dataset, trained, evaluation)
    cohort = Cohort(history, dataset, trained, params.evaluate)
    with tracked(target, params.tracking.experiment, required=params.tracking.required) as run:
        return publish(candidate, params.publish, run, Path("models/released") / target, cohort)


if __name__ == "__main__":
    stage(main, sys.argv[1])
