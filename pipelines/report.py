"""Stage report: the page for marketing and sales, in each language."""

import sys
from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.project.stage import stage
from predictive_scoring.report.page import write_page


def main(target: str) -> list[str]:
    """Write one self-contained page a language."""
    params = load_params()
    scores, folder = Path("data/scores") / target, Path("data/reports") / target
    pages = [folder / f"report.{language}.html" for language in params.report.languages]
    for language, page in zip(params.report.languages, pages, strict=True):
        write_page(scores, language, page, params.report)
    return [f"{page}" for page in pages]


if __name__ == "__main__":
    stage(main, sys.argv[1])
