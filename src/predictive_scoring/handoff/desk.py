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
from predictive_scoring.snapshots.instants import DAY, Micros, micros_of, to_datetime, to_micros
from predictive_scoring.snapshots.labels import FIRST_MONDAY
from predictive_scoring.storage import read_parquet, write_parquet

WEEK: Final = 7 * DAY
HAND_OFFS: Final = "hand-offs.parquet"  # in a project's folder of sales
SAID: Final = "dispositions.csv"
GIVEN: Final = pa.schema(
    [
        ("lead_id", pa.string()),
        ("given_at", INSTANT),  # the instant of the scores that the lead was handed over from
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
        """Return the hand-offs of earlier nights; those of the night itself are made anew, however often it is run."""
        return self.given.filter(pc.less(self.given["given_at"], pa.scalar(as_of, INSTANT)))

    def this_week(self, as_of: datetime) -> pa.Table:
        """Return the hand-offs from Monday 00:00 UTC on that lie before an instant: they have used calls of its week.

        Examples
        --------
        >>> from datetime import UTC
        >>> days = [datetime(2025, 3, day, tzinfo=UTC) for day in (2, 3, 5, 6)]  # a Sunday, and days after it
        >>> desk = Desk(pa.table([pa.array("abcd"), pa.array(days, INSTANT), pa.array("AAAA")], schema=GIVEN))
        >>> desk.this_week(datetime(2025, 3, 6, tzinfo=UTC))["lead_id"].to_pylist()
        ['b', 'c']
        """
        at = to_micros(as_of)
        monday = to_datetime(at - (at - FIRST_MONDAY) % WEEK)
        before = self.before(as_of)
        return before.filter(pc.greater_equal(before["given_at"], pa.scalar(monday, INSTANT)))

    def last_given(self, leads: pa.Table, as_of: datetime) -> Micros:
        """Return by lead_no when each lead was last handed over before an instant, before `LONG_AGO` where never.

        Parameters
        ----------
        leads
            Every lead of the history in the order of lead_no. Whoever has left the history since is passed over.
        """
        return _latest(self.before(as_of), "given_at", leads)

    def last_word(self, leads: pa.Table) -> Micros:
        """Return by lead_no when sales last said anything of each lead, before `LONG_AGO` where they never did.

        A word is heard however late it was said: nobody is given anew what was answered meanwhile.
        """
        said = DISPOSITIONS.empty_table() if self.said is None else self.said
        return _latest(said, "decided_at", leads)


def _latest(rows: pa.Table, name: str, leads: pa.Table) -> Micros:
    """Return by lead_no the last instant of its rows."""
    here = pc.is_in(rows["lead_id"], leads["lead_id"].combine_chunks())
    latest = np.full(len(leads), LONG_AGO - 1, np.int64)
    np.maximum.at(latest, numbers_of(rows["lead_id"], leads), micros_of(rows[name].filter(here)))
    return latest


def numbers_of(lead_ids: pa.ChunkedArray, leads: pa.Table) -> NDArray[np.int64]:
    """Return the lead_no of those who are still in the history, in their order.

    Parameters
    ----------
    leads
        Every lead of the history in the order of lead_no.
    """
    place = pc.drop_null(pc.index_in(lead_ids, leads["lead_id"].combine_chunks()))
    return np.asarray(leads["lead_no"].take(place).to_numpy(), dtype=np.int64)


def desk_of(folder: Path, history: History) -> Desk:
    """Return what a project's folder of sales holds: the record of hand-offs and what they said, if any.

    Raises
    ------
    DataContractError
        If one of them breaks its rules.
    """
    said = folder / SAID
    words = read_dispositions(said, lead_ids(history)) if said.is_file() else None
    return Desk(read_given(folder / HAND_OFFS), words)


def read_given(path: Path) -> pa.Table:
    """Return the record of hand-offs, empty where none was written yet.

    Raises
    ------
    DataContractError
        If it is another table, or one of its cells is empty.
    """
    if not path.exists():
        return GIVEN.empty_table()
    found = read_parquet(path)
    empty = [name for name in found.column_names if found[name].null_count]
    if found.schema.remove_metadata() != GIVEN or empty:
        raise DataContractError(
            f"{path}: no record of hand-offs",
            found=f"columns {found.column_names}" + (f", empty cells in {empty}" if empty else ""),
            expected=[f"{item.name} ({item.type})" for item in GIVEN],
            fix="give the file that `agreement hand-off --record` wrote, or a new name",
        )
    return found


def record_given(path: Path, leads: list[tuple[str, str]], as_of: datetime) -> None:
    """Write the hand-offs of a night into the record, in place of what it held of that night.

    Parameters
    ----------
    leads
        Id and grade.

    Raises
    ------
    ConfigurationError
        If the record holds later nights: they were told who had been handed over before them.
    """
    known = read_given(path)
    refuse_later(known, as_of, path)
    rows = [{"lead_id": lead_id, "given_at": as_of, "grade": grade} for lead_id, grade in leads]
    night = pa.Table.from_pylist(rows, GIVEN)
    write_parquet(path, pa.concat_tables([Desk(known).before(as_of), night]).combine_chunks())


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
            fix="score anew, or look back without --record",
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
