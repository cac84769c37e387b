"""SIGTERM and Ctrl-C end the process within seconds, wherever it computes, and nothing half-made is left.

Python runs a signal's handler between two of its own steps: while compiled code computes, that may be minutes later. So
a second thread listens too. It gives the first a few seconds to unwind, then undoes what is pending and ends the
process. For that the compiled code must not hold Python's lock: LightGBM, DuckDB and Arrow let go of it, and so do the
kernels here (`nogil`).
"""

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from predictive_scoring.stopping import undo_all

STOPPED = 128  # what a shell adds to a signal's number
SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS, UNDOING_SECONDS = 3.0, 1.5


@dataclass
class Listener:
    """Which signal came, if any."""

    number: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Let the first signal unwind the program like Ctrl-C; later ones would only disturb the cleaning up."""
        if self.number is None:
            self.number = number
            raise KeyboardInterrupt(number)

    def watch(self, pipe: int) -> None:
        """Wait for a signal, then for the end of the program, and end it if it does not come."""
        while (came := os.read(pipe, 1)) and came[0] not in SIGNALS:
            pass
        if not came or self.ended.wait(GRACE_SECONDS):
            return
        undoing = threading.Thread(target=undo_all, daemon=True)
        undoing.start()
        undoing.join(UNDOING_SECONDS)
        os._exit(STOPPED + came[0])


@contextmanager
def listening() -> Iterator[Listener]:
    """Yield a listener that hears SIGTERM and SIGINT while the block runs; only the main thread may call this."""
    listener = Listener()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    _let_children_be()
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {
        number: signal.signal(number, listener.handle) for number in SIGNALS
    }
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=listener.watch, args=(reading,), name="signals", daemon=True)
    watcher.start()
    try:
        yield listener
    finally:
        listener.ended.set()
        signal.set_wakeup_fd(previous)
        os.close(writing)  # the watcher reads the end of the pipe
        watcher.join()
        os.close(reading)
        for number, handler in before.items():
            signal.signal(number, handler)


@functools.cache
def _let_children_be() -> None:
    """Keep a signal to a forked child from its parent, though they share the pipe."""

    def forget() -> None:
        with suppress(ValueError):  # forked from another thread: then it has no handler either
            signal.set_wakeup_fd(-1)

    os.register_at_fork(after_in_child=forget)


def say_stopped() -> None:
    """Say on standard error that the run was stopped."""
    print("stopped; nothing half-written was left", file=sys.stderr)  # noqa: T201
