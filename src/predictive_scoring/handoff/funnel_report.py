"""The funnel as a whole: steps with intervals, by group and month, time in each state, promises kept, costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.funnel import Step, Walk, counts, walks
from predictive_scoring.agreement.held import as_told
from predictive_scoring.agreement.origin import Origins
from predictive_scoring.agreement.states import State
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff.acceptance import LEVEL, Rate
from predictive_scoring.handoff.contacts import Clock, HandOffs, hand_offs, last_words, work_done
from predictive_scoring.handoff.segments import in_order, segment_of
from predictive_scoring.handoff.spend import Cost
from predictive_scoring.handoff.stays import Stay, stays
from predictive_scoring.snapshots.instants import DAY, NEVER, to_micros
from predictive_scoring.storage import read_parquet

N_MONTHS = 12
ANSWER_DAYS = 14


@dataclass(frozen=True)
class Share:
    """One step's counts, and the interval of its share; `low` and `high` are None where nobody had the time yet."""

    step: Step
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Cohort:
    """Those who entered the first state of a step in one month."""

    month: date  # its first day
    share: Share


@dataclass(frozen=True)
class FunnelReport:
    """Everything the page shows; counts of people, shares with 95% intervals that draw accounts."""

    as_of: datetime
    within_days: int
    states: dict[State, int]  # everybody created before as_of, in exactly one
    steps: tuple[Share, ...]
    groups: dict[str, dict[str, tuple[Share, ...]]]  # by attribute, by value
    cohorts: dict[str, tuple[Cohort, ...]]  # by step, "lead>mql", oldest first
    stays: tuple[Stay, ...]
    win: Rate  # customers among those decided
    clock: Clock  # from when on the promised time counts
    contacted_in_time: Rate  # among the hand-offs whose promised time is over
    n_not_due: int
    answered: Rate  # within ANSWER_DAYS, among those contacted so long ago
    work: dict[str, int]  # hand-offs by what has become of them
    costs: tuple[Cost, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What the report is about."""

    as_of: datetime
    within_days: int = 90
    by: tuple[str, ...] = ()  # categories of leads or of their accounts, or `origin`
    given: pa.Table | None = None  # the record of hand-offs; None: whoever was qualified counts as handed over
    said: pa.Table | None = None  # what sales said of leads


def funnel_report(
    history: History, agreement: Agreement, lives: pa.Table, asked: Asked, costs: tuple[Cost, ...] = ()
) -> FunnelReport:
    """Return the report as of an instant, by what was known before it.

    Raises
    ------
    ConfigurationError
        If an attribute is no category of leads or accounts that is known at creation.
    """
    lives, origins = as_told(lives, asked.as_of), Origins(agreement, asked.as_of)
    leads = read_parquet(history.path("leads"))
    account_no = leads.sort_by("lead_no")["account_no"].to_numpy()
    walked = list(walks(lives, asked.as_of, timedelta(days=asked.within_days)))
    given = hand_offs(history, lives, agreement, asked.as_of, asked.given)
    words = None if asked.said is None else last_words(asked.said, leads, asked.as_of)
    done = work_done(given, lives, asked.as_of, words)
    in_time, n_not_due = _kept(given, account_no, asked.as_of)
    return FunnelReport(
        as_of=asked.as_of,
        within_days=asked.within_days,
        states=counts(lives, asked.as_of),
        steps=tuple(_share(walk, account_no) for walk in walked),
        groups={name: _groups(segment_of(history, name, origins), walked, account_no) for name in asked.by},
        cohorts={f"{walk.start.name}>{walk.end.name}".lower(): tuple(_cohorts(walk, account_no)) for walk in walked},
        stays=tuple(stays(lives, asked.as_of)),
        win=_win(lives, account_no, asked.as_of),
        clock=given.clock,
        contacted_in_time=in_time,
        n_not_due=n_not_due,
        answered=_answered(given, account_no, asked.as_of),
        work={str(name): int(n) for name, n in zip(*np.unique(done, return_counts=True), strict=True)},
        costs=costs,
    )


def _share(walk: Walk, account_no: NDArray[np.int64]) -> Share:
    step = walk.step()
    if not step.n_mature:
        return Share(step, None, None)
    rate = _rate("", walk.went_on[walk.is_mature], walk.lead_no[walk.is_mature], account_no)
    return Share(step, rate.low, rate.high)


def _rate(value: str, hits: NDArray[np.bool_], lead_no: NDArray[np.int64], account_no: NDArray[np.int64]) -> Rate:
    found = rate_of_leads(hits.astype(np.float64), Whose(lead_no, account_no[lead_no]), LEVEL)
    return Rate(value, len(hits), int(hits.sum()), float(found["rate"]), float(found["low"]), float(found["high"]))


def _groups(
    values: NDArray[np.object_], walked: list[Walk], account_no: NDArray[np.int64]
) -> dict[str, tuple[Share, ...]]:
    people = {value: np.flatnonzero(values == value) for value in in_order(values)}
    return {value: tuple(_share(walk.of(members), account_no) for walk in walked) for value, members in people.items()}


def _cohorts(walk: Walk, account_no: NDArray[np.int64]) -> Iterator[Cohort]:
    """Yield the last months in which anybody entered."""
    months = walk.since.astype("datetime64[us]").astype("datetime64[M]")
    for month in np.unique(months)[-N_MONTHS:]:
        yield Cohort(month.astype(object), _share(walk.among(months == month), account_no))


def _win(lives: pa.Table, account_no: NDArray[np.int64], as_of: datetime) -> Rate:
    """Return customers among those of whom sales' last word is customer or lost."""
    before = lives.filter(pc.less(lives["since"], pa.scalar(as_of)))
    final = np.isin(before["state"].to_numpy(), (State.CUSTOMER, State.LOST))
    people, state = before["lead_no"].to_numpy()[final], before["state"].to_numpy()[final]
    last = np.append(people[1:] != people[:-1], True) if len(people) else np.zeros(0, bool)
    return _rate("win", state[last] == State.CUSTOMER, people[last], account_no)


def _kept(given: HandOffs, account_no: NDArray[np.int64], as_of: datetime) -> tuple[Rate, int]:
    due = given.is_due(as_of)
    return _rate("in_time", given.in_time()[due], given.lead_no[due], account_no), int((~due).sum())


def _answered(given: HandOffs, account_no: NDArray[np.int64], as_of: datetime) -> Rate:
    mature = (given.contacted < NEVER) & (given.contacted + ANSWER_DAYS * DAY <= to_micros(as_of))
    hits = given.answered - given.contacted <= ANSWER_DAYS * DAY
    return _rate("answered", hits[mature], given.lead_no[mature], account_no)
