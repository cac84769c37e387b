"""What sales said of the leads they were given: a small table, read strictly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError, counted
from predictive_scoring.storage import read_parquet

ACCEPTED, REJECTED, NO_CONTACT = "accepted", "rejected", "no_contact"
DECISIONS: Final = (ACCEPTED, REJECTED, NO_CONTACT)
REQUIRED: Final = ("lead_id", "decided_at", "decision")
DISPOSITIONS = pa.schema(
    [
        ("lead_id", pa.string()),
        ("decided_at", INSTANT),
        ("decision", pa.string()),  # one of DECISIONS
        ("reason", pa.string()),  # null: none was given
        ("by_team", pa.string()),
    ]
)
_N_LINES = 5
_DAY = r"\s*\d{4}-\d{2}-\d{2}\s*"
_LAST_MOMENT = 86_400_000_000 - 1  # of a day, in microseconds


def read_dispositions(path: Path, known_leads: pa.ChunkedArray) -> pa.Table:
    """Return what sales said, oldest first, from CSV or Parquet; an instant without an offset is in UTC.

    A day without a time is its last moment: what was said on it is known once it is over.

    Parameters
    ----------
    known_leads
        Every lead_id of the history.

    Raises
    ------
    SourceUnreachableError
        If there is no such file.
    ConfigurationError
        If it is of another format.
    DataContractError
        Listing every rule that rows break, with their number and the first lines; no value of a person is shown.
    """
    if not path.is_file():
        raise SourceUnreachableError(f"{path}: no such file", fix="give a table of lead_id, decided_at, decision")
    rows = _text_rows(path)
    missing = [name for name in REQUIRED if name not in rows.column_names]
    if missing:
        raise DataContractError(
            f"{path}: {counted(len(missing), 'column')} missing: {missing}",
            found=rows.column_names,
            expected=list(DISPOSITIONS.names),
            fix="name the columns so; reason and by_team may be left out",
        )
    typed = _typed(rows)
    problems = list(_problems(typed, known_leads))
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise DataContractError(
            f"{path}: {counted(len(problems), 'rule')} broken\n{listed}",
            expected=f"lead_id of the history, decided_at as 2025-03-01T09:30:00Z, decision one of {list(DECISIONS)}",
            fix="mend the lines, or take them out",
        )
    return typed.sort_by([("decided_at", "ascending"), ("lead_id", "ascending")])


def _text_rows(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return read_parquet(path)
    if path.suffix != ".csv":
        raise ConfigurationError(
            f"{path.name}: neither CSV nor Parquet", expected="a name that ends in .csv or .parquet"
        )
    try:
        with pa_csv.open_csv(path) as reader:
            names = reader.schema.names
        types = dict.fromkeys(names, pa.string())
        wanted = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
        return pa_csv.read_csv(path, convert_options=wanted)
    except pa.ArrowInvalid as error:
        raise DataContractError(
            f"{path}: not readable as CSV",
            found="nothing stands in it" if path.stat().st_size == 0 else type(error).__name__,
            fix="save it as UTF-8 CSV",
        ) from None


def _typed(rows: pa.Table) -> pa.Table:
    columns: dict[str, Any] = {
        name: rows[name].cast(pa.string()) if name in rows.column_names and name != "decided_at"
        else pa.nulls(rows.num_rows, pa.string())
        for name in DISPOSITIONS.names
    }  # fmt: skip
    given = rows["decided_at"].to_pandas()
    is_instant = given.dtype.kind == "M"
    at = pd.to_datetime(given, format=None if is_instant else "ISO8601", utc=True, errors="coerce")
    if not is_instant:
        at += pd.to_timedelta(np.where(given.astype(str).str.fullmatch(_DAY), _LAST_MOMENT, 0), unit="us")
    naive = pa.array(at.dt.tz_convert(None).astype("datetime64[us]").to_numpy())  # not a time is null
    columns["decided_at"] = naive.cast(INSTANT)
    columns["decision"] = pc.utf8_lower(pc.utf8_trim_whitespace(columns["decision"]))
    return pa.table(columns, schema=DISPOSITIONS)


def _problems(typed: pa.Table, known_leads: pa.ChunkedArray) -> Iterator[str]:
    names = typed["lead_id"]
    strangers = ~pc.is_in(names, known_leads.combine_chunks()).to_numpy(zero_copy_only=False)
    nameless = pc.is_null(names).to_numpy(zero_copy_only=False)
    undecided = ~pc.is_in(typed["decision"], pa.array(DECISIONS)).to_numpy(zero_copy_only=False)
    rules = {
        "no lead_id": nameless,
        "lead_id is of no lead of the history": strangers & ~nameless,
        "decided_at is no instant": pc.is_null(typed["decided_at"]).to_numpy(zero_copy_only=False),
        "decision is none of those known": undecided,
        "lead_id has two decisions at one decided_at": _contradicted(typed),
    }
    for rule, broken in rules.items():
        if n := int(broken.sum()):
            lines = f"lines {(np.flatnonzero(broken)[:_N_LINES] + 2).tolist()}"  # line 1 is the header
            yield f"{rule}: {counted(n, 'row')}, the first on {lines}"


def _contradicted(typed: pa.Table) -> NDArray[np.bool_]:
    """Return which rows say of a lead what another denies at the same instant: neither is the last word."""
    rows = typed.select(["lead_id", "decided_at", "decision"]).to_pandas().dropna()
    at_once = rows.duplicated(["lead_id", "decided_at"], keep=False)
    return np.isin(np.arange(len(typed)), rows.index[at_once & ~rows.duplicated(keep=False)])


def latest(dispositions: pa.Table) -> pa.Table:
    """Return the last word on each lead."""
    ids = dispositions["lead_id"].to_numpy(zero_copy_only=False)
    _, from_end = np.unique(ids[::-1], return_index=True)
    return dispositions.take(pa.array(np.sort(len(ids) - 1 - from_end)))


def lead_ids(history: History) -> pa.ChunkedArray:
    """Return every lead_id of a history."""
    return read_parquet(history.path("leads"), ["lead_id"])["lead_id"]
