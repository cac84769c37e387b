"""Stage extract: from the source's files to the canonical history; rows that break a rule go to quarantine."""

from pathlib import Path

from predictive_scoring.config import load_params
from predictive_scoring.project.stage import stage
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.summary import summarise


def main() -> list[str]:
    """Write the canonical history and say where every row went."""
    params = load_params()
    history = extract(params.source, Path("data/interim"), params.extract, params.engine)
    return [*summarise(history), *params.engine.lines()]


if __name__ == "__main__":
    stage(main)
