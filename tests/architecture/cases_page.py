"""Makes docs/cases.md: which test shows which case. Run as a script it writes the page; a test compares it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGE, CASES = ROOT / "docs" / "cases.md", ROOT / "docs" / "cases.yaml"
TEST = re.compile(r"^ *(?:async )?def (test_[A-M]\d\d_\w+)\(", re.MULTILINE)
ID = re.compile(r"[A-M]\d\d")


def ids_of(test: str) -> list[str]:
    """Return the cases that a test's name says it shows.

    >>> ids_of("test_G15_and_G17_the_alias_moves"), ids_of("test_leads_come_in")
    (['G15', 'G17'], [])
    """
    words = test.split("_")[1:]
    return [word for word in takewhile(lambda word: word == "and" or ID.fullmatch(word), words) if word != "and"]


def shown() -> dict[str, list[tuple[str, str]]]:
    """Return for each case the tests that show it, as (file, name)."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for test in TEST.findall(path.read_text(encoding="utf-8")):
            for case in ids_of(test):
                found[case].append((str(path.relative_to(ROOT)), test))
    return found


def cases() -> Any:
    """Return the list of cases."""
    return yaml.safe_load(CASES.read_text(encoding="utf-8"))


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    listed, tests = cases(), shown()
    groups = listed["groups"]
    held = {letter: sum(f"{letter}{key[:2]}" in tests for key in group["cases"]) for letter, group in groups.items()}
    yield "# Faults and bad inputs"
    yield ""
    yield "What people's files, machines and rivals do to a scoring job, and the test that shows what becomes"
    yield "of it. A test is in the table because its name begins with the case; `pytest -k A05` runs those of one."
    yield "Made by `make docs` from `docs/cases.yaml` and the tests' names; the worst cases have a star."
    yield ""
    yield "| group | | held | of |"
    yield "|---|---|---|---|"
    for letter, group in groups.items():
        yield f"| {letter} | {group['title']} | {held[letter]} | {len(group['cases'])} |"
    yield f"| | all | {sum(held.values())} | {sum(len(group['cases']) for group in groups.values())} |"
    for letter, group in groups.items():
        yield ""
        yield f"## {letter}. {group['title']}"
        yield ""
        yield "| case | what | shown by |"
        yield "|---|---|---|"
        for key, what in group["cases"].items():
            case, star = f"{letter}{key[:2]}", " ★" if key.endswith("*") else ""
            yield f"| {case}{star} | {what} | {_shown_by(case, tests, listed['declined'])} |"


def _shown_by(case: str, tests: dict[str, list[tuple[str, str]]], declined: dict[str, str]) -> str:
    if case in tests:
        return "<br>".join(f"[{name.removeprefix('test_')}](../{path})" for path, name in tests[case])
    return f"not held: {declined[case]}" if case in declined else "not yet"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
