"""Let jobs run against each other."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from faults.table import Tally
from faults.world import NEW, World, ended, forked
from predictive_scoring.scoring.run_key import manifest_of

BUSY = 75


def same_folder(world: World, n_jobs: int) -> tuple[Tally, Counter[int]]:
    """Start jobs on one folder at once, and return what is found and their exit codes."""
    children = [forked(lambda: world.run(world.job(new=True))) for _ in range(n_jobs)]
    codes = Counter(ended(child) for child in children)
    tally = Tally("jobs at once, one folder", tried=n_jobs)
    tally.found[world.found()] += 1
    tally.not_mended += bool(world.left_behind()) or not set(codes) <= {0, BUSY} or codes[0] == 0
    return tally, codes


def a_folder_each(world: World, root: Path, n_jobs: int) -> Tally:
    """Start jobs as of different instants at once, each of which moves the pointer to the newest."""
    root.mkdir()
    jobs = [
        replace(world.job(new=True, folder=root / str(n), latest=True), as_of=(NEW + timedelta(days=n)).isoformat())
        for n in range(n_jobs)
    ]
    children = [forked(lambda job=job: world.run(job)) for job in jobs]
    codes = [ended(child) for child in children]
    tally = Tally("jobs at once, a folder each", tried=n_jobs)
    for job in jobs:
        manifest = manifest_of(job.wish.folder) or {}
        tally.found["new" if manifest.get("as_of") == job.as_of else "lost"] += 1
    newest = (manifest_of(root / "latest") or {}).get("as_of")
    tally.not_mended += any(codes) or newest != jobs[-1].as_of
    return tally
