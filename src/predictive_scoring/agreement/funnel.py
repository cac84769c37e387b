"""From state to state: how many went on, how soon, and how many have not had the time yet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
BY_PRODUCT = (State.LEAD, State.PQL, State.SQL, State.OPPORTUNITY, State.CUSTOMER)  # who used it, asked for or not


@dataclass(frozen=True)
class Step:
    """Those who entered one state, and what became of them within so many days.

    ``n_entered == n_mature + n_immature``; only the mature can be counted as not having gone on. Everybody who entered
    the end came from the start or went around it: ``n_reached + n_around`` is the ``n_entered`` of a step from there.
    """

    start: State
    end: State
    n_entered: int
    n_mature: int  # had the whole time
    n_immature: int  # had not: they are neither successes nor losses yet
    n_went_on: int  # of the mature, within the time
    median_days: float | None  # of those who went on
    n_reached: int  # entered the end after the start, whenever, the young too
    n_around: int  # entered the end without having been in the start before: customers who were never an SQL

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


@dataclass(frozen=True)
class Walk:
    """Those who entered one state, person by person; arrays of shape (n,), in the order of lead_no."""

    start: State
    end: State
    lead_no: Micros
    since: Micros  # when they entered, in microseconds
    is_mature: NDArray[np.bool_]  # had the whole time
    went_on: NDArray[np.bool_]  # mature, and within the time
    took: Micros  # until they entered the next state; below 0 where they have not
    around: Micros  # lead_no of those who entered the end without having been in the start before

    def among(self, members: NDArray[np.bool_]) -> "Walk":
        """Return some of those who entered the start, and nobody who went around it."""
        return replace(
            self,
            lead_no=self.lead_no[members],
            since=self.since[members],
            is_mature=self.is_mature[members],
            went_on=self.went_on[members],
            took=self.took[members],
            around=self.around[:0],
        )

    def of(self, people: NDArray[np.int64]) -> "Walk":
        """Return those of some people, who went around too."""
        return replace(self.among(np.isin(self.lead_no, people)), around=self.around[np.isin(self.around, people)])

    def step(self) -> Step:
        """Return their counts."""
        return Step(
            start=self.start,
            end=self.end,
            n_entered=len(self.lead_no),
            n_mature=int(self.is_mature.sum()),
            n_immature=int((~self.is_mature).sum()),
            n_went_on=int(self.went_on.sum()),
            median_days=float(np.median(self.took[self.went_on]) / DAY_MICROS) if self.went_on.any() else None,
            n_reached=int((self.took >= 0).sum()),
            n_around=len(self.around),
        )


def steps(
    found: pa.Table, as_of: datetime, within: timedelta, members: NDArray[np.int64] | None = None
) -> Iterator[Step]:
    """Yield each step along the way from contact to customer, among the states that anybody ever entered.

    Where anybody is a PQL, the steps into that state and on from it follow: the product is a way beside marketing's.

    Parameters
    ----------
    found
        What `lives` returned.
    within
        How long a person has for each step.
    members
        lead_no of those to count; everybody if not given.
    """
    for walk in walks(found, as_of, within):
        yield (walk if members is None else walk.of(members)).step()


def walks(found: pa.Table, as_of: datetime, within: timedelta) -> Iterator[Walk]:
    """Yield the steps of `steps`, person by person."""
    until = int(as_of.timestamp() * 1_000_000)
    reached: dict[State, tuple[Micros, Micros]] = {}
    for state in State:
        people, since = entered(found, state)
        known = since < until
        if known.any():
            reached[state] = people[known], since[known]
    by_way, by_product = (list(pairwise(state for state in way if state in reached)) for way in (WAY, BY_PRODUCT))
    for start, end in [*by_way, *(step for step in by_product if State.PQL in step)]:
        yield _walk(start, end, reached, until, within)


def _walk(start: State, end: State, reached: dict[State, tuple[Micros, Micros]], until: int, within: timedelta) -> Walk:
    time = within.days * DAY_MICROS
    people, since = reached[start]
    took = _first_of(people, *reached[end]) - since
    mature = since + time <= until
    around = np.setdiff1d(reached[end][0], people[took >= 0])
    return Walk(start, end, people, since, mature, mature & (took >= 0) & (took < time), took, around)


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
            "median_days": step.median_days, "reached": step.n_reached, "around": step.n_around,
        }
        for step in found
    ]  # fmt: skip
