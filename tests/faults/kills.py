"""Kill the scoring job at random moments of its life, half of them while it writes: `python tests/faults/kills.py`."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from faults import world as worlds
from faults.table import Tally, lines
from predictive_scoring.scoring import write


@contextmanager
def watched(folder: Path) -> Iterator[list[float]]:
    """Yield a list that gets an instant for each time the folder was found missing."""
    missing: list[float] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            if not folder.exists():
                missing.append(time.monotonic())
            time.sleep(0.0002)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield missing
    finally:
        stop.set()
        watcher.join()


def lifetimes(world: worlds.World) -> tuple[float, float]:
    """Return the seconds that a job lives and, of them, those in which a draft of the scores stands."""
    start, drafts = time.monotonic(), []
    child = worlds.forked(lambda: world.run(world.job(new=False)))
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if any(name.endswith(".part") for name in world.left_behind()):
            drafts.append(time.monotonic())
        time.sleep(0.0005)
    return time.monotonic() - start, (drafts[-1] - drafts[0]) if drafts else 0.0


def kill_at_random(world: worlds.World, n_kills: int, seed: int = 0, number: int = signal.SIGKILL) -> Tally:
    """Kill jobs that replace old scores by new ones; every tenth time let the next run mend what is left."""
    rng = np.random.default_rng(seed)
    life, writing = np.median([lifetimes(world) for _ in range(2)], axis=0)
    tally = Tally(f"killed by {signal.Signals(number).name}")
    for n in range(n_kills):
        with watched(world.folder) as missing:
            child = worlds.forked(lambda: world.run(world.job(new=True)))
            if n % 2:
                _wait_for_draft(world, child)
                time.sleep(rng.uniform(0, 1.2 * writing))
            else:
                time.sleep(rng.uniform(0, 1.1 * life))
            os.kill(child, number)
            worlds.ended(child)
        tally.tried += 1
        tally.gaps += bool(missing)
        tally.while_writing += any(name.endswith(".part") for name in world.left_behind())
        found = world.found()
        tally.found[found] += 1
        if found != "old" or n % 10 == 9 or n == n_kills - 1:
            _mend(world, tally)
    return tally


def _wait_for_draft(world: worlds.World, child: int) -> None:
    while not any(name.endswith(".part") for name in world.left_behind()):
        state = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "Z":
            return
        time.sleep(0.0005)


def _mend(world: worlds.World, tally: Tally) -> None:
    code = worlds.ended(worlds.forked(lambda: world.run(world.job(new=False))))
    if code != 0 or world.found() != "old" or world.left_behind():
        tally.not_mended += 1
        shutil.rmtree(world.folder, ignore_errors=True)
        worlds.ended(worlds.forked(lambda: world.run(world.job(new=False))))


@contextmanager
def careless_writing() -> Iterator[None]:
    """Plant a bug: scores are written where readers look, file by file."""

    @contextmanager
    def in_place(target: Path) -> Iterator[Path]:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        (target.parent / f".{target.name}.abcdefgh.part").mkdir(exist_ok=True)  # so that the writing is seen
        yield target

    right = write.draft_of
    write.draft_of = in_place  # type: ignore[assignment]
    try:
        yield
    finally:
        write.draft_of = right


def main() -> None:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        world = worlds.a_world_of_its_own(Path(root))
        tallies = [
            kill_at_random(world, asked.kills, asked.seed),
            kill_at_random(world, max(asked.kills // 10, 2), asked.seed, signal.SIGTERM),
        ]
        with careless_writing():
            planted = kill_at_random(world, max(asked.kills // 10, 10), asked.seed)
    planted.name = "planted bug: in place"
    sys.stdout.write("\n".join(lines([*tallies, planted])) + "\n")
    sys.exit(0 if all(tally.holds for tally in tallies) and not planted.holds else 1)


if __name__ == "__main__":
    main()
