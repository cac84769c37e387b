"""Stage train: the calibrated model and its baselines, in one tracked run."""

import sys
from functools import partial
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.amount_fit import amount_of, known_column
from predictive_scoring.model.candidate import train
from predictive_scoring.model.own import lines, segments_of, train_own
from predictive_scoring.model.search import journal_of, search
from predictive_scoring.project.stage import stage
from predictive_scoring.publish.provenance import provenance
from predictive_scoring.publish.tracking import tracked


def main(target: str) -> list[str]:
    """Write the candidate and track how it was made."""
    params = load_params()
    folder = Path("models/candidate") / target
    with tracked(target, params.tracking.experiment, new=True, required=params.tracking.required) as run:
        run.tag(provenance(Path(), ("extract", f"features@{target}")))
        run.log(params={"target": params.targets[target].model_dump(), "train": params.train.model_dump()})
        dataset = Dataset.load(Path("data/features") / target)
        segments_of(dataset, params.train)  # a slip of the pen is refused before the long work
        if params.value.enabled:
            known_column(dataset.catalogue, params.value)
        search_first = partial(search, dataset, journal=journal_of(target), tell=run.trial)
        better = search_first if params.train.search.minutes else None
        brings = partial(amount_of, dataset, History.load(Path("data/interim")), params.targets[target], params.value)
        candidate = train(dataset, params.train, folder, params.publish.ship, better, brings)
        own = train_own(dataset, candidate, params.train, params.split.min_positives, folder)
        run.log(metrics=candidate.training)
    return [*candidate.lines(), *lines(own)]


if __name__ == "__main__":
    stage(main, sys.argv[1])
