"""What is still to be undone when a process must end at once: drafts to remove, runs to close.

A signal unwinds Python code, and `finally` blocks clean up. Code that computes for minutes outside Python does not
unwind; whoever then ends the process calls `undo_all` first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
