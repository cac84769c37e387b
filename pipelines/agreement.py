"""Stage agreement: whom the two teams agreed to hand over, and how the funnel stands."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.config.regions import language_of
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.writing import Night, write_agreement_folder
from predictive_scoring.project.stage import stage
from predictive_scoring.report.agreement_pages import write_agreement_pages


def main(target: str) -> list[str]:
    """Write the hand-off, the reach of the calls and the funnel as data and as pages; no training reads any of it."""
    params = load_params()
    history = History.load(Path("data/interim"))
    folder, terms = Path("data/agreement") / target, (params.targets[target], params.snapshots)
    night = Night(
        scores=Path("data/scores") / target,
        agreement=Path("data/agreement.yaml"),
        bundle=Path("models/released") / target,
        n_past_weeks=params.report.n_past_weeks,
        sales=Path("data/sales"),
    )
    languages = [language_of(tag) for tag in params.report.languages]
    made = write_agreement_folder(history, night, terms, folder)
    return write_agreement_pages(made, history.facts, languages, folder)


if __name__ == "__main__":
    stage(main, sys.argv[1])
