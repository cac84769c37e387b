"""When a time zone's clocks go back: the local hours that happen twice."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from predictive_scoring.contract.rules import EARLIEST_INSTANT, LATEST_INSTANT

HALF_HOUR = timedelta(minutes=30)


@cache
def repeated_hours(timezone: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the months and the hours of the day in which local times of a zone ever happen twice.

    A cheap test that leaves few rows for the exact one; empty where clocks never go back.

    Examples
    --------
    >>> repeated_hours("Asia/Tokyo")
    ((), ())
    >>> 2 in repeated_hours("Europe/Madrid")[1], 10 in repeated_hours("Europe/Madrid")[0]
    (True, True)
    """
    zone = ZoneInfo(timezone)
    months: set[int] = set()
    hours: set[int] = set()
    day, offset = EARLIEST_INSTANT, EARLIEST_INSTANT.astimezone(zone).utcoffset()
    while day < LATEST_INSTANT:
        after = day + timedelta(days=1)
        next_offset = after.astimezone(zone).utcoffset()
        if next_offset != offset:
            for local in _repeated(day, zone):
                months.add(local.month)
                hours.add(local.hour)
        day, offset = after, next_offset
    return tuple(sorted(months)), tuple(sorted(hours))


def _repeated(day: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the local times about a day that happen twice, by the half hour: every change is on one."""
    instants = [day.astimezone(UTC) + step * HALF_HOUR for step in range(-1, 50)]
    local_times = [instant.astimezone(zone) for instant in instants]
    return [local for local in local_times if _offset(local, 0) > _offset(local, 1)]


def _offset(local: datetime, fold: int) -> timedelta:
    return local.replace(fold=fold).utcoffset() or timedelta()
