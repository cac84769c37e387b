"""Every kind of fault, at length, as a table: `python tests/faults/everything.py --kills 200 --flips 500`."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1])]

from faults import bundles, disks, io_points, kills, races, stores
from faults import world as worlds
from faults.table import Tally, lines


def tallies(root: Path, n_kills: int, n_flips: int, seed: int) -> list[Tally]:
    """Do every kind of harm and return what came of it."""
    world = worlds.a_world_of_its_own(root)
    return [
        kills.kill_at_random(world, n_kills, seed),
        kills.kill_at_random(world, n_kills // 10, seed, signal.SIGTERM),
        kills.kill_at_random(world, n_kills // 10, seed, signal.SIGINT),
        io_points.fail_every_call(world),
        bundles.damage_every_file(world.model, root, n_flips, seed),
        disks.fill(world, root),
        stores.cut_database(world, root, n_flips // 10, seed),
        races.same_folder(world, 6)[0],
        races.a_folder_each(world, root / "nights", 6),
    ]


def main() -> None:
    """Print the table; exit with 1 if anything was lost, torn or accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        found = tallies(Path(root), asked.kills, asked.flips, asked.seed)
    said = [*lines(found), f"{sum(tally.tried for tally in found)} faults in {time.monotonic() - start:.0f} seconds"]
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(0 if all(tally.holds for tally in found) else 1)


if __name__ == "__main__":
    main()
