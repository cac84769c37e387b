"""No message about a user's data ends without what to do about it."""

import ast
from pathlib import Path

import pytest

import predictive_scoring

PACKAGE = Path(predictive_scoring.__file__).parent
KINDS = {"ConfigurationError", "DataContractError", "SourceUnreachableError", "LeakSuspectedError"}


def without_a_fix(text: str) -> list[int]:
    """Return the lines on which an error of these kinds is made without `fix`."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in KINDS]
    return [call.lineno for call in made if not any(word.arg == "fix" for word in call.keywords)]


@pytest.mark.parametrize("folder", ["sources", "audit", "contract"])
def test_every_error_about_data_says_what_to_do(folder):
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files
    assert {str(file): lines for file in files if (lines := without_a_fix(file.read_text(encoding="utf-8")))} == {}


def test_planted_an_error_without_it_is_found():
    assert without_a_fix('raise DataContractError("a.csv: bad", found=1)\nraise DataContractError("b", fix="c")') == [1]
