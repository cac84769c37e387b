"""How long people stay in each state, those counted who are still in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.states import State
from predictive_scoring.snapshots.instants import DAY, micros_of, to_micros


@dataclass(frozen=True)
class Stay:
    """Time in one state. `n_entered == n_left + n_still_in`."""

    state: State
    n_entered: int
    n_left: int
    n_still_in: int
    median_days: float | None  # None: fewer than half have left


def stays(lives: pa.Table, as_of: datetime) -> Iterator[Stay]:
    """Yield how long people stayed in each state that anybody entered before an instant.

    The median counts those who are still in the state for as long as they have been there (Kaplan and Meier 1958,
    doi:10.1080/01621459.1958.10501452): a median of those who left alone would be too short.
    """
    before = lives.filter(pc.less(lives["since"], pa.scalar(as_of)))
    people, state = before["lead_no"].to_numpy(), before["state"].to_numpy()
    since = micros_of(before["since"])
    has_left = np.append(people[1:] == people[:-1], False) if len(people) else np.zeros(0, bool)
    until = np.where(has_left, np.append(since[1:], 0)[: len(since)], to_micros(as_of))
    for each in State:
        inside = state == each
        if inside.any():
            days = (until[inside] - since[inside]) / DAY
            left = has_left[inside]
            yield Stay(each, len(left), int(left.sum()), int((~left).sum()), median_time(days, left))


def median_time(days: NDArray[np.float64], has_left: NDArray[np.bool_]) -> float | None:
    """Return when half have left, by Kaplan and Meier's estimate; None if it stays above half.

    Examples
    --------
    >>> median_time(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, True]))
    2.0
    >>> median_time(np.array([1.0, 2.0, 9.0, 9.0]), np.array([True, False, False, False])) is None
    True
    """
    order = np.lexsort((~has_left, days))  # who leaves at the same time as another is seen last, leaves before
    at_risk = np.arange(len(days), 0, -1)
    staying = np.cumprod(np.where(has_left[order], 1 - 1 / at_risk, 1.0))
    half = np.flatnonzero(staying <= 0.5 + 1e-12)
    return float(days[order][half[0]]) if len(half) else None
