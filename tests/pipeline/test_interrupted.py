"""A pipeline that is interrupted and run again ends where an undisturbed one ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from predictive_scoring.storage import leftovers

PIPELINE = """\
stages:
  make:
    cmd: {python} stage.py a
    deps: [stage.py]
    outs: [a]
  use:
    cmd: {python} stage.py b a
    deps: [stage.py, a]
    outs: [b]
"""
STAGE = """\
import os, sys, time
from pathlib import Path
from predictive_scoring.project.stage import stage
from predictive_scoring.storage import publishing_folder, write_json

def main(name, *before):
    with publishing_folder(Path(name)) as draft:
        write_json(draft / "one.json", [name, *before])
        if before and os.environ.get("SLOW"):
            time.sleep(60)
        write_json(draft / "two.json", [name])
    return []

stage(main, *sys.argv[1:])
"""


def project(folder: Path) -> Path:
    """Make a project of two stages that write as all stages do."""
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text(
        "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
    )
    (folder / "stage.py").write_text(STAGE)
    (folder / "dvc.yaml").write_text(PIPELINE.format(python=sys.executable))
    return folder


def repro(folder: Path, **environment: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "dvc", "repro"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, start_new_session=True, **silent)


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_H20_a_pipeline_interrupted_and_run_again_has_the_same_lock(tmp_path: Path, number: int) -> None:
    undisturbed, interrupted = project(tmp_path / "undisturbed"), project(tmp_path / "interrupted")
    assert repro(undisturbed).wait(timeout=300) == 0
    first = repro(interrupted, SLOW="1")
    while not leftovers(interrupted / "b"):
        assert first.poll() is None
        time.sleep(0.05)
    os.killpg(first.pid, number)
    assert first.wait(timeout=60) != 0
    assert not (interrupted / "b").exists()
    assert repro(interrupted).wait(timeout=300) == 0
    assert (interrupted / "dvc.lock").read_text() == (undisturbed / "dvc.lock").read_text()
    assert sorted(path.name for path in (interrupted / "b").iterdir()) == ["one.json", "two.json"]
    assert leftovers(interrupted / "b") == []
