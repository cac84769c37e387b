"""Who may be handed over, as far as the life cycle, the questions and the profile decide: scores come on top."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Version
from predictive_scoring.agreement.profile import NO, UNKNOWN, match_profile
from predictive_scoring.agreement.states import State
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.looks import Facts
from predictive_scoring.snapshots.exclusions import known_from
from predictive_scoring.snapshots.instants import Micros, micros_of
from predictive_scoring.storage import read_parquet

Ints = NDArray[np.int64]
MARKETINGS: Final = (
    State.LEAD,
    State.MQL,
    State.PQL,
    State.RECYCLED,
)  # the others have done nothing, or are with sales


@dataclass(frozen=True)
class Position:
    """Where each look finds its person in the life cycle; arrays of shape (n,)."""

    state: NDArray[np.int8]
    came_back: Micros  # when it last came back after it was lost, `lookup.LONG_AGO` where it never did

    @classmethod
    def of(cls, found: pa.Table, n_leads: int, lead_no: Ints, as_of: Micros) -> "Position":
        """Return the positions of people who were created before their looks.

        Parameters
        ----------
        found
            What `agreement.life.lives` returned.
        """
        person, since = found["lead_no"].to_numpy(), micros_of(found["since"])
        states = found["state"].to_numpy()
        entries = Facts.of(person, since, since, n_leads)
        last = entries.starts[lead_no] + entries.count(lead_no, as_of) - 1
        back = states == State.RECYCLED
        returns = Facts.of(person[back], since[back], since[back], n_leads)
        return cls(states[last], returns.latest(lead_no, as_of))


def obstacles(
    history: History, rules: Version, position: Position, lead_no: Ints, as_of: Micros
) -> dict[str, NDArray[np.bool_]]:
    """Return why each look finds a person who is not handed over whatever the score; none holds: they may be.

    Each is judged by what was known before its instant. What an essential criterion of the profile asks and nobody
    knows is an open question too.

    Returns
    -------
    dict
        with_sales, no_own_action, not_qualified, outside_profile and missing_answers, each of shape (n,).

    Raises
    ------
    ConfigurationError
        If a question or a criterion asks for what the history does not have.
    """
    essential = tuple(criterion for criterion in rules.profile if criterion.essential)
    verdicts = match_profile(history, essential, lead_no, as_of).verdicts
    contact = position.state == State.CONTACT
    n_missing = missing_answers(history, rules.hand_off.questions, lead_no, as_of)
    return {
        "with_sales": ~contact & ~np.isin(position.state, [int(state) for state in MARKETINGS]),
        "no_own_action": contact,
        "not_qualified": not_qualified(position.state, rules.hand_off),
        "outside_profile": (verdicts == NO).any(axis=1),
        "missing_answers": (n_missing > 0) | (verdicts == UNKNOWN).any(axis=1),
    }


def not_qualified(state: NDArray[np.int8], terms: HandOff) -> NDArray[np.bool_]:
    """Return who is marketing's still and in no state that the agreement hands over: shows interest, and not enough.

    Examples
    --------
    >>> states = np.array([State.LEAD, State.MQL, State.SQL], np.int8)
    >>> not_qualified(states, HandOff(states=("mql", "pql"))).tolist()
    [True, False, False]
    """
    kept = [int(one) for one in MARKETINGS if one.name.lower() not in terms.states]
    return np.isin(state, kept)


def missing_answers(history: History, questions: tuple[str, ...], lead_no: Ints, as_of: Micros) -> Ints:
    """Return how many of the questions nobody could answer before each look; shape (n,).

    Raises
    ------
    ConfigurationError
        If a question is no attribute of leads of which it is known when it was written.
    """
    known = {item.name: item.known for item in history.facts.attributes if item.table == "leads"}
    usable = {item.name for item in history.facts.attributes if item.table == "leads" and item.may_be_a_feature}
    unknown = sorted(set(questions) - usable)
    if unknown:
        raise ConfigurationError(
            f"agreement: hand_off.questions names {unknown}",
            found=f"attributes of leads of which it is known when they were written: {sorted(usable)}",
            fix="run `predictive-scoring agreement check`",
        )
    missing = np.zeros(len(lead_no), np.int64)
    if questions:
        leads = read_parquet(history.path("leads"))
        created = micros_of(leads["created_at"])
        for name in questions:
            missing += known_from(leads, name, known[name], created)[lead_no] >= as_of
    return missing
