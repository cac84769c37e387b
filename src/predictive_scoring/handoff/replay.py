"""Week after week, the best within what sales can take; nobody twice but by the rule that the two teams agreed on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.agreement.terms import Recycle
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.again import may_come_again
from predictive_scoring.handoff.budgets import Purses
from predictive_scoring.snapshots.instants import Micros

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """Looks at people on Mondays; each array has shape (n,)."""

    lead_no: Ints
    monday: Micros
    merit: Floats  # the higher, the sooner
    fits: Flags  # may be handed over
    came_back: Micros  # last return from lost before the look
    rule: Recycle = field(default_factory=Recycle)  # when whom a Monday handed over may come again
    purses: Purses | None = None  # whose calls each would use; None: anybody's
    word: Micros | None = None  # when sales last said something of them before the look; None: they never did


@dataclass(frozen=True)
class Replay:
    """Whom each Monday handed over."""

    rows: Ints  # places among the candidates, Monday by Monday, best first
    left_below: Mapping[int, int]  # by Monday: who fitted and was waiting, and was not among the best


def replay(candidates: Candidates, capacity: Mapping[int, int]) -> Replay:
    """Return whom each Monday hands over.

    Parameters
    ----------
    candidates
        In any order.
    capacity
        By Monday in microseconds: how many sales can take. Mondays that are not named hand nobody over.
    """
    n_leads = int(candidates.lead_no.max(initial=-1)) + 1
    lot = np.random.default_rng(0).permutation(n_leads)[candidates.lead_no]  # equal merit: neither the old nor the new
    order = np.lexsort((lot, -candidates.merit, candidates.monday))
    order = order[candidates.fits[order]]
    purses = candidates.purses or Purses.whole(len(candidates.lead_no))
    never = LONG_AGO - 1
    handed_at = np.full(n_leads, never, np.int64)
    chosen, left = [np.zeros(0, np.int64)], {}
    for monday in sorted(capacity):
        start, end = np.searchsorted(candidates.monday[order], [monday, monday + 1])
        rows = order[start:end]
        before = handed_at[candidates.lead_no[rows]]
        if candidates.word is not None:  # an answer ends the wait; what it lets happen is for `fits` to say
            before = np.where(candidates.word[rows] >= before, never, before)
        waiting = rows[may_come_again(before, candidates.came_back[rows], candidates.monday[rows], candidates.rule)]
        best = purses.best(waiting, capacity[monday])
        handed_at[candidates.lead_no[best]] = monday
        chosen.append(best)
        left[monday] = len(waiting) - len(best)
    return Replay(np.concatenate(chosen), left)
