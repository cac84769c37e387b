"""The README's figures are those of the metrics files, and its commands exist."""

import re
from pathlib import Path

import yaml

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


def settings_named(text: str) -> set[str]:
    return set(re.findall(r"-S ([a-z_.]+)=", text))


def unknown_settings(named: set[str], params: dict[str, dict[str, object]]) -> set[str]:
    return {name for name in named if name.split(".")[1] not in params.get(name.split(".")[0], {})}


def test_every_setting_that_the_docs_change_stands_in_params() -> None:
    """DVC changes only what is written there: a default that is not is refused."""
    texts = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))]
    named = set().union(*(settings_named(text) for text in texts))
    assert {"train.num_leaves", "train.linear_share"} <= named
    assert unknown_settings(named, yaml.safe_load((ROOT / "params.yaml").read_text())) == set()


def test_a_setting_that_is_not_there_is_found() -> None:
    named = settings_named("dvc exp run -S train.depth=3")
    assert unknown_settings(named, {"train": {"num_leaves": 8}}) == {"train.depth"}
