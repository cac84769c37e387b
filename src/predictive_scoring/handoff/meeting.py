"""The next meeting of marketing and sales: acceptance, what became of the hand-offs, and where they disagreed."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.held import as_told
from predictive_scoring.agreement.life import lives
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.acceptance import Disagreement, Rate, acceptance, disagreements, judged, n_not_reached
from predictive_scoring.handoff.contacts import Clock, Work, hand_offs, last_words, work_done
from predictive_scoring.handoff.desk import Desk
from predictive_scoring.handoff.dispositions import DISPOSITIONS
from predictive_scoring.snapshots.instants import micros_of, to_micros
from predictive_scoring.storage import read_parquet


@dataclass(frozen=True)
class Meeting:
    """What lies on the table."""

    as_of: datetime
    n_decided: int
    n_not_reached: int
    n_later: int  # decisions at or after as_of, which are left out
    acceptance: dict[str, list[Rate]]  # by grade, reason, and an attribute
    clock: Clock  # whether `work` is about whom the record says was handed over, or everybody who was ever qualified
    work: dict[str, int]  # by `Work`
    disagreements: list[Disagreement]


@dataclass(frozen=True)
class Table:
    """Who sits at it: as of when, what to tell apart, and who is not spoken of."""

    as_of: datetime
    hidden: NDArray[np.bool_]  # by lead_no
    rules: Exclude  # who is no lead
    by: str = ""  # a category of leads; "" for none


def meeting(history: History, agreement: Agreement, desk: Desk, folders: list[Path], at: Table) -> Meeting:
    """Return what marketing and sales should look at together, by what was known before an instant.

    Parameters
    ----------
    desk
        What sales said, and the record of hand-offs if there is one.
    folders
        Finished folders of scores, or folders of such: they say which grade a lead had when sales spoke.

    Raises
    ------
    ConfigurationError
        If `at.by` is no category of leads.
    """
    as_of, by = at.as_of, at.by
    said = DISPOSITIONS.empty_table() if desk.said is None else desk.said
    walked = as_told(lives(history, agreement, at.rules), as_of)
    stages = agreement.on(as_of.date()).stages.customer
    table = judged(history, said, folders, stages, as_of)
    if by and by not in table.column_names:
        raise ConfigurationError(f"--by {by}: no category of leads that is known when it was written")
    given = hand_offs(history, walked, agreement, as_of, desk.given)
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"])
    done = work_done(given, walked, as_of, last_words(said, leads, as_of))
    names, counts = np.unique(done, return_counts=True)
    found = dict(zip(map(str, names), map(int, counts), strict=True))
    missed = n_not_reached(table)
    return Meeting(
        as_of=as_of,
        n_decided=table.num_rows - missed,
        n_not_reached=missed,
        n_later=int((micros_of(said["decided_at"]) >= to_micros(as_of)).sum()),
        acceptance={name: acceptance(table, name) for name in ("grade", *([by] if by else []), "reason")},
        clock=given.clock,
        work={str(work): found.get(str(work), 0) for work in Work},
        disagreements=disagreements(table.filter(pa.array(~at.hidden[table["lead_no"].to_numpy()])), agreement),
    )
