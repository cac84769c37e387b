"""`doctor` finds what would stop a job, each with a planted ailment."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from predictive_scoring import exchange
from predictive_scoring.errors import ConfigurationError, MachineError
from predictive_scoring.project import doctor
from predictive_scoring.project.doctor import doctor_lines, examine


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "data" / "scores").mkdir(parents=True)
    shutil.copy("params.yaml", tmp_path)
    return tmp_path


def state(project: Path, what: str, now: datetime | None = None) -> tuple[str, str]:
    found = {finding.what: (finding.state, finding.said) for finding in examine(project, now or datetime.now(UTC))}
    return found.get(what, ("absent", ""))


def test_a_sound_project_has_nothing_bad(project: Path) -> None:
    lines = list(doctor_lines(project, as_json=False))
    assert not any(line.startswith("bad") for line in lines)
    findings = json.loads("".join(doctor_lines(project, as_json=True)))
    assert {"versions", "disk", "rights", "locks", "store of runs", "clock"} <= {found["what"] for found in findings}
    assert sorted(path.name for path in project.iterdir()) == ["data", "params.yaml"]  # it changes nothing


def test_H09_a_damaged_store_is_bad_and_ends_with_6_after_all_was_said(project: Path) -> None:
    (project / "mlflow.db").write_text("no database" * 100)
    said: list[str] = []
    with pytest.raises(MachineError, match="store of runs") as raised:
        said.extend(doctor_lines(project, as_json=False))
    assert raised.value.exit_code == 6
    assert state(project, "store of runs")[0] == "bad"


def test_H10_an_empty_store_is_noted(project: Path) -> None:
    (project / "mlflow.db").touch()
    assert state(project, "store of runs")[0] == "note"


def test_a_clock_that_is_behind_is_bad(project: Path) -> None:
    assert state(project, "clock", datetime.now(UTC) - timedelta(days=400))[0] == "bad"


def test_H15_locks_that_are_held_and_left_are_told_apart(project: Path) -> None:
    held = project / "data" / "scores" / ".won.lock"
    (project / "data" / "scores" / ".demo.lock").touch()
    with held.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert state(project, "locks")[1].startswith("1 held, 1 left")
    assert state(project, "locks")[1].startswith("0 held, 2 left")


def test_H13_drafts_of_killed_runs_are_noted_but_not_those_of_a_living_one(project: Path) -> None:
    (project / "data" / "scores" / ".won.abcdefgh.part").mkdir()
    assert state(project, "drafts")[0] == "note"
    with (project / "data" / "scores" / ".won.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert state(project, "drafts")[0] == "absent"


def test_H05_a_folder_that_may_not_be_written_is_bad(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, _mode: Path(place).name != "data")
    assert state(project, "rights") == ("bad", f"may not write: {project / 'data'}")


def test_a_file_system_that_cannot_exchange_names_is_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state(project, "folders")[0] == "ok"
    monkeypatch.setattr(exchange, "_exchanged", lambda _one, _other: False)
    assert state(project, "folders")[0] == "note"


def test_a_little_disk_is_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_DISK_BYTES", 10**18)
    assert state(project, "disk")[0] == "note"


def test_kernels_that_cannot_be_kept_are_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = os.access
    monkeypatch.setattr(Path, "rglob", lambda _self, _pattern: iter(()))
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) == project and real(place, mode))
    assert state(project, "compiled kernels")[0] == "note"


def test_a_folder_that_is_not_there_is_a_slip_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, said in (("nowhere", "no such folder"), ("file", "not a folder")):
        with pytest.raises(ConfigurationError, match=said):
            list(doctor_lines(tmp_path / name, as_json=False))


def test_settings_that_no_command_would_read_are_bad(project: Path) -> None:
    assert state(project, "settings")[0] == "ok"
    with (project / "params.yaml").open("a") as params:
        params.write("nonsense: 1\n")
    found, said = state(project, "settings")
    assert found == "bad"
    assert "nonsense" in said
    (project / "params.yaml").unlink()
    assert state(project, "settings")[0] == "absent"
