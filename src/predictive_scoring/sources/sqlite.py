"""The rows of a query on an SQLite file, each value as the text of what is stored."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from predictive_scoring.engine.duck import quoted
from predictive_scoring.errors import DataContractError, SourceUnreachableError
from predictive_scoring.sources.files import places_of

N_ROWS_A_BATCH = 50_000


def open_sqlite(file: Path) -> sqlite3.Connection:
    """Return a connection that can only read; every query on it sees the same snapshot of the file.

    Raises
    ------
    SourceUnreachableError
        If the file is not there or cannot be opened.
    """
    if not file.is_file():
        raise SourceUnreachableError(f"{file}: no such file", fix="correct connection: {sqlite: …} in the source file")
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        connection.execute("pragma query_only = on")
        connection.execute("begin")
    except sqlite3.Error as error:
        raise _unreachable(file, error) from None
    return connection


def sqlite_batches(
    connection: sqlite3.Connection,
    file: Path,
    query: str,
    headers: Sequence[str],
    also: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield text columns `_c0` … and `_record`, the row's place in the answer.

    Raises
    ------
    SourceUnreachableError
        If the query cannot be run, or the file is locked or damaged.
    DataContractError
        If the query lacks a header, or a column holds bytes.
    """
    n_before = 0
    inner = f"({query.strip().rstrip(';')}\n)"
    try:
        found = [column[0] for column in connection.execute(f"select * from {inner} limit 0").description]
        names = [quoted(found[place]) for place in places_of(headers, found, file, also)]
        cells = ", ".join(_as_text(name) for name in names)
        types = " + ".join(f"(typeof({name}) = 'blob')" for name in names)
        rows = connection.execute(f"select {cells}, {types} from {inner}")
        while batch := rows.fetchmany(N_ROWS_A_BATCH):
            *columns, n_blobs = zip(*batch, strict=True)
            if any(n_blobs):
                raise DataContractError(f"{file.name}: the query gives bytes, not text", fix="leave them out")
            text = {f"_c{i}": pa.array(column, pa.string()) for i, column in enumerate(columns)}
            record = pa.array(range(n_before + 1, n_before + 1 + len(batch)), pa.int64())
            n_before += len(batch)
            yield pa.RecordBatch.from_pydict({**text, "_record": record})
    except sqlite3.Error as error:
        if "decode to UTF-8" in str(error):
            raise DataContractError(
                f"{file.name}: text that is not UTF-8 after row {n_before:,}",
                fix="write it to the database as UTF-8 anew, or leave the column out of the query",
            ) from None
        raise _unreachable(file, error) from None


def _as_text(name: str) -> str:
    """Return SQL for a value as text; SQLite writes reals with 15 digits, so those that need 17 get them."""
    short = f"cast({name} as text)"
    real = f"case when cast({short} as real) = {name} then {short} else printf('%!.17g', {name}) end"
    return f"case typeof({name}) when 'real' then {real} when 'blob' then null else {short} end"


def _unreachable(file: Path, error: sqlite3.Error) -> SourceUnreachableError:
    """Return the error without SQLite's text where that may quote a value."""
    text = str(error)
    is_about_the_query = text.startswith(("no such", "near ", "ambiguous", "incomplete input", "attempt to write"))
    return SourceUnreachableError(
        f"{file.name}: the query could not be read",
        found=text if is_about_the_query else f"{type(error).__name__} ({error.sqlite_errorname})"
        if hasattr(error, "sqlite_errorname") else type(error).__name__,
        fix="run the query in a client of SQLite; the file is opened for reading only",
    )  # fmt: skip
