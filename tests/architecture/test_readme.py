"""The README's figures are those of the metrics files, and its commands exist."""

import re
from pathlib import Path

from predictive_scoring.project.results import collect, results_table, with_block

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_results_are_those_of_the_metrics_files() -> None:
    assert with_block(README, "results", results_table(collect(ROOT))) == README


def test_a_figure_changed_by_hand_would_be_seen() -> None:
    first = re.search(r"\b0\.\d{3} \(0\.\d{3}", README)
    assert first is not None
    edited = README.replace(first[0], "0.999 (0.998", 1)
    assert with_block(edited, "results", results_table(collect(ROOT))) != edited


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"`?make (demo|test|check|lock|results|docs)", README))
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    assert named <= targets
    assert {"demo", "test"} <= named
