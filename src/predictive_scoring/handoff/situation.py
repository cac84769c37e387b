"""Who is on the table: the leads that were scored, their state in the life cycle, and who must not be shown."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.agreement.life import lives, states_at
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.errors import DataContractError, counted
from predictive_scoring.handoff.desk import Desk
from predictive_scoring.scoring.brief import refuse_not_scored
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.snapshots.exclusions import CUSTOMER
from predictive_scoring.snapshots.instants import NEVER, to_micros
from predictive_scoring.snapshots.openness import END_STAGE, openness
from predictive_scoring.storage import read_parquet

COLUMNS = [
    "lead_id", "rank", "grade", "probability", "probability_low", "probability_high", "score", "fit", "engagement",
    "base_probability", "reasons",
]  # fmt: skip


@dataclass(frozen=True)
class Situation:
    """What a hand-off starts from, as of the instant of the scores.

    Attributes
    ----------
    people
        The scored leads that may be shown, best first: the columns of the scores, lead_no, account_no and state.
    leads
        Every lead of the history: lead_no, account_no, lead_id, in the order of lead_no.
    hidden
        By lead_no: has opted out, however late that became known, or a rule keeps it out. Such people are in no list,
        and not even counted among colleagues.
    desk
        Whom sales were given before, and what they said.
    """

    history: History
    finished: FinishedScores
    agreement: Agreement
    lives: pa.Table
    people: pa.Table
    leads: pa.Table
    hidden: NDArray[np.bool_]
    desk: Desk = field(default_factory=Desk)

    @property
    def as_of(self) -> datetime:
        """The instant of the scores."""
        return self.finished.as_of

    @property
    def version(self) -> Version:
        """The version of the agreement in force on that day."""
        return self.agreement.on(self.as_of.date())


def situation(
    history: History, scores: Path, agreement: Agreement, terms: tuple[Target, Snapshots], desk: Desk | None = None
) -> Situation:
    """Return what a hand-off starts from.

    Parameters
    ----------
    terms
        The target that was scored, and who is looked at.
    desk
        Whom sales were given before, and what they said; by default nobody and nothing.

    Raises
    ------
    ConfigurationError
        If the history is one flat table: it has no life cycle.
    DataContractError
        If the scores hold a lead that was not to be scored, or that this history does not have.
    """
    target, policy = terms
    walked = lives(history, agreement, policy.exclude)
    finished = FinishedScores.load(scores, COLUMNS, ["expected_value"])
    refuse_not_scored(finished)
    leads = read_parquet(history.path("leads"), ["lead_no", "account_no", "lead_id"]).sort_by("lead_no")
    place = pc.index_in(finished.scores["lead_id"], leads["lead_id"].combine_chunks())
    if place.null_count:
        raise DataContractError(
            f"{scores}: {counted(place.null_count, 'scored lead')} of {len(finished.scores):,} not in this history",
            expected=f"scores of '{history.facts.name}'",
            fix="score this source, or give the source that was scored",
        )
    numbers = place.to_numpy(zero_copy_only=False).astype(np.int64)
    hidden = hidden_people(history, target, policy, finished.as_of)
    people = (
        finished.scores.append_column("lead_no", pa.array(numbers))
        .append_column("account_no", leads["account_no"].take(pa.array(numbers)))
        .append_column("state", pa.array(_states(walked, finished.as_of, len(leads))[numbers]))
        .filter(pa.array(~hidden[numbers]))
    )
    return Situation(history, finished, agreement, walked, people, leads, hidden, desk or Desk())


def hidden_people(history: History, target: Target, policy: Snapshots, as_of: datetime) -> NDArray[np.bool_]:
    """Return by lead_no who must not be shown: opted out, however late that became known, or kept out by a rule.

    Whoever was lost or is a customer, or whose colleague is, may be spoken of.
    """
    held = openness(history, target, policy)
    kept_out = [
        since < to_micros(as_of) for rule, since in held.exclusions.items() if rule not in {END_STAGE, CUSTOMER}
    ]
    return np.asarray(np.logical_or.reduce([held.opted_out < NEVER, *kept_out]))


def _states(walked: pa.Table, as_of: datetime, n_leads: int) -> NDArray[np.int8]:
    now = states_at(walked, as_of)
    states = np.full(n_leads, -1, np.int8)
    states[now["lead_no"].to_numpy()] = now["state"].to_numpy()
    return states
