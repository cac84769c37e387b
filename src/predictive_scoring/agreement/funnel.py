"""From state to state: how many went on, how soon, and how many have not had the time yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.life import entered, states_at
from predictive_scoring.agreement.states import State

Micros = NDArray[np.int64]
DAY_MICROS = 86_400_000_000
WAY = (State.CONTACT, State.LEAD, State.MQL, State.SQL, State.OPPORTUNITY, State.CUSTOMER)


@dataclass(frozen=True)
class Step:
    """Those who entered one state, and what became of them within so many days.

    ``n_entered == n_mature + n_immature``; only the mature can be counted as not having gone on.
    """

    start: State
    end: State
    n_entered: int
    n_mature: int  # had the whole time
    n_immature: int  # had not: they are neither successes nor losses yet
    n_went_on: int  # of the mature, within the time
    median_days: float | None  # of those who went on

    @property
    def share(self) -> float | None:
        """Of the mature, the share that went on; None if nobody is."""
        return self.n_went_on / self.n_mature if self.n_mature else None


def counts(found: pa.Table, as_of: datetime) -> dict[State, int]:
    """Return how many people are in each state at an instant; every person created before it is in one.

    Parameters
    ----------
    found
        What `lives` returned.
    """
    now = np.bincount(states_at(found, as_of)["state"].to_numpy(), minlength=len(State))
    return {state: int(now[state]) for state in State}


def steps(
    found: pa.Table, as_of: datetime, within: timedelta, members: NDArray[np.int64] | None = None
) -> Iterator[Step]:
    """Yield each step along the way from contact to customer, among the states that anybody ever entered.

    Parameters
    ----------
    found
        What `lives` returned.
    within
        How long a person has for each step.
    members
        lead_no of those to count; everybody if not given.
    """
    until = int(as_of.timestamp() * 1_000_000)
    reached: dict[State, tuple[Micros, Micros]] = {}
    for state in WAY:
        people, since = entered(found, state)
        known = since < until
        if members is not None:
            known &= np.isin(people, members)
        if (since < until).any():
            reached[state] = people[known], since[known]
    way = list(reached)
    for start, end in pairwise(way):
        yield _step(start, end, reached, until, within)


def _step(start: State, end: State, reached: dict[State, tuple[Micros, Micros]], until: int, within: timedelta) -> Step:
    time = within.days * DAY_MICROS
    people, since = reached[start]
    later = _first_of(people, *reached[end])
    mature = since + time <= until
    took = later - since
    went_on = mature & (took >= 0) & (took < time)
    return Step(
        start=start,
        end=end,
        n_entered=len(people),
        n_mature=int(mature.sum()),
        n_immature=int((~mature).sum()),
        n_went_on=int(went_on.sum()),
        median_days=float(np.median(took[went_on]) / DAY_MICROS) if went_on.any() else None,
    )


def _first_of(people: Micros, others: Micros, since: Micros) -> Micros:
    """Return when each of some people is found among others, -1 microsecond before all time where not."""
    never = np.full(len(people), np.iinfo(np.int64).min // 2)
    if len(others) == 0:
        return never
    place = np.minimum(np.searchsorted(others, people), len(others) - 1)
    return np.where(others[place] == people, since[place], never)


def as_records(found: Iterator[Step]) -> list[dict[str, Any]]:
    """Return steps as JSON can hold them."""
    return [
        {
            "from": step.start.name.lower(), "to": step.end.name.lower(), "entered": step.n_entered,
            "mature": step.n_mature, "immature": step.n_immature, "went_on": step.n_went_on, "share": step.share,
            "median_days": step.median_days,
        }
        for step in found
    ]  # fmt: skip
