"""Who was handed over in fact, how long each waited for a first contact, and what became of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff import weeks
from predictive_scoring.handoff.contacts import Clock, qualified_since
from predictive_scoring.handoff.desk import first_given
from predictive_scoring.handoff.question import Question, World
from predictive_scoring.handoff.response import Waits, response_needed
from predictive_scoring.snapshots.instants import NEVER, Micros, to_micros
from predictive_scoring.snapshots.openness import END_STAGE
from predictive_scoring.snapshots.population import OPEN, status_at


@dataclass(frozen=True)
class HandedOver:
    """Whom sales were handed in fact within a question's span."""

    clock: Clock  # what the hours are counted from
    immature: int  # have not had the whole horizon yet
    waits: Waits  # of those who have

    def response(self, question: Question) -> dict[str, Any]:
        """Return what they show of the response time needed, as JSON can hold it."""
        asked = question.asked
        found = response_needed(self.waits, asked.horizon, asked.level).as_json()
        return {"clock": str(self.clock), "immature": self.immature, "promised_hours": asked.promised_hours, **found}


def handed_over(world: World, question: Question) -> HandedOver:
    """Return who was handed over in fact, and how long each waited.

    Not of those whom the simulation hands over: nobody was told to call them on that Monday, and who had been called
    on the Friday before would stand among the waiting. It is whom the record says sales were given; where there is
    none, whoever first met the definitions of an MQL or PQL, from then on, as the funnel counts the promise.

    Each is scored by all that was known at its hand-over, what it qualified by included, and of no more.
    """
    span = to_micros(question.start), to_micros(question.until)
    clock, first = _handed_over(world, question, span)
    instant = np.where(first < NEVER, first + 1, 0)  # what is known at an instant is known before the next
    is_open = status_at(world.held, instant, question.bundle.terms.snapshots.max_age_days) == OPEN
    people = np.flatnonzero(is_open & (first >= span[0]) & (first < span[1]))
    mature = first[people] + question.horizon <= world.record.complete_until
    lead_no, n_immature = people[mature], int((~mature).sum())
    since, held, record = first[lead_no], world.held, world.record
    looks = weeks.scored(question.bundle, world.history, lead_no, since + 1, None, None)
    ended = np.where(held.exclusions[END_STAGE] < span[1], held.ended, NEVER)
    over = np.minimum.reduce([record.reached, ended, held.opted_out, held.excluded])
    over = np.where(over < span[1], over, NEVER)  # what was recorded later nobody knew
    waits = Waits(
        Whose(lead_no, record.account_no[lead_no]), since, record.first_contact(lead_no, since), over[lead_no],
        record.reached[lead_no], record.accepted[lead_no], looks.chance,
    )  # fmt: skip
    return HandedOver(clock, n_immature, waits)


def _handed_over(world: World, question: Question, span: tuple[int, int]) -> tuple[Clock, Micros]:
    """Return by lead_no when each was first handed over, `NEVER` where it was not."""
    if question.given is not None:
        first = first_given(question.given, world.history, span)
        if (first < NEVER).any():
            return Clock.HAND_OFF, first
    first = np.full(len(world.held.created), NEVER, np.int64)
    lead_no, since = qualified_since(world.lives, Agreement(versions=(question.rules,)), question.until)
    first[lead_no] = since
    return Clock.QUALIFICATION, first
