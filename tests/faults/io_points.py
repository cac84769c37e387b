"""Let the n-th call that touches the disk fail, for every n that a job reaches."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from typing import Any
from unittest import mock

import pyarrow.parquet as pq

from faults.table import Tally
from faults.world import World
from predictive_scoring import exchange

CODES = (errno.ENOSPC, errno.EIO)
WRITING = ("x", "w", "a", "+")


class Counter:
    """Counts calls, and lets one of them fail."""

    def __init__(self, failing: int, code: int) -> None:
        self.n, self.failing, self.code = 0, failing, code

    def around(self, call: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        """Return a call that is counted where `counts` says so of its arguments."""

        def counted(*given: Any, **named: Any) -> Any:
            if counts(*given, **named):
                self.n += 1
                if self.n == self.failing:
                    raise OSError(self.code, os.strerror(self.code))
            return call(*given, **named)

        return counted


@contextmanager
def failing(n: int, code: int) -> Iterator[Counter]:
    """Let the n-th writing call of this process fail: opening, writing, flushing, renaming, changing rights."""
    counter = Counter(n, code)

    def always(*_: Any, **__: Any) -> bool:
        return True

    def writes(_path: Any, mode: str = "r", *_: Any, **__: Any) -> bool:
        return any(letter in mode for letter in WRITING)

    def creates(_path: Any, flags: int = 0, *_: Any, **__: Any) -> bool:
        return bool(flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))

    calls: list[tuple[Any, str, Callable[..., bool]]] = [
        (os, "open", creates),
        (io, "open", writes),
        *((os, name, always) for name in ("fsync", "rename", "replace", "mkdir", "chmod", "write", "ftruncate")),
        *((pq.ParquetWriter, name, always) for name in ("write_batch", "write_table", "close")),
        (exchange, "_exchanged", always),
    ]
    with ExitStack() as patches:
        for place, name, counts in calls:
            patches.enter_context(mock.patch.object(place, name, counter.around(getattr(place, name), counts)))
        yield counter


def fail_every_call(world: World, *, step: int = 1, until_found: bool = False) -> Tally:
    """Fail call after call while new scores replace old ones, until a job meets no fault any more.

    `until_found`: for planted bugs, that need no further harm once one is found out.
    """
    tally = Tally("n-th call fails")
    n = 1
    while True:
        code = CODES[n % len(CODES)]
        with failing(n, code) as counter, redirect_stderr(io.StringIO()):
            ended_with = world.run(world.job(new=True))
        if counter.n < n:
            return tally
        tally.tried += 1
        found = world.found()
        tally.found[found] += 1
        tally.found["accepted"] += ended_with == 0 and found != "new"
        tally.while_writing += bool(world.left_behind())
        if found != "old" and (world.run(world.job(new=False)) != 0 or world.found() != "old"):
            tally.not_mended += 1
        if until_found and not tally.holds:
            return tally
        n += step
