"""What is still to be undone when a process must end at once: drafts to remove, runs to close.

A signal unwinds Python code, and `finally` blocks clean up. Code that computes for minutes outside Python does not
unwind; whoever then ends the process calls `undo_all` first.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SCRATCH = "predictive-scoring-"
LEFT_AFTER_SECONDS = 2 * 86_400  # no command takes two days

_pending: dict[object, Callable[[], object]] = {}


@contextmanager
def undone_if_stopped(act: Callable[[], object]) -> Iterator[None]:
    """Have `act` called if the process is ended while the block runs and cannot unwind."""
    key = object()
    _pending[key] = act
    try:
        yield
    finally:
        _pending.pop(key, None)


def undo_all() -> None:
    """Call what is pending, the latest first; one that fails does not keep the others from their turn."""
    for key in reversed([*_pending]):
        act = _pending.pop(key, None)
        try:
            if act is not None:
                act()
        except Exception:  # noqa: S112  (the process ends now; there is nobody left to tell)
            continue


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder of this user's own, removed at the end however that comes.

    Only a kill that no program can hear leaves one behind, and it may hold rows of leads: the next one removes it.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        if _is_old(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH))

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    with undone_if_stopped(remove):
        try:
            yield folder
        finally:
            remove()


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > LEFT_AFTER_SECONDS
    except OSError:
        return False
