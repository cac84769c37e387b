"""Stage publish: the sealed bundle of a candidate that passes the gate, registered with its aliases."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import Candidate
from predictive_scoring.model.shipping import as_shipped
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
    trained = as_shipped(Candidate.load(Path("models/candidate") / target), evaluation["choice"]["ships"])
    candidate = judged(target, params, history.facts, dataset, trained, evaluation)
    cohort = Cohort(history, dataset, trained, params.evaluate)
    with tracked(target, params.tracking.experiment, required=params.tracking.required) as run:
        return publish(candidate, params.publish, run, Path("models/released") / target, cohort)


if __name__ == "__main__":
    stage(main, sys.argv[1])
