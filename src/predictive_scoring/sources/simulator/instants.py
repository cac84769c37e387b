"""Where inside its day an event lies; no chance depends on it."""

import numpy as np
import numpy.typing as npt

from predictive_scoring.config.simulate import FIRST_INSTANT
from predictive_scoring.sources.simulator import codes

Microseconds = npt.NDArray[np.int64]
DAY = 86_400_000_000
HOUR = 3_600_000_000
EPOCH = int(FIRST_INSTANT.timestamp()) * 1_000_000
LATE_SHARE = {codes.CALL: 0.2, codes.MQL: 0.3, codes.SQL: 0.3, codes.WON: 0.2, codes.LOST: 0.3}


def midnights(days: npt.NDArray[np.int64]) -> Microseconds:
    """Return the 00:00 UTC at which each day begins, in microseconds since 1970.

    Examples
    --------
    >>> int(midnights(np.array([1]))[0] - midnights(np.array([0]))[0]) == DAY
    True
    """
    return EPOCH + days * DAY


def times_of_day(kinds: npt.NDArray[np.int64], rng: np.random.Generator) -> Microseconds:
    """Return an instant inside the day for each event: most in working hours, webinars at 15:00, none at 00:00."""
    n = len(kinds)
    working = 7 * HOUR + (rng.random(n) + rng.random(n)) * 6 * HOUR
    anytime = 1 + rng.random(n) * (DAY - 2 * HOUR)
    at = np.where(rng.random(n) < 0.12, anytime, working)
    return np.where(kinds == codes.WEBINAR, 15 * HOUR + rng.random(n) * HOUR / 4, at).astype(np.int64)


def occurrences(events: npt.NDArray[np.int64], rng: np.random.Generator) -> Microseconds:
    """Return when each event of the kernel occurs; a lead's first form follows its creation within two minutes."""
    kinds, days = events[:, 3], events[:, 2]
    at = times_of_day(kinds, rng)
    created = np.flatnonzero(kinds == codes.CREATED)
    at[created + 1] = at[created] + 1_000_000 + (rng.random(len(created)) * 119_000_000).astype(np.int64)
    return midnights(days) + at


def recordings(events: npt.NDArray[np.int64], occurred: Microseconds, rng: np.random.Generator) -> Microseconds:
    """Return when each event was recorded: mostly at once, some later the same day, webinars a day or two later."""
    kinds, last = events[:, 3], midnights(events[:, 2] + 1) - 1
    late = np.zeros(len(kinds))
    for kind, share in LATE_SHARE.items():
        late[kinds == kind] = share
    later = np.minimum(occurred + (rng.exponential(2.0, len(kinds)) * HOUR).astype(np.int64), last)
    recorded = np.where(rng.random(len(kinds)) < late, later, occurred)
    imported = midnights(events[:, 2] + events[:, 4]) + 6 * HOUR + (rng.random(len(kinds)) * HOUR).astype(np.int64)
    return np.where(events[:, 4] > 0, imported, recorded)
