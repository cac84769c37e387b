"""How a run spent its time and memory, and with which versions."""

import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Literal, TypeVar

LIBRARIES = ("lightgbm", "numpy", "pandas", "pyarrow", "duckdb", "numba")
T = TypeVar("T")
Part = Literal["explained", "written"]  # every lead is explained before the first is written: ranks need all
OnRows = Callable[[Part, int, int], None]  # rows done, rows in all


class Stopwatch:
    """Seconds by part of a run.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> with watch.part("read"):
    ...     pass
    >>> list(watch.seconds)
    ['read']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to a part."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def timed(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """Yield items, and add the time of making each to a part."""
        while True:
            with self.part(name):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    def rounded(self) -> dict[str, float]:
        """Return the seconds, to the millisecond."""
        return {name: round(seconds, 3) for name, seconds in self.seconds.items()}


def peak_memory_mb() -> int:
    """Return the most memory that this process has held, in millions of bytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_000_000


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that computed the scores."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
