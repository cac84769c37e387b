"""What a clock on the wall of a time zone shows: working hours and weekends, across changes to summer time."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.features.sweep_state import Codes, Ints
from predictive_scoring.snapshots.instants import DAY, to_micros

WORKING, WEEKEND = 1, 2
BEGINS, ENDS = 9, 18  # o'clock
SATURDAY = 5
HOUR: Final = DAY // 24
MINUTE: Final = HOUR // 60
THURSDAY = 3  # the weekday of 1 January 1970, Monday 0
_A_DAY: Final = [WORKING if BEGINS <= hour < ENDS else 0 for hour in range(24)]
_OF_THE_WEEK: Final = np.array(SATURDAY * _A_DAY + (7 - SATURDAY) * 24 * [WEEKEND], np.int32)  # by hour from Monday on


def clock_codes(occurred: Ints, zone: str) -> Codes:
    """Return for each instant 1 within working hours (Monday to Friday, 9 to 18 o'clock), 2 on a weekend, else 0.

    Examples
    --------
    >>> from datetime import datetime
    >>> friday = [to_micros(datetime(2024, 7, 5, hour, tzinfo=UTC)) for hour in (7, 15, 16, 23)]
    >>> clock_codes(np.array(friday), "Europe/Madrid").tolist()  # 9, 17, 18 and 1 o'clock there
    [1, 1, 0, 2]
    """
    if len(occurred) == 0:
        return np.zeros(0, np.int32)
    hours = ((occurred + offsets(occurred, zone)) // HOUR).astype(np.int32)  # since 1970, enough until the year 246,000
    codes: Codes = _OF_THE_WEEK[(hours + 24 * THURSDAY) % len(_OF_THE_WEEK)]
    return codes


def offsets(occurred: Ints, zone: str) -> Ints:
    """Return by how many microseconds the zone's clock is ahead of UTC at each instant."""
    if zone == "UTC":
        return np.zeros(len(occurred), np.int64)
    first, last = int(occurred.min()) // DAY // 366, int(occurred.max()) // DAY // 365
    since, ahead = _changes(zone, first + 1970, last + 1971)
    return ahead[np.searchsorted(since, occurred, side="right") - 1]


@lru_cache(maxsize=64)
def _changes(zone: str, first_year: int, last_year: int) -> tuple[Ints, Ints]:
    """Return the instants from which each offset holds, and the offsets, both in microseconds; the first is open."""
    there, origin = ZoneInfo(zone), datetime(max(first_year - 1, 1), 1, 2, tzinfo=UTC)
    days = int((min(last_year + 1, 9999) - origin.year) * 366)

    def ahead(minutes: int) -> int:
        offset = (origin + timedelta(minutes=minutes)).astimezone(there).utcoffset()
        return (offset or timedelta()) // timedelta(microseconds=1)

    daily = [ahead(day * 24 * 60) for day in range(days)]
    since, offset = [np.iinfo(np.int64).min], [daily[0]]
    for day in np.flatnonzero(np.diff(daily)).tolist():
        low, high = day * 24 * 60, (day + 1) * 24 * 60
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if ahead(middle) == daily[day] else (low, middle)
        since.append(to_micros(origin) + high * MINUTE)
        offset.append(daily[day + 1])
    changes: NDArray[np.int64] = np.array(since, np.int64)
    return changes, np.array(offset, np.int64)
