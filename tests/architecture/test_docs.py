"""The documents hold together: links lead somewhere, and what is made from the code is up to date."""

import re
from pathlib import Path

import pytest

from predictive_scoring.contract.rules import Rule
from predictive_scoring.project.reference_docs import pages

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_relative_link_is_dead(path: Path) -> None:
    assert dead_links(path.read_text(encoding="utf-8"), path.parent) == []


def test_a_dead_link_is_found_and_code_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    text = "[a](there.md#part) [b](gone.md) ![c](pictures/gone.png) [d](https://example.com/x) [e](#here) `[f](x.md)`"
    assert dead_links(text, tmp_path) == ["gone.md", "pictures/gone.png"]


def dead_links(text: str, folder: Path) -> list[str]:
    """Return the relative links of a document whose files do not exist."""
    links = [match[1] or match[2] for match in LINK.finditer(CODE.sub("", text))]
    paths = [link.split("#")[0] for link in links if ":" not in link]
    return [path for path in paths if path and not (folder / path).exists()]


def test_each_decision_has_a_number_of_its_own_and_a_line_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    assert misnumbered({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}) == []


def test_a_number_given_twice_and_a_page_that_is_not_listed_are_found() -> None:
    pages_of = {"0001-a.md": "# 1. A\n", "0001-b.md": "# 1. B\n", "0003-c.md": "# 4. C\n"}
    listed = "1. [A](0001-a.md)\n2. [B](0001-b.md)\n"
    assert misnumbered({**pages_of, "README.md": listed}) == ["0001-b.md", "0003-c.md"]


def misnumbered(texts: dict[str, str]) -> list[str]:
    """Return the pages whose name, title or line in the list does not have the number that is next."""
    names = sorted(name for name in texts if name != "README.md")
    return [
        name
        for number, name in enumerate(names, start=1)
        if not (name.startswith(f"{number:04d}-") and (title := re.match(r"# (\d+)\. (.+)\n", texts[name])))
        or title[1] != str(number)
        or f"{number}. [{title[2]}]({name})\n" not in texts["README.md"]
    ]


def test_every_rule_that_puts_a_row_aside_is_explained() -> None:
    text = (ROOT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert [rule.value for rule in Rule if not any(f"`{rule.value}`" in row for row in rows)] == []


@pytest.mark.parametrize("name", ["features.md", "parameters.md", "reason-codes.md"])
def test_a_generated_page_is_what_the_code_says_now(name: str) -> None:
    made = pages(ROOT)
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made[name], "run `make docs`"
