"""Which nights were scored, and which are missing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.project.create import create_project
from predictive_scoring.project.nights import gaps, nights
from predictive_scoring.project.status import status_lines
from predictive_scoring.storage import write_json

FIRST = datetime(2025, 4, 1, tzinfo=UTC)


def night(root: Path, day: int, target: str = "won") -> None:
    as_of = FIRST + timedelta(days=day - 1)
    manifest = {"as_of": as_of.isoformat(), "target": target, "rows": {"scored": 10 + day}, "model_version": "won-1"}
    write_json(root / f"{target}-{as_of:%Y-%m-%d}" / "manifest.json", manifest)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    create_project(tmp_path / "acme", "demo")
    for day in (1, 2, 3, 5, 6, 9):
        night(tmp_path / "acme" / "scores", day)
    night(tmp_path / "acme" / "scores", 4, "demo")
    (tmp_path / "acme" / "scores" / "latest").symlink_to("won-2025-04-09")
    return tmp_path / "acme"


def test_M09_missed_nights_are_named_with_what_to_do(project: Path) -> None:
    lines = list(status_lines(project, as_json=False, scores=project / "scores"))
    (missing,) = [line for line in lines if "missing" in line]
    assert "missing 3: 2025-04-04, 2025-04-07, 2025-04-08" in missing
    assert "--as-of" in missing
    (latest,) = [line for line in lines if "<- latest" in line]
    assert "as of 2025-04-09  19 leads" in latest


def test_the_same_as_json(project: Path) -> None:
    found = json.loads("".join(status_lines(project, as_json=True, scores=project / "scores")))["nightly"]
    assert found["latest"] == "won-2025-04-09"
    assert len(found["targets"]["won"]["runs"]) == 6
    assert found["targets"]["demo"]["missing"] == []


def test_weekly_runs_have_no_gaps_and_two_runs_say_nothing_of_a_step() -> None:
    weekly = [FIRST + timedelta(weeks=n) for n in range(5)]
    assert gaps(weekly) == []
    assert gaps([*weekly[:2], weekly[4]][:2]) == []
    assert gaps([weekly[0], weekly[0], weekly[1]]) == []


def test_what_holds_no_scores_is_no_night(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "manifest.json").write_text("{")
    assert nights(tmp_path) == []


def test_a_folder_of_scores_that_is_not_there_is_refused(project: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        list(status_lines(project, as_json=False, scores=project / "nowhere"))
