"""What is asked of a history when an agreement is tried on it, and what the history holds to answer with."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.agreement.life import lives
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.record import Record, Terms
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.snapshots.instants import to_micros
from predictive_scoring.snapshots.openness import Openness, openness


@dataclass(frozen=True)
class Question:
    """What is to be simulated."""

    bundle: Bundle
    rules: Version  # in force the whole time, whatever its date
    start: datetime
    until: datetime  # nothing that was recorded from here on is used, but to check the forecast
    said: pa.Table | None = None  # what sales said of leads in fact; whom it decides is not handed over
    with_points: bool = True  # hold it against a points table
    given: pa.Table | None = None  # whom sales were given in fact (`desk.GIVEN`); None: nobody noted it

    @property
    def horizon(self) -> int:
        """The target's horizon in microseconds."""
        return int(self.bundle.terms.target.horizon.total_seconds() * 1_000_000)

    @property
    def asked(self) -> Terms:
        """What is asked of those who are handed over."""
        return Terms(self.horizon, self.rules.hand_off.first_contact_hours, self.bundle.terms.interval_level)


@dataclass(frozen=True)
class World:
    """What a history says that the simulation asks of it."""

    history: History
    held: Openness
    lives: pa.Table
    record: Record  # before the question's `until`

    @classmethod
    def of(cls, history: History, question: Question) -> "World":
        """Return the world of a question.

        Raises
        ------
        ConfigurationError
            If the history is one flat table.
        """
        terms = question.bundle.terms
        found = lives(history, Agreement(versions=(question.rules,)), terms.snapshots.exclude)
        held = openness(history, terms.target, terms.snapshots)
        return cls(history, held, found, record_of(history, held, found, question, to_micros(question.until)))


def record_of(history: History, held: Openness, found: pa.Table, question: Question, until: int) -> Record:
    """Return what was on record before an instant of those of whom a question asks.

    Parameters
    ----------
    found
        What `agreement.life.lives` returned.
    """
    stage = question.bundle.terms.target.stage
    return Record.of(history, held, found, question.rules.hand_off, stage, until)
