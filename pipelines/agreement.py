"""Stage agreement: whom the two teams agreed to hand over, and how the funnel stands."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.config.regions import language_of
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.writing import write_agreement_folder
from predictive_scoring.project.stage import stage
from predictive_scoring.report.agreement_pages import write_agreement_pages


def main(target: str) -> list[str]:
    """Write the hand-off and the funnel, as data and as a page a language; no training reads any of it."""
    params = load_params()
    history = History.load(Path("data/interim"))
    scores, folder = Path("data/scores") / target, Path("data/agreement") / target
    terms = (params.targets[target], params.snapshots)
    made = write_agreement_folder(history, scores, Path("data/agreement.yaml"), terms, folder)
    return write_agreement_pages(made, history.facts, [language_of(tag) for tag in params.report.languages], folder)


if __name__ == "__main__":
    stage(main, sys.argv[1])
