"""What became of people after an instant, as far as the history said so before another one."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.life import entered
from predictive_scoring.agreement.states import State
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.features.looks import Facts
from predictive_scoring.handoff.promise import HOUR, is_kept, is_over
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of
from predictive_scoring.snapshots.openness import Openness
from predictive_scoring.storage import read_parquet

Ints = NDArray[np.int64]
Share = dict[str, Any]
_ON_RECORD_SHARE: Final = 0.99  # of the outcomes are recorded so soon; the rest is not waited for
_SALES: Final = (State.SQL, State.OPPORTUNITY, State.CUSTOMER)  # who skipped a state was accepted all the same


@dataclass(frozen=True)
class Record:
    """What was on record before an instant; arrays have an entry a lead, `NEVER` where it did not happen.

    Attributes
    ----------
    until
        The instant, in microseconds.
    complete_until
        Outcomes before it are on record, but for the odd late one.
    """

    until: int
    complete_until: int
    account_no: Ints
    reached: Micros  # the target's stage
    accepted: Micros  # by sales
    contacts: Facts  # of ours, by lead

    @classmethod
    def of(cls, history: History, held: Openness, lives: pa.Table, rules: HandOff, stage: str, until: int) -> "Record":
        """Return the record of a history before `until`."""
        accepted = np.full(len(held.created), NEVER, np.int64)
        for state in _SALES:
            people, since = entered(lives, state)
            np.minimum.at(accepted, people, since)
        return cls(
            until=until,
            complete_until=until - _recording_delay(history, stage, until),
            account_no=held.account_no,
            reached=np.where(held.converted < until, held.reached, NEVER),
            accepted=np.where(accepted < until, accepted, NEVER),
            contacts=_contacts(history, rules.contact_kinds, len(held.created), until),
        )

    def first_contact(self, lead_no: Ints, at: Micros) -> Micros:
        """Return when we first turned to each lead from its instant on, `NEVER` where we did not."""
        place = self.contacts.starts[lead_no] + self.contacts.count(lead_no, at)
        there = place < self.contacts.starts[lead_no + 1]
        known = np.append(self.contacts.known, NEVER)
        return np.where(there, known[np.where(there, place, len(known) - 1)], NEVER)


def _recording_delay(history: History, stage: str, until: int) -> int:
    """Return within how many microseconds 99 in 100 of the outcomes known before `until` were recorded."""
    rows = read_parquet(history.path("outcomes"), ["occurred_at", "known_at", "stage"])
    rows = rows.filter(pc.equal(rows["stage"], stage))
    known = micros_of(rows["known_at"])
    delays = (known - micros_of(rows["occurred_at"]))[known < until]
    return int(np.quantile(delays, _ON_RECORD_SHARE, method="higher")) if len(delays) else 0


def _contacts(history: History, kinds: tuple[str, ...], n_leads: int, until: int) -> Facts:
    wanted = pa.array(kinds, pa.string())
    people, instants = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for batch in ActivityStream(history, ["lead_no", "occurred_at", "known_at", "kind", "direction"]).batches():
        ours = pc.and_(pc.is_in(batch["kind"].cast(pa.string()), wanted), pc.is_valid(batch["lead_no"]))
        inbound = pc.fill_null(pc.equal(batch["direction"].cast(pa.string()), "inbound"), False)
        ours = pc.and_(ours, pc.invert(inbound)).to_numpy(zero_copy_only=False)
        chosen = np.flatnonzero(ours & (micros_of(batch["known_at"]) < until))
        people.append(batch["lead_no"].take(pa.array(chosen)).to_numpy().astype(np.int64))
        instants.append(micros_of(batch["occurred_at"])[chosen])
    at = np.concatenate(instants)
    return Facts.of(np.concatenate(people), at, at, n_leads)


@dataclass(frozen=True)
class Terms:
    """What is asked of those who were handed over."""

    horizon: int  # microseconds to convert or to be accepted
    promised_hours: int  # to the first contact
    level: float  # of the intervals


def what_became(record: Record, lead_no: Ints, at: Micros, terms: Terms) -> dict[str, Any]:
    """Return what became of people from the instant on at which each was handed over.

    Whoever has not had the whole horizon is immature: counted apart, neither a conversion nor a loss.

    Returns
    -------
    dict
        handed_over, mature, immature; of the mature: converted and accepted, each {n, share, low, high}, intervals by
        account; converted_so_far of the immature; response: what `response` returns.
    """
    mature = at + terms.horizon <= record.complete_until
    converted = within(record.reached[lead_no], at, terms.horizon)
    accepted = within(record.accepted[lead_no], at, terms.horizon)
    whose = Whose(lead_no, record.account_no[lead_no])
    return {
        "handed_over": len(lead_no),
        "mature": int(mature.sum()),
        "immature": int((~mature).sum()),
        "converted": share_of(converted, whose, mature, terms.level),
        "accepted": share_of(accepted, whose, mature, terms.level),
        "converted_so_far": int(converted[~mature].sum()),
        "response": response(record, lead_no, at, terms.promised_hours),
    }


def within(happened: Micros, at: Micros, time: int) -> NDArray[np.bool_]:
    """Return whether something happened in ``[at, at + time)``."""
    return (happened >= at) & (happened < at + time)


def share_of(found: NDArray[np.bool_], whose: Whose, members: NDArray[np.bool_], level: float) -> Share:
    """Return how many of some people were found to do something: n, share, low and high, None where there is nobody."""
    rate = rate_of_leads(found[members].astype(np.float64), whose[members], level)
    known = rate["snapshots"] > 0
    return {
        "n": int(found[members].sum()),
        "share": rate["rate"] if known else None,
        "low": rate["low"] if known else None,
        "high": rate["high"] if known else None,
    }


def response(record: Record, lead_no: Ints, at: Micros, promised_hours: int) -> dict[str, Any]:
    """Return how soon people were turned to in fact, from the instant on at which each would have been handed over.

    Returns
    -------
    dict
        had_time: those whose promised time had passed; within_promise and its share of them; median_hours of those
        who were contacted at all; never: those who had time and were not contacted.
    """
    contact = record.first_contact(lead_no, at)
    had_time = is_over(at, promised_hours, record.until)
    kept = is_kept(at, contact, promised_hours)[had_time]
    hours = (contact - at)[had_time & (contact < NEVER)] / HOUR
    return {
        "had_time": int(had_time.sum()),
        "within_promise": int(kept.sum()),
        "share": float(kept.mean()) if len(kept) else None,
        "median_hours": float(np.median(hours)) if len(hours) else None,
        "never": int((had_time & (contact == NEVER)).sum()),
    }
