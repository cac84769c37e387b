"""The division of the snapshots into windows that follow each other in time, with no lead on two sides."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.errors import DataContractError
from predictive_scoring.snapshots.instants import DAY, NEVER, micros_of, to_datetime
from predictive_scoring.snapshots.windows import NAMES, Mode, Ordering, Window, Windows

__all__ = ["Windows", "split_windows"]

GAP: Final = -1
LARGEST_TEST_SHARE: Final = 0.4
HASH_RANGE: Final = 1 << 62


@dataclass(frozen=True)
class _Line:
    """The mature snapshots laid along one line: instants, row numbers or hashed ids, all integers."""

    position: NDArray[np.int64]
    lead_no: NDArray[np.int64]
    kept: NDArray[np.int64]  # what is never on two sides: the lead's number, or its account's
    converted: NDArray[np.bool_]
    start: int
    end: int  # exclusive
    gap: int


def split_windows(snapshots: pa.Table, target: Target, settings: Split, ordering: Ordering) -> tuple[pa.Table, Windows]:
    """Return the snapshots with a column `window`, and what each window holds.

    The mature time, less two gaps of one horizon, is shared out among train, calibrate and test in that order. With a
    gap of one horizon, every outcome of a window had occurred before the next window begins; one that the record came
    to know later than that is known here sooner than it would be.

    A lead belongs to the **earliest** window it appears in; its later snapshots are 'dropped'. Giving it to the
    latest would take out of training just those leads that were still open and unconverted later: what is left
    to learn from would be chosen by its outcome. Being seen earlier is known at the time and chooses nothing. The
    gap between training and calibration counts as calibration's: both are in the final fit. With `keep: accounts` all
    leads of an account belong together in the same way.

    Where a window of its own would hold fewer converting leads than `min_positives`, or the gaps would eat more
    than half of the time, or training would get less than half of what is left, there are two windows only, train
    and test ('short' mode), with one gap.

    A flat table in the order of its rows is cut into consecutive blocks, one without any order by a hash of the
    lead's id, both without gaps.

    Parameters
    ----------
    snapshots
        From `training_snapshots`.
    ordering
        What orders the snapshots: time, the rows of a flat table, or nothing.

    Returns
    -------
    table
        The snapshots, same order, with `window`: train, calibrate, test, gap, dropped, immature, decided, unjudged.
    windows
        Bounds, counts and base rates.

    Raises
    ------
    DataContractError
        If no snapshot is mature, or training or test would hold none or none that converts.
    """
    mature = pc.equal(snapshots["state"], "mature").to_numpy()
    if not mature.any():
        raise DataContractError(
            f"split: 0 mature snapshots of {len(snapshots):,}",
            found=f"states: {_counts(snapshots['state'])}",
            expected="leads looked at one horizon before the end of the history or earlier",
            fix="give a longer history or a shorter horizon_days",
        )
    line = _line(snapshots.filter(pa.array(mature)), ordering, target, settings)
    mode, why = _mode(line, settings)
    bounds = _bounds(line, mode, settings)
    window = _assign(line, bounds)
    names = np.array([*NAMES[mode], "dropped", "gap"])  # GAP counts from the end
    column = snapshots["state"].to_numpy().astype(object)
    column[mature] = names[window]
    table = snapshots.append_column("window", pa.array(column, pa.string()))
    windows = Windows(
        mode=mode,
        ordering=ordering,
        horizon_days=target.horizon_days,
        windows={
            name: _window(line, window == place, bounds[place], ordering) for place, name in enumerate(NAMES[mode])
        },
        outside={name: n for name, n in _counts(table["window"]).items() if name not in NAMES[mode]},
        why_short=why,
    )
    _refuse_empty(windows)
    return table, windows


def _line(mature: pa.Table, ordering: Ordering, target: Target, settings: Split) -> _Line:
    kept = "account_no" if settings.keep == "accounts" else "lead_no"
    gap = (target.horizon_days or 0) * DAY if ordering == "time" else 0
    if ordering == "time":
        position = micros_of(mature["as_of"])
    elif ordering == "rows":
        position = mature["row_number"].to_numpy()
    else:
        position = hashed_place(mature["lead_id"] if kept == "lead_no" else mature[kept].cast(pa.string()))
    start, end = (0, HASH_RANGE) if ordering == "none" else (int(position.min()), int(position.max()) + 1)
    if end > NEVER and ordering == "time":
        raise DataContractError("a history in the order of time has snapshots without an instant")
    kept_no = mature[kept].to_numpy()
    return _Line(position, mature["lead_no"].to_numpy(), kept_no, mature["converted"].to_numpy(), start, end, gap)


def hashed_place(lead_id: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a place in [0, 2**62) for each id: even, fixed for the id, the same on every machine and run."""
    text = lead_id.to_numpy().astype(object)
    return (pd.util.hash_array(text, categorize=False) >> np.uint64(2)).astype(np.int64)


def _mode(line: _Line, settings: Split) -> tuple[Mode, str | None]:
    span = line.end - line.start
    left = span - 2 * line.gap
    if 2 * left < span:
        return "short", "two gaps of one horizon would take more than half of the mature time"
    if settings.calibrate_share + settings.test_share > 0.5:
        return "short", "training would get less than half of the time"
    window = _assign(line, _bounds(line, "full", settings))
    for place, name in enumerate(NAMES["full"][1:], start=1):
        n_converting = len(np.unique(line.lead_no[(window == place) & line.converted]))
        if n_converting < settings.min_positives:
            return "short", f"{name} would hold {n_converting} converting leads, fewer than {settings.min_positives}"
    return "full", None


def _bounds(line: _Line, mode: Mode, settings: Split) -> list[tuple[int, int]]:
    """Return start and exclusive end of each window along the line."""
    held_out = [settings.calibrate_share, settings.test_share]
    if mode == "short":
        held_out = [min(2 * settings.test_share, LARGEST_TEST_SHARE)]
    left = max(line.end - line.start - len(held_out) * line.gap, 0)
    bounds: list[tuple[int, int]] = []
    start = line.start
    for share in [1 - sum(held_out), *held_out]:
        end = start + round(left * share)
        bounds.append((start, end))
        start = end + line.gap
    bounds[-1] = (bounds[-1][0], max(line.end, bounds[-1][0]))  # rounding leaves no snapshot behind
    return bounds


def _assign(line: _Line, bounds: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Return for each snapshot the number of its window, `len(bounds)` if it is dropped, `GAP` between windows."""
    dropped = len(bounds)
    window = np.full(len(line.position), GAP, np.int64)
    for place, (start, end) in enumerate(bounds):
        window[(start <= line.position) & (line.position < end)] = place
    inside = window != GAP
    used = window.copy()  # the gap before calibration is in the final fit with it, so its leads are calibration's
    if len(bounds) == len(NAMES["full"]):
        used[(bounds[0][1] <= line.position) & (line.position < bounds[1][0])] = 1
    seen = used != GAP
    earliest = np.full(int(line.kept.max(initial=0)) + 1, dropped, np.int64)
    np.minimum.at(earliest, line.kept[seen], used[seen])
    window[inside & (window != earliest[line.kept])] = dropped
    return window


def _window(line: _Line, chosen: NDArray[np.bool_], bounds: tuple[int, int], ordering: Ordering) -> Window:
    converted = line.converted[chosen]
    start, end = bounds
    return Window(
        start=to_datetime(start) if ordering == "time" else None,
        end=to_datetime(end) if ordering == "time" else None,
        first_row=start if ordering == "rows" else None,
        last_row=end - 1 if ordering == "rows" else None,
        snapshots=int(chosen.sum()),
        leads=len(np.unique(line.lead_no[chosen])),
        converting_leads=len(np.unique(line.lead_no[chosen][converted])),
        base_rate=float(converted.mean()) if chosen.any() else None,
    )


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counted = sorted((row["values"], row["counts"]) for row in column.value_counts().to_pylist())
    return dict(counted)


def _refuse_empty(windows: Windows) -> None:
    empty = [name for name, window in windows.windows.items() if window.converting_leads == 0]
    if not empty:
        return
    held = [
        f"{name}: {window.snapshots:,} snapshots, {window.converting_leads} converting leads"
        + (f", {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}" if window.start and window.end else "")
        for name, window in windows.windows.items()
    ]
    raise DataContractError(
        f"split: no lead converts in the window {' or '.join(empty)}",
        found="; ".join(held),
        expected="conversions in every window",
        fix="give a longer history or a shorter horizon_days, or check the stage of the target in params.yaml",
    )
