"""When sales first turned to those who were handed over, and what has become of each hand-off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.life import entered, states_at
from predictive_scoring.agreement.states import State
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import literal, open_engine, path_literal
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.desk import Desk, latest_of
from predictive_scoring.handoff.dispositions import ACCEPTED, NO_CONTACT, REJECTED, latest
from predictive_scoring.handoff.promise import is_kept, is_over
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of, to_micros
from predictive_scoring.storage import read_parquet


class Clock(StrEnum):
    """From when on the promise of a first contact counts."""

    HAND_OFF = "hand_off"  # the record says when sales were given whom
    QUALIFICATION = "qualification"  # there is no record: the best that the history knows is who met the definitions


@dataclass(frozen=True)
class HandOffs:
    """Who was sales' to call: one entry a person, by lead_no.

    Attributes
    ----------
    clock
        Where the promised time starts.
    since
        When the person was last handed over, or first became MQL or PQL, in microseconds.
    contacted
        When we first turned to it from then on, `NEVER` where nobody has.
    answered
        When it first acted of its own accord after that contact, `NEVER` where it has not.
    promised_hours
        What the agreement in force promised.
    """

    clock: Clock
    lead_no: NDArray[np.int64]
    since: Micros
    contacted: Micros
    answered: Micros
    promised_hours: NDArray[np.int64]

    def in_time(self) -> NDArray[np.bool_]:
        """Return who was contacted within the promised time."""
        return is_kept(self.since, self.contacted, self.promised_hours)

    def is_due(self, as_of: datetime) -> NDArray[np.bool_]:
        """Return whose promised time is over: only of them it can be said that the promise was not kept."""
        return is_over(self.since, self.promised_hours, to_micros(as_of))


class Work(StrEnum):
    """What has become of a hand-off; the first that holds. Not worked and lost are two things."""

    WON = "won"
    LOST = "lost"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    NOT_REACHED = "not_reached"  # sales tried, and say so
    CONTACTED = "contacted"  # nothing was said yet
    IN_TIME = "in_time"  # the promised time is not over
    NOT_WORKED = "not_worked"


def hand_offs(
    history: History, lives: pa.Table, agreement: Agreement, as_of: datetime, given: pa.Table | None = None
) -> HandOffs:
    """Return everybody who was handed over before an instant, and what was known by then of contacts and answers.

    Parameters
    ----------
    given
        The record of hand-offs (`desk.GIVEN`). Where it says nothing of the time before, it is everybody who became an
        MQL or PQL, as far as the agreement of that day hands such over, from then on.
    """
    before = None if given is None else Desk(given).before(as_of)
    if before is None or not len(before):
        clock, (lead_no, since) = Clock.QUALIFICATION, qualified_since(lives, agreement, as_of)
    else:
        clock, (lead_no, since) = Clock.HAND_OFF, _given(history, before)
    starts = np.array([to_micros(datetime.fromisoformat(f"{v.valid_from}T00:00:00+00:00")) for v in agreement.versions])
    version = np.maximum(np.searchsorted(starts, since, side="right") - 1, 0)
    hours = np.array([item.hand_off.first_contact_hours for item in agreement.versions])
    contacted, answered = np.full(len(since), NEVER, np.int64), np.full(len(since), NEVER, np.int64)
    for number, terms in enumerate(agreement.versions):
        mine = np.flatnonzero(version == number)
        if len(mine):
            kinds = (terms.hand_off.contact_kinds, terms.own_actions)
            contacted[mine], answered[mine] = _firsts(history, lead_no[mine], since[mine], kinds, as_of)
    return HandOffs(clock, lead_no, since, contacted, answered, hours[version])


def _given(history: History, given: pa.Table) -> tuple[Micros, Micros]:
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"]).sort_by("lead_no")
    last = latest_of(given, "given_at", leads)
    lead_no = np.flatnonzero(last >= LONG_AGO)
    return lead_no, last[lead_no]


def qualified_since(lives: pa.Table, agreement: Agreement, as_of: datetime) -> tuple[Micros, Micros]:
    """Return who became an MQL or PQL before an instant, as far as the agreement hands such over, and when first."""
    first = np.full(int(pc.max(lives["lead_no"]).as_py() or 0) + 1, NEVER, np.int64)
    for number, version in enumerate(agreement.versions):
        by_version = lives.filter(pc.equal(lives["version"], pa.scalar(number, pa.int16())))
        for state in (State.MQL, State.PQL):
            if state.name.lower() in version.hand_off.states:
                np.minimum.at(first, *entered(by_version, state))
    lead_no = np.flatnonzero(first < to_micros(as_of))
    return lead_no, first[lead_no]


def _firsts(
    history: History, lead_no: Micros, since: Micros, kinds: tuple[tuple[str, ...], tuple[str, ...]], as_of: datetime
) -> tuple[Micros, Micros]:
    """Return the first contact from `since` on, and the first own action after it."""
    ours, theirs = (", ".join(map(literal, names)) or "null" for names in kinds)
    until = f"timestamptz '{as_of.isoformat()}'"
    rows = (
        f"select a.lead_no, a.kind, a.direction, a.occurred_at as at "
        f"from read_parquet({path_literal(history.path('activities'))}) a "
        f"where a.known_at < {until} and a.occurred_at < {until}"
    )
    with open_engine() as engine:
        found = engine.sql(
            f"with touches as ({rows}), reached as ("
            "select h.lead_no, min(t.at) as contacted from given h join touches t on t.lead_no = h.lead_no "
            f"and t.at >= h.since where t.kind in ({ours}) and t.direction is distinct from 'inbound' "
            "group by h.lead_no) select g.lead_no, any_value(r.contacted) as contacted, min(t.at) as answered "
            "from given g left join reached r using (lead_no) left join touches t on t.lead_no = g.lead_no "
            f"and t.at > r.contacted and t.kind in ({theirs}) and t.direction is distinct from 'outbound' "
            "group by g.lead_no order by g.lead_no",
            given=pa.table({"lead_no": lead_no, "since": pa.array(since).cast(pa.timestamp("us", "UTC"))}),
        )
    return micros_of(found["contacted"]), micros_of(found["answered"])


def work_done(
    given: HandOffs, lives: pa.Table, as_of: datetime, said: Mapping[int, str] | None = None
) -> NDArray[np.str_]:
    """Return what has become of each hand-off, one of `Work`.

    Parameters
    ----------
    said
        By lead_no, sales' last word on it.
    """
    now = states_at(lives, as_of)
    state = np.full(int(given.lead_no.max(initial=-1)) + 1, -1, np.int8)
    known = now["lead_no"].to_numpy()
    within = known < len(state)
    state[known[within]] = now["state"].to_numpy()[within]
    here = state[given.lead_no]
    words = np.array([(said or {}).get(int(number), "") for number in given.lead_no], dtype=object).astype(str)
    was_lost = np.isin(given.lead_no, entered(lives, State.LOST)[0]) & np.isin(here, (State.LOST, State.RECYCLED))
    conditions = {
        Work.WON: here == State.CUSTOMER,
        Work.LOST: was_lost,
        Work.REJECTED: words == REJECTED,
        Work.ACCEPTED: np.isin(here, (State.SQL, State.OPPORTUNITY)) | (words == ACCEPTED),
        Work.NOT_REACHED: words == NO_CONTACT,
        Work.CONTACTED: given.contacted < NEVER,
        Work.IN_TIME: ~given.is_due(as_of),
    }
    return np.select(list(conditions.values()), [str(work) for work in conditions], str(Work.NOT_WORKED))


def last_words(dispositions: pa.Table, leads: pa.Table, as_of: datetime) -> dict[int, str]:
    """Return by lead_no what sales last said before an instant."""
    before = latest(dispositions.filter(pc.less(dispositions["decided_at"], pa.scalar(as_of))))
    place = pc.index_in(before["lead_id"], leads["lead_id"].combine_chunks())
    return dict(zip(leads["lead_no"].take(place).to_pylist(), before["decision"].to_pylist(), strict=True))
