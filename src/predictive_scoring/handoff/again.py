"""When somebody whom sales has decided on may be handed over anew: one rule, for this Monday as for a simulation."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.terms import Recycle
from predictive_scoring.contract.history import History
from predictive_scoring.features.looks import Facts
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.dispositions import ACCEPTED, NO_CONTACT, REJECTED
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import DAY, Micros, micros_of
from predictive_scoring.storage import read_parquet

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def may_come_again(said: Micros, came_back: Micros, as_of: Micros, rule: Recycle) -> Flags:
    """Return who may be handed over at an instant, though something was said of them before.

    Parameters
    ----------
    said
        When sales last said no, or when they were handed over; before `LONG_AGO` where neither was.
    came_back
        When they last came back of their own accord, `LONG_AGO` where they never did.

    Examples
    --------
    >>> day = np.arange(3) * DAY
    >>> may_come_again(np.full(3, DAY), day, np.full(3, 9 * DAY), Recycle()).tolist()
    [False, False, True]
    >>> may_come_again(np.full(3, DAY), day, day + 4 * DAY, Recycle(after_days=5, on_own_action=False)).tolist()
    [False, False, True]
    """
    again = said < LONG_AGO
    if rule.on_own_action:
        again = again | (came_back > said)
    if rule.after_days is not None:
        again = again | (as_of - said >= rule.after_days * DAY)
    return again


@dataclass(frozen=True)
class SalesWords:
    """What sales said of leads, and when those acted: by lead, rising by instant."""

    accepted: Facts
    rejected: Facts
    not_reached: Facts
    acts: Facts  # of their own accord

    @classmethod
    def of(cls, said: pa.Table, history: History, own_actions: tuple[str, ...]) -> "SalesWords":
        """Return the words of a table of `read_dispositions`."""
        leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"])
        place = pc.index_in(said["lead_id"], leads["lead_id"].combine_chunks())
        lead_no = leads["lead_no"].take(place).to_numpy().astype(np.int64)
        decision, at = said["decision"], micros_of(said["decided_at"])

        def words(name: str) -> Facts:
            mine = np.asarray(pc.equal(decision, name).to_numpy(zero_copy_only=False), dtype=np.bool_)
            return Facts.of(lead_no[mine], at[mine], at[mine], len(leads))

        acts = own_acts(history, own_actions, len(leads))
        return cls(words(ACCEPTED), words(REJECTED), words(NO_CONTACT), acts)

    def decided(self, lead_no: Ints, as_of: Micros, came_back: Micros, rule: Recycle, heard: Micros) -> Flags:
        """Return of whom sales' last word still holds.

        Whom they accepted is theirs until it was lost and came back; whom they rejected comes again by the rule; whom
        they did not reach is anybody's.

        Parameters
        ----------
        as_of : (n,) array
            What each lead had done by then counts.
        came_back : (n,) array
            When it last came back from lost before that, `LONG_AGO` where it never did.
        heard : (n,) array
            What sales had said by then counts.
        """
        yes, no, missed = (facts.latest(lead_no, heard) for facts in (self.accepted, self.rejected, self.not_reached))
        theirs = (yes > LONG_AGO) & (yes >= np.maximum(no, missed)) & (came_back <= yes)
        refused = (no > LONG_AGO) & (no > np.maximum(yes, missed))
        acted = self.acts.latest(lead_no, as_of)
        return theirs | (refused & ~may_come_again(no, acted, as_of, rule))

    def last(self, lead_no: Ints, heard: Micros) -> Micros:
        """Return when sales last said anything of each lead, before `LONG_AGO` where they had not by then."""
        every = (self.accepted, self.rejected, self.not_reached)
        said = np.maximum.reduce([facts.latest(lead_no, heard) for facts in every])
        return np.where(said > LONG_AGO, said, LONG_AGO - 1)


def own_acts(history: History, kinds: tuple[str, ...], n_leads: int) -> Facts:
    """Return what each lead did of its own accord, by when that was known."""
    wanted = pa.array(kinds, pa.string())
    people, instants = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for batch in ActivityStream(history, ["lead_no", "known_at", "kind", "direction"]).batches():
        own = pc.and_(pc.is_in(batch["kind"].cast(pa.string()), wanted), pc.is_valid(batch["lead_no"]))
        ours = pc.fill_null(pc.equal(batch["direction"].cast(pa.string()), "outbound"), False)
        chosen = np.flatnonzero(pc.and_(own, pc.invert(ours)).to_numpy(zero_copy_only=False))
        people.append(batch["lead_no"].take(pa.array(chosen)).to_numpy().astype(np.int64))
        instants.append(micros_of(batch["known_at"])[chosen])
    at = np.concatenate(instants)
    return Facts.of(np.concatenate(people), at, at, n_leads)
