"""Sales' desk: whom they were given and when, and what they said; without it every night hands over the same leads."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.dispositions import DISPOSITIONS, lead_ids, read_dispositions
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, micros_of, to_datetime, to_micros
from predictive_scoring.snapshots.labels import FIRST_MONDAY
from predictive_scoring.storage import read_parquet, write_parquet

WEEK: Final = 7 * DAY
HAND_OFFS: Final = "hand-offs.parquet"  # in a project's folder of sales
SAID: Final = "dispositions.csv"
GIVEN: Final = pa.schema(
    [
        ("lead_id", pa.string()),
        ("target", pa.string()),  # for which it was scored: a night may hand over by several
        ("given_at", INSTANT),  # the instant of the scores that it was handed over from
        ("grade", pa.string()),
    ]
)


@dataclass(frozen=True)
class Desk:
    """What is known of sales' side.

    Attributes
    ----------
    given
        The columns of `GIVEN`, a row a hand-off.
    said
        What `read_dispositions` returned; None: nobody asked them.
    """

    given: pa.Table = field(default_factory=GIVEN.empty_table)
    said: pa.Table | None = None

    def before(self, as_of: datetime) -> pa.Table:
        """Return the hand-offs of earlier nights."""
        return self.given.filter(pc.less(self.given["given_at"], pa.scalar(as_of, INSTANT)))

    def tonight(self, as_of: datetime, target: str) -> pa.Table:
        """Return what this very run handed over when it ran before: they stay handed over."""
        return self.given.filter(self._is_tonights(as_of, target))

    def others(self, as_of: datetime, target: str) -> pa.Table:
        """Return the hand-offs of earlier nights, and tonight's for other targets."""
        until = pc.less_equal(self.given["given_at"], pa.scalar(as_of, INSTANT))
        return self.given.filter(pc.and_not(until, self._is_tonights(as_of, target)))

    def _is_tonights(self, as_of: datetime, target: str) -> pa.ChunkedArray:
        same_night = pc.equal(self.given["given_at"], pa.scalar(as_of, INSTANT))
        return pc.and_(same_night, pc.equal(self.given["target"], target))

    def last_word(self, leads: pa.Table, as_of: datetime) -> Micros:
        """Return by lead_no when sales last said anything of each lead before an instant; `latest_of` for the rest."""
        said = DISPOSITIONS.empty_table() if self.said is None else self.said
        return latest_of(said.filter(pc.less(said["decided_at"], pa.scalar(as_of, INSTANT))), "decided_at", leads)


def of_the_week(given: pa.Table, as_of: datetime) -> pa.Table:
    """Return the hand-offs since Monday 00:00 UTC of an instant's week: they have used calls of it.

    Examples
    --------
    >>> from datetime import UTC
    >>> days = [datetime(2025, 3, day, tzinfo=UTC) for day in (2, 3, 5)]  # a Sunday, and days after it
    >>> rows = [{"lead_id": name, "given_at": day} for name, day in zip("abc", days, strict=True)]
    >>> of_the_week(pa.Table.from_pylist(rows, GIVEN), datetime(2025, 3, 6, tzinfo=UTC))["lead_id"].to_pylist()
    ['b', 'c']
    """
    at = to_micros(as_of)
    monday = to_datetime(at - (at - FIRST_MONDAY) % WEEK)
    return given.filter(pc.greater_equal(given["given_at"], pa.scalar(monday, INSTANT)))


def latest_of(rows: pa.Table, name: str, leads: pa.Table) -> Micros:
    """Return by lead_no the last instant of its rows, before `LONG_AGO` where it has none.

    Parameters
    ----------
    leads
        Every lead of the history in the order of lead_no. Whoever has left the history since is passed over.
    """
    here = pc.is_in(rows["lead_id"], leads["lead_id"].combine_chunks())
    latest = np.full(len(leads), LONG_AGO - 1, np.int64)
    np.maximum.at(latest, numbers_of(rows["lead_id"], leads), micros_of(rows[name].filter(here)))
    return latest


def first_given(given: pa.Table, history: History, span: tuple[int, int]) -> Micros:
    """Return by lead_no when each was first handed over from a start until before an end, `NEVER` where it was not."""
    leads = read_parquet(history.path("leads"), ["lead_no", "lead_id"]).sort_by("lead_no")
    at = micros_of(given["given_at"])
    mine = given.filter(pa.array((at >= span[0]) & (at < span[1])))
    mine = mine.filter(pc.is_in(mine["lead_id"], leads["lead_id"].combine_chunks()))
    first = np.full(len(leads), NEVER, np.int64)
    np.minimum.at(first, numbers_of(mine["lead_id"], leads), micros_of(mine["given_at"]))
    return first


def numbers_of(lead_ids: pa.ChunkedArray, leads: pa.Table) -> NDArray[np.int64]:
    """Return the lead_no of those who are still in the history, in their order.

    Parameters
    ----------
    leads
        Every lead of the history in the order of lead_no.
    """
    place = pc.drop_null(pc.index_in(lead_ids, leads["lead_id"].combine_chunks()))
    return np.asarray(leads["lead_no"].take(place).to_numpy(), dtype=np.int64)


def desk_of(history: History, record: Path | None, dispositions: Path | None, *, begins: bool = False) -> Desk:
    """Return what a record of hand-offs and a table of dispositions say; neither need be given.

    Parameters
    ----------
    begins
        Whether the record may not be there yet: who only reads it has misspelt its name.

    Raises
    ------
    SourceUnreachableError
        If one is given and is not there.
    DataContractError
        If one of them breaks its rules. Sales may have spoken of a lead that has left the history since, if the record
        knows it: an erased person stops no job.
    """
    given = GIVEN.empty_table() if record is None else read_given(record, begins=begins)
    if dispositions is None:
        return Desk(given)
    here = lead_ids(history)
    said = read_dispositions(dispositions, pa.chunked_array([*here.chunks, *given["lead_id"].chunks], pa.string()))
    return Desk(given, said.filter(pc.is_in(said["lead_id"], here.combine_chunks())))


def desk_in(folder: Path, history: History) -> Desk:
    """Return the desk of a project's folder of sales, in which neither file need be there."""
    files = [path if path.is_file() else None for path in (folder / HAND_OFFS, folder / SAID)]
    return desk_of(history, *files)


def read_given(path: Path, *, begins: bool = False) -> pa.Table:
    """Return the record of hand-offs, empty where none was written yet and it begins now.

    Raises
    ------
    SourceUnreachableError
        If it is not there.
    DataContractError
        If it is unreadable or another table, or one of its cells is empty.
    """
    if begins and not path.exists():
        return GIVEN.empty_table()
    try:
        found = read_parquet(path)
    except pa.ArrowInvalid:
        raise DataContractError(
            f"{path}: not readable as Parquet",
            found=f"{path.stat().st_size:,} bytes",
            fix="bring the record back from a copy: without it the same leads are handed over again",
        ) from None
    empty = [name for name in found.column_names if found[name].null_count]
    if found.schema.remove_metadata() != GIVEN or empty:
        raise DataContractError(
            f"{path}: no record of hand-offs",
            found=f"columns {found.column_names}" + (f", empty cells in {empty}" if empty else ""),
            expected=[f"{item.name} ({item.type})" for item in GIVEN],
            fix="give the file that `agreement hand-off --record` wrote, or a new name",
        )
    return found


def record_given(path: Path, target: str, leads: list[tuple[str, str]], as_of: datetime) -> None:
    """Add a night's hand-offs to the record; whom it holds for that night and target already stays there, once.

    Parameters
    ----------
    leads
        Id and grade.

    Raises
    ------
    ConfigurationError
        If the record holds later nights: they were told who had been handed over before them.
    """
    known = read_given(path, begins=True)
    refuse_later(known, as_of, path)
    there = set(Desk(known).tonight(as_of, target)["lead_id"].to_pylist())
    rows = [
        {"lead_id": lead_id, "target": target, "given_at": as_of, "grade": grade}
        for lead_id, grade in leads
        if lead_id not in there
    ]
    write_parquet(path, pa.concat_tables([known, pa.Table.from_pylist(rows, GIVEN)]).combine_chunks())


def refuse_later(given: pa.Table, as_of: datetime, path: Path) -> None:
    """Return nothing if a record ends before a night or with it.

    Raises
    ------
    ConfigurationError
        If it does not.
    """
    latest = pc.max(given["given_at"]).as_py()
    if latest is not None and latest > as_of:
        raise ConfigurationError(
            f"{path}: it holds hand-offs of a later night than these scores",
            found=f"{latest:%Y-%m-%d %H:%M} UTC",
            expected=f"none after {as_of:%Y-%m-%d %H:%M} UTC",
            fix="score anew, or look back without --record; if that night was a mistake, move the record aside",
        )


def lies_unanswered(given: Micros, word: Micros) -> NDArray[np.bool_]:
    """Return who was handed over and of whom sales have said nothing since.

    Examples
    --------
    >>> never = LONG_AGO - 1
    >>> lies_unanswered(np.array([never, 5, 5]), np.array([never, never, 6])).tolist()
    [False, True, False]
    """
    return np.asarray((given >= LONG_AGO) & (word < given))
