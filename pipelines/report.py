"""Stage report: the page for marketing and sales, and the one for analysts, in each language."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.config.regions import language_of
from predictive_scoring.project.stage import stage
from predictive_scoring.report.analyst import write_analyst_page
from predictive_scoring.report.page import write_page


def main(target: str) -> list[str]:
    """Write two self-contained pages a language."""
    params = load_params()
    settings = params.report
    scores, folder, evaluation = (Path(name) / target for name in ("data/scores", "data/reports", "models/evaluation"))
    pages = []
    for tag in settings.languages:
        language = language_of(tag)
        pages += [folder / f"report.{language}.html", folder / f"analyst.{language}.html"]
        write_page(scores, tag, pages[-2], settings)
        write_analyst_page(scores, evaluation, tag, pages[-1], settings)
    return [f"{page}" for page in pages]


if __name__ == "__main__":
    stage(main, sys.argv[1])
