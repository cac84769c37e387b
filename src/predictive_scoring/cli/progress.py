"""How far a run is, part by part: a bar on a terminal, lines of JSON where asked, silence otherwise."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from predictive_scoring.scoring.measures import OnRows, Part

LogFormat = Literal["auto", "json", "quiet"]
EVERY_SECONDS = 1.0


@contextmanager
def progress(log_format: LogFormat) -> Iterator[OnRows]:
    """Yield what a run tells its rows to: how many are done, of how many; all of it goes to standard error."""
    if log_format == "json":
        yield json_lines()
    elif log_format == "auto" and sys.stderr.isatty():
        with _bar() as on_rows:
            yield on_rows
    else:
        yield lambda _part, _n_done, _n_rows: None


def json_lines() -> OnRows:
    """Return what writes a line of JSON about once a second, and at the end of a part.

    A part's clock runs from its row 0 on or, where that is not told, from the last that was heard of the part before.
    """
    start = heard = said = time.monotonic()
    current: Part | None = None

    def on_rows(part: Part, n_done: int, n_rows: int) -> None:
        nonlocal start, heard, said, current
        now = time.monotonic()
        if part != current:
            current, start = part, heard
        if n_done == 0:
            start = now
        heard = now
        if now - said < EVERY_SECONDS and n_done < n_rows:
            return
        said = now
        say("progress", part=part, rows=n_done, of=n_rows, **pace(n_done, n_rows, now - start))

    return on_rows


def say(event: str, **facts: object) -> None:
    """Write one line of JSON to standard error."""
    print(json.dumps({"event": event, **facts}), file=sys.stderr, flush=True)  # noqa: T201


def pace(n_done: int, n_rows: int, seconds: float) -> dict[str, float | None]:
    """Return rows per second and the seconds left at that pace; None while nothing can be said.

    Examples
    --------
    >>> pace(100, 300, 2.0)
    {'rows_per_second': 50.0, 'seconds_left': 4.0}
    """
    rate = n_done / seconds if seconds > 0 else 0.0
    return {
        "rows_per_second": round(rate, 1) if rate else None,
        "seconds_left": round((n_rows - n_done) / rate, 1) if rate else None,
    }


@contextmanager
def _bar() -> Iterator[OnRows]:
    from rich.console import Console  # noqa: PLC0415  (only a person at a terminal needs it)
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, pace="")

        def on_rows(part: Part, n_done: int, n_rows: int) -> None:
            if bar.tasks[task].description != part:
                bar.reset(task, description=part)
            speed = bar.tasks[task].speed
            bar.update(task, completed=n_done, total=n_rows, pace=f"{speed:,.0f} rows/s" if speed else "")

        yield on_rows
