"""A disk that is full: for each stage, and for the job on a real small disk."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.table import Tally
from faults.world import World, ended, forked
from predictive_scoring.project.stage import ending

FULL = 6


def with_limit(act: Callable[[], object], n_bytes: int) -> int:
    """Run something in a child that may write no file larger than `n_bytes`, and return its exit code."""

    def limited() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
        return ending(lambda: act() and None)

    return ended(forked(limited))


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[bool]:
    """Mount a disk of a few bytes; yields False where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", str(folder)]
    try:
        allowed = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    try:
        yield allowed
    finally:
        if allowed:
            subprocess.run(["umount", str(folder)], check=True)


def fill(world: World, root: Path, sizes: tuple[int, ...] = (10_000, 50_000, 100_000)) -> Tally:
    """Score onto disks of several sizes that already hold older scores."""
    tally = Tally("disk full")
    for n_bytes in sizes:
        with small_disk(root / f"disk of {n_bytes}", n_bytes + 400_000) as allowed:
            if not allowed:
                return tally
            target = World(world.model, world.source, root / f"disk of {n_bytes}" / "scores")
            if _run(target, new=False) != 0:
                continue
            filler = target.folder.parent / "filler"
            filler.write_bytes(b"x" * _free(target.folder.parent, spare=n_bytes))
            code = _run(target, new=True)
            tally.tried += 1
            tally.found[target.found()] += 1
            tally.found["accepted"] += code != FULL and target.found() != "new"
            filler.unlink()
            tally.not_mended += _run(target, new=True) != 0 or target.found() != "new" or bool(target.left_behind())
    return tally


def _run(world: World, *, new: bool) -> int:
    return ended(forked(lambda: world.run(world.job(new=new))))


def _free(folder: Path, spare: int) -> int:
    return max(shutil.disk_usage(folder).free - spare, 0)
