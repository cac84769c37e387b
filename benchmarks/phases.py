"""Where the CPU seconds of a run go: functions are wrapped from outside, the package knows nothing of it.

Work in one thread is counted by that thread's clock and taken off whatever called it; what an engine does with threads
of its own is counted by the clock of the process, less what was counted within.
"""

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any


class Phases:
    """CPU seconds by phase; `total` holds a phase's own, without those of phases inside it."""

    def __init__(self) -> None:
        self.total: defaultdict[str, float] = defaultdict(float)
        self._within = threading.local()
        self._lock = threading.Lock()

    def of_thread(self, owner: Any, name: str, phase: str) -> None:
        """Count what a function does in its own thread."""
        self._wrap(owner, name, phase, time.thread_time)

    def of_process(self, owner: Any, name: str, phase: str) -> None:
        """Count what the whole process does while a function runs, less what other phases count meanwhile."""
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def counted(*given: Any, **more: Any) -> Any:
            before, others = time.process_time(), sum(self.total.values())
            try:
                return plain(*given, **more)
            finally:
                self._add(phase, time.process_time() - before - (sum(self.total.values()) - others))

        setattr(owner, name, counted)

    def of_each(self, owner: Any, name: str, phase: str) -> None:
        """Count what a generator does in its own thread until each of its values."""
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def counted(*given: Any, **more: Any) -> Iterator[Any]:
            values = iter(plain(*given, **more))
            step = self._timed(lambda: next(values, StopIteration), phase, time.thread_time)
            while (value := step()) is not StopIteration:
                yield value

        setattr(owner, name, counted)

    def _wrap(self, owner: Any, name: str, phase: str, clock: Callable[[], float]) -> None:
        setattr(owner, name, self._timed(getattr(owner, name), phase, clock))

    def _timed(self, plain: Callable[..., Any], phase: str, clock: Callable[[], float]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def counted(*given: Any, **more: Any) -> Any:
            outer = getattr(self._within, "seconds", 0.0)
            self._within.seconds = 0.0
            before = clock()
            try:
                return plain(*given, **more)
            finally:
                took = clock() - before
                self._add(phase, took - self._within.seconds)
                self._within.seconds = outer + took

        return counted

    def _add(self, phase: str, seconds: float) -> None:
        with self._lock:
            self.total[phase] += seconds
