"""A scoring job in a process of its own that may hold little more memory than its imports: `starved.py MODEL SOURCE …`.

A process that has run other things gives what it freed to the job, and how much that is nobody knows beforehand.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

from faults.world import World


def code_with(world: World, n_spare: int) -> int:
    """Return the exit code of the new job where it may hold `n_spare` bytes beside its imports."""
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    parts = [str(world.model), str(world.source), str(world.folder), str(n_spare)]
    done = subprocess.run(
        [sys.executable, __file__, *parts],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        check=False,
    )
    return done.returncode


def main() -> int:
    """Run the job under the limit."""
    model, source, folder, n_spare = (*map(Path, sys.argv[1:4]), int(sys.argv[4]))
    world = World(model, source, folder)
    job = world.job(new=True)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + n_spare,) * 2)
    return world.run(job)


if __name__ == "__main__":
    sys.exit(main())
