"""A stage that takes too long stops by itself, cleanly."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
from pathlib import Path
from predictive_scoring.project.stage import stage
from predictive_scoring.storage import publishing_folder

def main(seconds):
    with publishing_folder(Path("made")) as draft:
        (draft / "half").write_text("half")
        time.sleep(float(seconds))
    return ["done"]

stage(main, sys.argv[1])
"""


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (folder / "stage.py").write_text(textwrap.dedent(SCRIPT))
    return subprocess.run(
        [sys.executable, "stage.py", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_E19_a_stage_over_its_minutes_ends_with_143_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    done = run(tmp_path, "60", "--max-minutes", "0.02")
    assert done.returncode == 143
    assert "not done within 0.02 minutes" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["stage.py"]


def test_E19_within_its_minutes_it_ends_as_ever(tmp_path: Path) -> None:
    done = run(tmp_path, "0", "--max-minutes", "5")
    assert (done.returncode, done.stdout) == (0, "done\n")


@pytest.mark.parametrize("given", [["soon"], ["0"], []])
def test_a_wrong_budget_is_a_wrong_command_line(tmp_path: Path, given: list[str]) -> None:
    assert run(tmp_path, "0", "--max-minutes", *given).returncode == 2
