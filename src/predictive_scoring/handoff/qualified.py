"""Who is handed to sales by the agreement, and why the others are not."""

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.profile import NO, UNKNOWN, match_profile
from predictive_scoring.agreement.states import State
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.contract.history import Attribute
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.again import SalesWords, may_come_again
from predictive_scoring.handoff.budgets import Purses
from predictive_scoring.handoff.desk import latest_of, lies_unanswered, numbers_of, of_the_week
from predictive_scoring.handoff.eligible import Position, not_qualified
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.snapshots.attributes import known_attributes, values_at
from predictive_scoring.snapshots.instants import NEVER, to_micros

Mask = NDArray[np.bool_]
WITH_SALES = (State.SQL, State.OPPORTUNITY, State.CUSTOMER, State.LOST)


class Standing(StrEnum):
    """What the agreement says of an open lead today; where several hold, the first of these."""

    WITH_SALES = "with_sales"  # accepted already, or further
    NO_OWN_ACTION = "no_own_action"  # whatever its score: they have shown no interest of their own
    NOT_QUALIFIED = "not_qualified"  # in none of the states that the agreement hands over: no MQL yet, for instance
    DECIDED = "decided"  # sales have said what they think of it
    HANDED_OVER_BEFORE = "handed_over_before"  # lies on sales' desk, and they have not said anything
    BELOW_LINE = "below_line"  # grade or chance
    OUTSIDE_PROFILE = "outside_profile"  # an essential criterion is known not to be met
    MISSING_ANSWERS = "missing_answers"  # qualifies, but a question is open
    BEYOND_CAPACITY = "beyond_capacity"  # qualifies, but sales cannot take more this week, in all or of its budget
    HANDED_OVER = "handed_over"


def standings(found: Situation) -> pa.Table:
    """Return each person's standing and the names of what is not known but asked for.

    Whom sales accepted, or rejected and who has not come back since, is decided; whoever was handed over before and of
    whom they have said nothing is not handed over again, but by the agreement's rule. What earlier nights of the week
    handed over has used up calls. Whom this very night handed over when it ran before stays handed over: they may have
    been called already.

    Returns
    -------
    pyarrow.Table
        In the order of `found.people`: standing (one of `Standing`) and missing (list of attribute names).

    Raises
    ------
    ConfigurationError
        If the agreement asks for an attribute that the history does not have, or of which nobody knows when it was
        written.
    """
    people, terms = found.people, found.version.hand_off
    state = people["state"].to_numpy()
    essential = tuple(item for item in found.version.profile if item.essential)
    match = match_profile(found.history, essential, people["lead_no"].to_numpy(), to_micros(found.as_of))
    asked = dict.fromkeys(terms.questions)
    values = values_at(found.history, people, [_declared(found, name) for name in asked], found.as_of)
    unknown = {name: np.asarray(pc.is_null(values[name]).to_numpy(zero_copy_only=False)) for name in asked}
    unknown |= {item.attribute: match.verdicts[:, place] == UNKNOWN for place, item in enumerate(essential)}
    decided, on_desk = sales_have(found)
    stays = _is_among(people, found.desk.tonight(found.as_of, found.finished.about.target))
    conditions: dict[Standing, Mask] = {
        Standing.WITH_SALES: np.isin(state, WITH_SALES),
        Standing.NO_OWN_ACTION: (state == State.CONTACT) | (state < 0),
        Standing.NOT_QUALIFIED: ~stays & not_qualified(state, terms),
        Standing.DECIDED: decided,
        Standing.HANDED_OVER_BEFORE: on_desk,
        Standing.BELOW_LINE: ~stays & ~_above_line(people, terms),
        Standing.OUTSIDE_PROFILE: ~stays & (match.verdicts == NO).any(axis=1),
        Standing.MISSING_ANSWERS: ~stays & np.logical_or.reduce([np.zeros(len(state), bool), *unknown.values()]),
    }
    qualifies = ~np.logical_or.reduce(list(conditions.values()))
    conditions[Standing.BEYOND_CAPACITY] = qualifies & ~stays & ~_called(found, qualifies & ~stays)
    standing = np.select(list(conditions.values()), [str(name) for name in conditions], str(Standing.HANDED_OVER))
    missing = pa.array(list(_names(unknown, len(state))), pa.list_(pa.string()))
    return pa.table({"standing": pa.array(standing, pa.string()), "missing": missing})


def _called(found: Situation, qualifies: Mask) -> Mask:
    """Return the best of those who qualify, as many as sales can still take this week, in all and of each budget."""
    terms, lead_no = found.version.hand_off, found.people["lead_no"].to_numpy()
    used = calls_used(found)
    everybody = np.concatenate([lead_no, numbers_of(used["lead_id"], found.leads)])
    purses = Purses.of(found.history, terms.budgets, everybody, to_micros(found.as_of))
    purses = purses.after(np.arange(len(lead_no), len(everybody)))
    called = np.zeros(len(lead_no), bool)
    called[purses.best(np.flatnonzero(qualifies), max(0, terms.calls_per_week - len(used)))] = True
    return called


def calls_used(found: Situation) -> pa.Table:
    """Return this week's hand-offs on record, those of the night itself too: the columns of `desk.GIVEN`."""
    desk, target = found.desk, found.finished.about.target
    on_record = [desk.others(found.as_of, target), desk.tonight(found.as_of, target)]
    return of_the_week(pa.concat_tables(on_record), found.as_of)


def _is_among(people: pa.Table, given: pa.Table) -> Mask:
    among = pc.is_in(people["lead_id"], given["lead_id"].combine_chunks())
    return np.asarray(among.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _above_line(people: pa.Table, terms: HandOff) -> Mask:
    graded = np.asarray(pc.is_in(people["grade"], pa.array(terms.grades, pa.string())).to_numpy(zero_copy_only=False))
    return np.asarray(graded & (people["probability"].to_numpy() >= terms.least_probability))


def _declared(found: Situation, name: str) -> Attribute:
    usable = {item.name: item for item in known_attributes(found.history) if item.table == "leads"}
    if name not in usable:
        raise ConfigurationError(
            f"agreement: hand_off.questions names {name!r}",
            found=f"attributes of leads of which it is known when they were written: {sorted(usable)}",
            fix="run `predictive-scoring agreement check`",
        )
    return usable[name]


def sales_have(found: Situation) -> tuple[Mask, Mask]:
    """Return of whom sales' word holds, and who lies on their desk without a word, in the order of `found.people`.

    A yes or a no is heard however late it was said, for nobody is called after a no. That they could not reach somebody
    counts from the next night on, or a word of today would answer tomorrow's hand-off. Whoever was handed over and
    bought or was lost since is told by the life cycle; once lost and come back, they may be handed over again.
    """
    lead_no, desk = found.people["lead_no"].to_numpy(), found.desk
    as_of = np.full(len(lead_no), to_micros(found.as_of))
    came_back = Position.of(found.lives, len(found.leads), lead_no, as_of).came_back
    rule = found.version.hand_off.comes_again
    others = desk.others(found.as_of, found.finished.about.target)
    given = latest_of(others, "given_at", found.leads)[lead_no]
    unanswered = lies_unanswered(given, desk.last_word(found.leads, found.as_of)[lead_no])
    on_desk = unanswered & ~may_come_again(given, came_back, as_of, rule)
    if desk.said is None:
        return np.zeros(len(lead_no), bool), on_desk
    words = SalesWords.of(desk.said, found.history, found.version.own_actions)
    return words.decided(lead_no, as_of, came_back, rule, np.full(len(lead_no), NEVER)), on_desk


def _names(unknown: dict[str, Mask], n_rows: int) -> Iterator[list[str]]:
    if not unknown:
        return iter([[] for _ in range(n_rows)])
    names = np.array(list(unknown), object)
    return (names[row].tolist() for row in np.column_stack(list(unknown.values())))
