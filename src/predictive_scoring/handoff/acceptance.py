"""How often sales accept, by grade, channel and reason, and where score and sales disagreed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff.dispositions import ACCEPTED, NO_CONTACT, REJECTED, latest
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.run_key import MANIFEST
from predictive_scoring.snapshots.instants import NEVER, micros_of, to_micros
from predictive_scoring.storage import read_parquet

LEVEL = 0.95
NOT_KNOWN = "?"


@dataclass(frozen=True)
class Rate:
    """A share with its interval, which draws accounts."""

    value: str  # of what it was counted by
    n: int
    n_hits: int
    share: float
    low: float
    high: float


class Dispute(StrEnum):
    """How score and sales disagreed, and whether history has decided since; what it has decided comes first."""

    REJECTED_AND_WON = "rejected_and_won"  # against sales' word, of any grade that is handed over
    ACCEPTED_AND_WON = "accepted_and_won"  # against the score's: a grade that is not handed over
    REJECTED = "rejected"  # the best grade, and nobody knows yet
    ACCEPTED = "accepted"

    @property
    def is_decided(self) -> bool:
        """Whether the lead converted after sales spoke."""
        return self in (Dispute.REJECTED_AND_WON, Dispute.ACCEPTED_AND_WON)


@dataclass(frozen=True)
class Disagreement:
    """A lead of which score and sales thought differently."""

    kind: Dispute
    lead_id: str
    grade: str
    decision: str
    reason: str
    decided_at: datetime
    converted_at: datetime | None  # after sales spoke; None: not by the meeting


def grades_before(folders: list[Path], said: pa.Table) -> list[str]:
    """Return the grade that each lead had when sales spoke, from the newest scores before; `?` where there are none.

    Parameters
    ----------
    folders
        Finished folders of scores, or folders of such.
    """
    nights = [_scored(folder) for folder in finished_folders(folders)]
    scores = pd.concat(nights).sort_values("as_of", kind="stable")
    asked = said.select(["lead_id", "decided_at"]).to_pandas().reset_index().sort_values("decided_at", kind="stable")
    joined = pd.merge_asof(asked, scores, left_on="decided_at", right_on="as_of", by="lead_id")
    return joined.sort_values("index")["grade"].fillna(NOT_KNOWN).tolist()


def finished_folders(folders: list[Path]) -> list[Path]:
    """Return every finished folder of scores among folders and their children.

    Raises
    ------
    SourceUnreachableError
        If there is none.
    """
    found = [
        place
        for folder in folders
        for place in (folder, *sorted(folder.glob("*/")))
        if (place / MANIFEST).is_file() and not place.is_symlink()
    ]
    if not found:
        raise SourceUnreachableError("no finished scores", found=[str(folder) for folder in folders],
                                     fix="give folders that `predictive-scoring score` wrote")  # fmt: skip
    return found


def _scored(folder: Path) -> pd.DataFrame:
    finished = FinishedScores.load(folder, ["lead_id", "as_of", "grade"])
    frame: pd.DataFrame = finished.scores.select(["lead_id", "as_of", "grade"]).to_pandas()
    return frame


def judged(history: History, said: pa.Table, folders: list[Path], stages: tuple[str, ...], as_of: datetime) -> pa.Table:
    """Return sales' last word on each lead with what it is counted by.

    Parameters
    ----------
    said
        What `read_dispositions` returned; what was said at or after `as_of` is left out.
    stages
        Of a customer.

    Returns
    -------
    pyarrow.Table
        The columns of the dispositions, lead_no, account_no, grade, converted_at (null: not by as_of) and the
        categories of leads.
    """
    final = latest(said.filter(pc.less(said["decided_at"], pa.scalar(as_of, INSTANT))))
    leads = read_parquet(history.path("leads"))
    place = pc.index_in(final["lead_id"], leads["lead_id"].combine_chunks())
    names = [item.name for item in history.facts.attributes
             if item.table == "leads" and item.type == "category" and item.may_be_a_feature]  # fmt: skip
    for name in ("lead_no", "account_no", *names):
        final = final.append_column(name, leads[name].take(place))
    first = _converted(history, stages, as_of, len(leads))[final["lead_no"].to_numpy()]
    final = final.append_column("converted_at", pa.array(first, mask=first == NEVER).cast(INSTANT))
    return final.append_column("grade", pa.array(grades_before(folders, final), pa.string()))


def _converted(history: History, stages: tuple[str, ...], as_of: datetime, n_leads: int) -> "np.ndarray[Any, Any]":
    rows = read_parquet(history.path("outcomes"), ["lead_no", "known_at", "stage"])
    rows = rows.filter(pc.is_in(rows["stage"], pa.array(stages, pa.string())))
    known = micros_of(rows["known_at"])
    first = np.full(n_leads, NEVER, np.int64)
    early = known < to_micros(as_of)
    np.minimum.at(first, rows["lead_no"].to_numpy()[early], known[early])
    return first


def acceptance(table: pa.Table, by: str) -> list[Rate]:
    """Return of those whom sales accepted or rejected, the share accepted, by the values of a column.

    By reason it is the share of all decisions that were rejections for that reason.
    """
    final = table.filter(pc.is_in(table["decision"], pa.array((ACCEPTED, REJECTED))))
    whose = Whose(final["lead_id"].to_numpy(zero_copy_only=False), final["account_no"].to_numpy())
    values = pc.fill_null(final[by], NOT_KNOWN).to_numpy(zero_copy_only=False)
    decision = final["decision"].to_numpy(zero_copy_only=False)
    if by == "reason":
        why = np.unique(values[decision == REJECTED])
        return [_rate(str(value), (values == value) & (decision == REJECTED), whose) for value in why]
    return [
        _rate(str(value), (decision == ACCEPTED)[values == value], whose[values == value])
        for value in np.unique(values)
    ]


def _rate(value: str, hits: "np.ndarray[Any, Any]", whose: Whose) -> Rate:
    found = rate_of_leads(hits.astype(float), whose, LEVEL)
    return Rate(value, len(hits), int(hits.sum()), float(found["rate"]), float(found["low"]), float(found["high"]))


def disagreements(table: pa.Table, agreement: Agreement) -> list[Disagreement]:
    """Return what to talk about: who converted after a no, the best grade rejected, a grade accepted that is not given.

    Grades are those which the agreement hands over in the version of the day on which sales spoke. Of whom history has
    not decided only the best of them is a disagreement: that some of the others are refused is what a grade is for.
    A lead without a letter is none: its score says too little to be disagreed with.

    Parameters
    ----------
    table
        What `judged` returned.

    Returns
    -------
    list
        First those that history has decided since, against either's word: the lead converted. Then the others. The
        newest decision first.
    """
    found = [
        Disagreement(
            kind, row["lead_id"], row["grade"], row["decision"], row["reason"] or "", row["decided_at"],
            row["converted_at"] if kind.is_decided else None,
        )
        for row in table.sort_by([("decided_at", "descending"), ("lead_id", "ascending")]).to_pylist()
        if (kind := _dispute(row, agreement.on(row["decided_at"].date()).hand_off.grades)) is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.kind.is_decided)


def _dispute(row: dict[str, Any], handed_over: tuple[str, ...]) -> Dispute | None:
    won_later = row["converted_at"] is not None and row["converted_at"] > row["decided_at"]
    if row["decision"] == REJECTED and won_later and row["grade"] in handed_over:
        return Dispute.REJECTED_AND_WON
    if row["decision"] == REJECTED and not won_later and row["grade"] == min(handed_over):
        return Dispute.REJECTED
    if row["decision"] == ACCEPTED and row["grade"] not in (*handed_over, NOT_KNOWN):
        return Dispute.ACCEPTED_AND_WON if won_later else Dispute.ACCEPTED
    return None


def n_not_reached(table: pa.Table) -> int:
    """Return how many sales could not reach: neither accepted nor rejected."""
    return int(pc.sum(pc.equal(table["decision"], NO_CONTACT)).as_py() or 0)
