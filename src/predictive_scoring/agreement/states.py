"""The states a person goes through, and the only ways from one to another."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class State(IntEnum):
    """What a person in the CRM is; everybody is in exactly one state at every instant from creation on."""

    CONTACT = 0  # known, and has done nothing of their own accord; or staff, a supplier, a bot, whatever they do
    LEAD = 1  # has done something of their own accord
    MQL = 2  # meets marketing's definition
    PQL = 3  # has used the product as much as was agreed
    SQL = 4  # accepted by sales
    OPPORTUNITY = 5
    CUSTOMER = 6
    LOST = 7
    RECYCLED = 8  # was lost, and has come back of their own accord


class Mark(IntEnum):
    """What the record says at an instant; marks of one instant count in this order."""

    OWN_ACTION = 0
    MQL = 1
    PQL = 2
    SQL = 3
    OPPORTUNITY = 4
    CUSTOMER = 5
    LOST = 6
    HELD = 7  # known to be staff, a supplier, a bot: no lead, and never one


_SALES = {
    Mark.SQL: State.SQL,
    Mark.OPPORTUNITY: State.OPPORTUNITY,
    Mark.CUSTOMER: State.CUSTOMER,
    Mark.LOST: State.LOST,
}
_WAYS: dict[State, dict[Mark, State]] = {
    State.CONTACT: {Mark.OWN_ACTION: State.LEAD, **_SALES},  # whom sales approached need not have acted
    State.LEAD: {Mark.MQL: State.MQL, Mark.PQL: State.PQL, **_SALES},
    State.MQL: {Mark.PQL: State.PQL, **_SALES},
    State.PQL: _SALES,
    State.SQL: {mark: _SALES[mark] for mark in (Mark.OPPORTUNITY, Mark.CUSTOMER, Mark.LOST)},
    State.OPPORTUNITY: {mark: _SALES[mark] for mark in (Mark.CUSTOMER, Mark.LOST)},
    State.CUSTOMER: {},
    State.LOST: {
        Mark.OWN_ACTION: State.RECYCLED,
        **{mark: _SALES[mark] for mark in (Mark.SQL, Mark.OPPORTUNITY, Mark.CUSTOMER)},
    },
    State.RECYCLED: {Mark.MQL: State.MQL, Mark.PQL: State.PQL, **_SALES},
}
# Whoever turns out to be no lead goes back to where they have always belonged.
EDGES = {state: ways if state is State.CONTACT else {**ways, Mark.HELD: State.CONTACT} for state, ways in _WAYS.items()}


def next_states() -> NDArray[np.int8]:
    """Return the state after a mark, shape (n_states, n_marks); a mark that leads nowhere leaves the state as it is.

    Examples
    --------
    >>> table = next_states()
    >>> State(table[State.LEAD, Mark.MQL]).name, State(table[State.CUSTOMER, Mark.MQL]).name
    ('MQL', 'CUSTOMER')
    """
    table = np.repeat(np.arange(len(State), dtype=np.int8)[:, None], len(Mark), axis=1)
    for state, ways in EDGES.items():
        for mark, after in ways.items():
            table[state, mark] = after
    return table
