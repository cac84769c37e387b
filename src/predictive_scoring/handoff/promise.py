"""The promise of a first contact within so many hours, read in one way by everything that counts it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.snapshots.instants import Micros

HOUR: Final = 3_600_000_000  # microseconds


def is_kept(since: Micros, contacted: Micros, hours: "int | NDArray[Any]") -> NDArray[np.bool_]:
    """Return who was contacted within so many hours; the very last instant counts: 24 hours later is within 24 hours.

    Windows of features and labels are half-open; a promise is given to people, who count a call at nine within a day of
    yesterday's nine o'clock.

    Parameters
    ----------
    since, contacted : (n,) arrays
        Microseconds; `NEVER` where nobody was contacted.

    Examples
    --------
    >>> day = 24 * HOUR
    >>> is_kept(np.zeros(3, int), np.array([0, day, day + 1]), 24).tolist()
    [True, True, False]
    """
    return np.asarray((contacted >= since) & (contacted - since <= hours * HOUR))


def is_over(since: Micros, hours: "int | NDArray[Any]", until: int) -> NDArray[np.bool_]:
    """Return whose time is over for one who knows what happened before `until`: only then can it have been broken.

    Examples
    --------
    >>> is_over(np.zeros(1, int), 24, 24 * HOUR).tolist()  # a contact at this very instant would keep it
    [False]
    """
    return np.asarray(since + hours * HOUR < until)
