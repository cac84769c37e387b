"""Stage agreement: whom the two teams agreed to hand over, and how the funnel stands."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.writing import write_agreement_folder
from predictive_scoring.project.stage import stage
from predictive_scoring.report.brief_page import write_briefs_page
from predictive_scoring.report.funnel_page import write_funnel_page


def main(target: str) -> list[str]:
    """Write the hand-off and the funnel, as data and as a page a language; nothing of it is read by training."""
    params = load_params()
    history = History.load(Path("data/interim"))
    folder = Path("data/agreement") / target
    scores, terms = Path("data/scores") / target, (params.targets[target], params.snapshots)
    made = write_agreement_folder(history, scores, Path("data/agreement.yaml"), terms, folder)
    if made is None:
        return [f"{folder}: a flat table has no life cycle, so there is no hand-off"]
    for language in params.report.languages:
        write_briefs_page(made.hand_offs[language], made.about, folder / f"hand-off.{language}.html")
        write_funnel_page(made.funnel, history.facts, language, folder / f"funnel.{language}.html")
    return [f"{len(made.hand_offs['en'].handed_over)} leads handed over", f"{folder}"]


if __name__ == "__main__":
    stage(main, sys.argv[1])
