"""The documents hold together: links lead somewhere, and what is made from the code is up to date."""

import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", ["features.md", "parameters.md", "reason-codes.md"])
def test_a_generated_page_is_what_the_code_says_now(name: str) -> None:
    made = pages(ROOT)
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made[name], "run `make docs`"
