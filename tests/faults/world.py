"""A small scoring job to do harm to, and what a reader then finds where its scores should be."""

import csv
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from predictive_scoring.cli.score_job import ScoreJob, score_lines
from predictive_scoring.project.stage import ending
from predictive_scoring.scoring.run import Wish
from predictive_scoring.scoring.run_key import manifest_of
from predictive_scoring.storage import leftovers, sha256_of
from small_company import END, START

LONGEST_SECONDS = 300.0
OLD, NEW = END - timedelta(days=61), END - timedelta(days=60)
Found = Literal["old", "new", "torn", "lost"]
SOURCE = """\
name: small
description: Made for the faults
licence: internal
timezone: UTC
tables:
  leads:
    path: leads.csv
    columns: {lead_id: id, created_at: created}
    attributes: {channel: {type: category, known: at_creation}}
  activities:
    path: touches.csv
    columns: {lead_id: id, occurred_at: at, kind: kind}
  outcomes:
    path: stages.csv
    columns: {lead_id: id, occurred_at: at, stage: stage}
"""


@dataclass(frozen=True)
class World:
    """A model, a source, and the folder that jobs write."""

    model: Path
    source: Path
    folder: Path

    def job(self, *, new: bool, folder: Path | None = None, latest: bool = False) -> ScoreJob:
        """Return the job as of the old or the new instant; always done anew."""
        wish = Wish(folder or self.folder, force=True, latest=latest)
        return ScoreJob(str(self.model), self.source, (NEW if new else OLD).isoformat(), wish, log_format="quiet")

    def run(self, job: ScoreJob) -> int:
        """Run a job in this process and return its exit code."""
        return ending(lambda: [*score_lines(job)] and None)

    def found(self, folder: Path | None = None) -> Found:
        """Return what a reader finds."""
        return verdict(folder or self.folder)

    def left_behind(self) -> list[str]:
        """Return the names of what lies beside the folder and should not."""
        return [path.name for path in leftovers(self.folder)]


def verdict(folder: Path) -> Found:
    """Judge a folder of scores by its manifest alone, as any reader can."""
    manifest = manifest_of(folder) if folder.is_dir() else None
    if manifest is None:
        return "torn" if folder.exists() and any(folder.iterdir()) else "lost"
    there = {path.name for path in folder.iterdir()} - {"manifest.json"}
    whole = there == set(manifest["files"]) and all(
        sha256_of(folder / name) == sealed["sha256"] for name, sealed in manifest["files"].items()
    )
    if not whole:
        return "torn"
    return {OLD.isoformat(): "old", NEW.isoformat(): "new"}.get(manifest["as_of"], "torn")  # type: ignore[return-value]


def write_source(folder: Path, n_leads: int = 300) -> Path:
    """Write a source of its own three files and return it."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    leads, touches, stages = [["id", "created", "channel"]], [["id", "at", "kind"]], [["id", "at", "stage"]]
    for number in range(n_leads):
        created = START + timedelta(minutes=int(rng.integers(0, 380 * 24 * 60)))
        leads.append([f"L{number}", created.isoformat(), str(rng.choice(["ads", "referral"]))])
        for _ in range(int(rng.poisson(4))):
            when = created + timedelta(minutes=int(rng.integers(1, 28 * 24 * 60)))
            touches.append([f"L{number}", when.isoformat(), "page_view"])
        if rng.random() < 0.2:
            stages.append([f"L{number}", (created + timedelta(days=9)).isoformat(), "won"])
    for name, rows in (("leads", leads), ("touches", touches), ("stages", stages)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    (folder / "source.yaml").write_text(SOURCE)
    return folder / "source.yaml"


def world(model: Path, root: Path) -> World:
    """Make a world in which the old scores stand."""
    made = World(model, write_source(root / "source"), root / "scores")
    if made.run(made.job(new=False)) != 0 or made.found() != "old":
        raise AssertionError("the job does not run")
    return made


def forked(act: Callable[[], int]) -> int:
    """Run something in a child that has all imports already, silently, and return the child's number."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = act()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        code = 1
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a child and return its exit code, or minus the signal that killed it; one that hangs is killed."""
    patience = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < patience:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def a_world_of_its_own(root: Path) -> World:
    """Train a model and make a world, for the scripts."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from small_company import released, small_company

    return world(released(small_company(root / "company"), root / "bundle").folder, root)
