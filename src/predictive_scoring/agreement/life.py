"""The life of every person in the CRM: when each state began, and which mark began it."""

from collections.abc import Iterator
from datetime import datetime

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement, Qualification, Version
from predictive_scoring.agreement.held import held_from
from predictive_scoring.agreement.in_sql import is_own_action, one_of, periods
from predictive_scoring.agreement.states import Mark, State, next_states
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.engine.duck import open_engine, path_literal
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots.instants import NEVER, instants_of

LIVES = pa.schema(
    [
        ("lead_no", pa.int64()),
        ("since", INSTANT),
        ("state", pa.int8()),  # a State
        ("mark", pa.int8()),  # the Mark that led to it; null: the person's creation
        ("version", pa.int16()),  # 0-based place of the agreement's version in force; null: before the first
    ]
)


def lives(history: History, agreement: Agreement, rules: Exclude) -> pa.Table:
    """Return every state that every person was ever in, in the order of lead_no and since.

    A person is a contact from creation on. Marks follow the record's clock: what was entered late counts from when it
    was entered. What is marked before creation counts at creation. A version of the agreement judges the marks of its
    time, the oldest also those before it. Whoever the rules keep out is a contact from when that is known, and nothing
    that they do from then on counts.

    Parameters
    ----------
    rules
        Who is no lead, though the export lists them: `snapshots.exclude` of the project.

    Returns
    -------
    pyarrow.Table
        The columns of `LIVES`, one row a person and state it entered.

    Raises
    ------
    ConfigurationError
        If the history is one flat table: nothing is known of what happened when; or a rule names what it does not have.
    """
    if history.facts.flat:
        raise ConfigurationError(
            "a flat table has no life cycle: nothing is known of what happened when",
            fix="give activities and outcomes with their instants",
        )
    with open_engine() as engine:
        people = (
            "select l.lead_no, l.created_at, h.held_at "
            f"from read_parquet({path_literal(history.path('leads'))}) l left join held h using (lead_no)"
        )
        held = _held(history, rules)
        born = engine.sql(
            f"select lead_no, created_at from ({people}) where created_at is not null order by lead_no", held=held
        )
        marks = engine.sql(
            f"with people as ({people}), all_marks as ({' union all '.join(_marks(history, agreement))}), "
            "told as (select p.lead_no, greatest(m.at, p.created_at) as since, m.mark, m.version, p.held_at "
            "from people p join all_marks m using (lead_no) where p.created_at is not null) "
            "select lead_no, since, mark, version from told where held_at is null or since < held_at union all "
            f"select lead_no, held_at, {Mark.HELD.value}, null from people "
            "where held_at is not null and created_at is not null order by lead_no, since, mark",
            held=held,
        )
    return _walk(born, marks)


def _held(history: History, rules: Exclude) -> pa.Table:
    since = held_from(history, rules)
    people = np.flatnonzero(since < NEVER)
    return pa.table({"lead_no": pa.array(people), "held_at": instants_of(since[people])})


def _marks(history: History, agreement: Agreement) -> Iterator[str]:
    """Yield queries of lead_no, at, mark and version."""
    activities = path_literal(history.path("activities"))
    outcomes = path_literal(history.path("outcomes"))
    for number, (version, during) in enumerate(periods(agreement)):
        own = (
            f"select lead_no, known_at, kind from read_parquet({activities}) "
            f"where lead_no is not null and {is_own_action(version)}"
        )
        named = f"known_at as at, {Mark.OWN_ACTION.value} as mark, {number} as version"
        yield f"select lead_no, {named} from ({own}) where {during}"
        for mark, rule in ((Mark.MQL, version.mql), (Mark.PQL, version.pql)):
            yield from (
                f"select lead_no, known_at, {mark.value}, {number} from ({met}) where {during}"
                for met in _met(own, rule)
            )
        for mark, stages in _stages(version):
            yield (
                f"select lead_no, known_at, {mark.value}, {number} from read_parquet({outcomes}) "
                f"where stage in ({one_of(stages)}) and {during}"
            )


def _met(own: str, rule: Qualification) -> Iterator[str]:
    """Yield a query a condition: the own actions with which it is met."""
    for condition in rule.any_of:
        window = f"interval {condition.within_days} day"
        counted = (
            "select lead_no, known_at, count(*) over (partition by lead_no order by known_at "
            f"range between {window} preceding and current row) as n from ({own}) "
            f"where kind in ({one_of(condition.kinds)})"
        )
        yield f"select lead_no, known_at from ({counted}) where n >= {condition.at_least}"


def _stages(version: Version) -> tuple[tuple[Mark, tuple[str, ...]], ...]:
    stages = version.stages
    every = (
        (Mark.SQL, stages.sql), (Mark.OPPORTUNITY, stages.opportunity), (Mark.CUSTOMER, stages.customer),
        (Mark.LOST, stages.lost),
    )  # fmt: skip
    return tuple((mark, names) for mark, names in every if names)


def _walk(born: pa.Table, marks: pa.Table) -> pa.Table:
    """Let each person's marks lead from state to state; only moves are kept, and creation."""
    people = born["lead_no"].to_numpy()
    owner = np.searchsorted(people, marks["lead_no"].to_numpy())
    found = marks["mark"].cast(pa.int8()).to_numpy()
    states = _walked(owner, found, len(people), next_states())
    moved = np.flatnonzero(states >= 0)
    entered = marks.take(pa.array(moved))
    first = pa.table(
        [born["lead_no"], born["created_at"].cast(INSTANT), pa.array(np.zeros(len(people), np.int8)),
         pa.nulls(len(people), pa.int8()), pa.nulls(len(people), pa.int16())], schema=LIVES,
    )  # fmt: skip
    later = pa.table(
        [entered["lead_no"], entered["since"].cast(INSTANT), pa.array(states[moved]), entered["mark"].cast(pa.int8()),
         entered["version"].cast(pa.int16())], schema=LIVES,
    )  # fmt: skip
    both = pa.concat_tables([first, later]).append_column(
        "place", pa.array(np.concatenate([np.full(len(people), -1), moved]))
    )
    return both.sort_by([("lead_no", "ascending"), ("place", "ascending")]).drop_columns(["place"])


@numba.njit(cache=True, nogil=True)
def _walked(owner, marks, n_people, following):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the state that each mark leads to, -1 where it leads nowhere new; marks lie in order of their owners."""
    now = np.zeros(n_people, dtype=np.int8)
    after = np.full(len(marks), -1, dtype=np.int8)
    for place in range(len(marks)):
        person = owner[place]
        state = following[now[person], marks[place]]
        if state != now[person]:
            now[person] = state
            after[place] = state
    return after


def states_at(found: pa.Table, as_of: datetime) -> pa.Table:
    """Return the state at an instant of every person created before it: lead_no, state and since.

    Parameters
    ----------
    found
        What `lives` returned.
    """
    known = found.filter(pc.less(found["since"], pa.scalar(as_of, INSTANT)))
    number = known["lead_no"].to_numpy()
    last = np.flatnonzero(np.append(number[1:] != number[:-1], True)) if len(number) else np.zeros(0, np.int64)
    return known.take(pa.array(last)).select(["lead_no", "state", "since"])


def entered(found: pa.Table, state: State) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return who ever was in a state and when each first entered it: lead_no and microseconds, by lead_no."""
    rows = found.filter(pc.equal(found["state"], pa.scalar(int(state), pa.int8())))
    people, first = np.unique(rows["lead_no"].to_numpy(), return_index=True)
    return people, rows["since"].cast(pa.int64()).to_numpy()[first]
