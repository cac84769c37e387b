"""The rows of a query on PostgreSQL as text: read only, one snapshot for all tables, streamed.

A query goes through `COPY … TO STDOUT`, which sends rows as they are found: memory does not grow with the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as arrow_csv

from predictive_scoring.config.extract import Extract
from predictive_scoring.engine.duck import quoted
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError, counted
from predictive_scoring.sources.files import places_of

if TYPE_CHECKING:
    import psycopg

BLOCK_BYTES = 16 << 20  # a row must fit in one
BYTEA = 17  # its number in pg_type
SESSION = {
    "default_transaction_read_only": "on", "timezone": "UTC", "datestyle": "ISO, YMD", "intervalstyle": "iso_8601",
    "client_encoding": "UTF8", "extra_float_digits": "1",
}  # fmt: skip
OF_THE_QUERY = "42"  # the class of syntax errors, unknown names and missing rights: the message repeats the query only
SAID = {
    "password authentication failed": "wrong user or password",
    "no password supplied": "the address has no password and the server asks for one",
    "does not exist": "no such database or user",
    "timeout expired": "no answer in time",
    "Connection refused": "nothing listens there",
    "could not translate host name": "no such host",
    "failed to resolve host": "no such host",
    "No such file or directory": "nothing listens there",
    "no pg_hba.conf entry": "the server does not let this client in",
}


@contextmanager
def open_postgres(env: str, address: str, settings: Extract) -> "Iterator[psycopg.Connection]":
    """Yield a connection whose one transaction is read only and sees one snapshot, from its first query to its end.

    Parameters
    ----------
    env
        The environment variable that the address came from; messages name it, never the address.

    Raises
    ------
    SourceUnreachableError
        If the server cannot be reached or lets nobody in.
    """
    import psycopg  # noqa: PLC0415

    try:
        connection = psycopg.connect(address, connect_timeout=settings.connect_timeout_seconds)
    except psycopg.Error as error:
        raise _no_connection(env, str(error)) from None
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        limits = {"statement_timeout": f"{settings.statement_timeout_seconds}s"}
        for name, value in {**SESSION, **limits}.items():
            connection.execute("select set_config(%s, %s, false)", (name, value))
        yield connection
    finally:
        connection.close()


def _no_connection(env: str, text: str) -> SourceUnreachableError:
    """Return the error in words of our own: the driver's may repeat parts of the address."""
    found = next((said for sign, said in SAID.items() if sign in text), "the address cannot be used")
    return SourceUnreachableError(
        f"the database of {env} cannot be reached", found=found, fix=f"check the address in the variable {env}"
    )


def postgres_batches(
    connection: "psycopg.Connection",
    env: str,
    query: str,
    headers: Sequence[str],
    also: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield text columns `_c0` … and `_record`, the row's place in the answer.

    Every value is the server's own text for it: instants with a zone in UTC, numbers with all their digits.

    Raises
    ------
    ConfigurationError
        If the query is no single question, or would change something.
    SourceUnreachableError
        If the query fails, takes too long, or the connection breaks.
    DataContractError
        If the query lacks a header, gives bytes, text that is no UTF-8, or a row of more than 16 MB.
    """
    import psycopg  # noqa: PLC0415

    inner = query.strip().rstrip(";")
    name = Path(f"query on {env}")
    n_before = 0
    try:
        columns = _columns_of(connection, env, inner)
        names = [list(columns)[place] for place in places_of(headers, list(columns), name, also)]
        _refuse_bytes(env, {found: columns[found] for found in names})
        cells = ", ".join(f"cast({quoted(found)} as text)" for found in names)
        with connection.cursor() as cursor:
            statement = f"copy (select {cells} from ({inner}\n) as _rows) to stdout (format csv)"
            with cursor.copy(statement.encode()) as copy:
                for batch in _parsed(_Received(iter(copy)), len(names)):
                    record = pa.array(range(n_before + 1, n_before + 1 + batch.num_rows), pa.int64())
                    n_before += batch.num_rows
                    yield batch.append_column("_record", record)
    except psycopg.errors.CharacterNotInRepertoire:
        raise DataContractError(
            f"query on {env}: text that is not UTF-8 after row {n_before:,}",
            fix="the database says SQL_ASCII and holds other bytes: convert them in the query with convert_from()",
        ) from None
    except psycopg.Error as error:
        raise _failed(env, error, n_before) from None
    except pa.ArrowInvalid as error:
        raise DataContractError(
            f"query on {env}: cannot be parsed after row {n_before:,}",
            found=type(error).__name__, expected=f"rows of less than {BLOCK_BYTES >> 20} MB",
            fix="leave out columns of long text in the query, or cut them with left()",
        ) from None  # fmt: skip


def _columns_of(connection: "psycopg.Connection", env: str, query: str) -> dict[str, int]:
    """Return names and types of a query's columns from the server's description; nothing is run.

    A server prepares one statement at a time, so a text that holds several is refused here.
    """
    connection.execute("select 1")  # begins the transaction, if the session's settings have not
    described = connection.pgconn.prepare(b"", query.encode())
    if described.error_message:
        text = described.error_message.decode(errors="replace").splitlines()[0].removeprefix("ERROR:").strip()
        connection.rollback()
        state = (described.error_field(ord("C")) or b"").decode()
        if state.startswith(OF_THE_QUERY):
            raise SourceUnreachableError(f"query on {env}: cannot be run", found=f"{text} ({state})", fix=_FIX)
        raise SourceUnreachableError(f"query on {env}: cannot be run", found=f"SQLSTATE {state}", fix=_FIX)
    description = connection.pgconn.describe_prepared(b"")
    names = [(description.fname(i) or b"").decode() for i in range(description.nfields)]
    if not names:
        raise ConfigurationError(f"query on {env}: it asks for no rows", fix="write a query that selects")
    return {name: description.ftype(i) for i, name in enumerate(names)}


_FIX = "run the query in a client with the same user; correct it, or ask for the right to read"


def _refuse_bytes(env: str, columns: Mapping[str, int]) -> None:
    held = [name for name, kind in columns.items() if kind == BYTEA]
    if held:
        raise DataContractError(
            f"query on {env}: columns of bytes are no text: {held}", fix="make them text in the query"
        )


def _failed(env: str, error: "psycopg.Error", n_rows: int) -> SourceUnreachableError | ConfigurationError:
    """Return what stopped a query, without the server's text where that may quote a value."""
    import psycopg  # noqa: PLC0415

    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return ConfigurationError(f"query on {env}: it would change the database", fix="write a query that selects")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return SourceUnreachableError(
            f"query on {env}: stopped after {counted(n_rows, 'row')}, it took too long",
            fix="raise extract.statement_timeout_seconds, or ask for less",
        )
    state = error.sqlstate or "the connection broke"
    found = error.diag.message_primary if state.startswith(OF_THE_QUERY) else None
    return SourceUnreachableError(
        f"query on {env}: stopped after {counted(n_rows, 'row')}",
        found=f"{found} ({state})" if found else f"{type(error).__name__} ({state})",
        fix=_FIX if found else "run again when the server answers; nothing was written",
    )


class _Received:
    """What a COPY sends, as a file: the driver hands over a row at a time, the parser wants blocks."""

    closed = False

    def __init__(self, rows: Iterator[bytes | bytearray | memoryview]) -> None:
        self._rows = rows
        self._left = b""

    def read(self, n_bytes: int) -> bytes:
        """Return up to `n_bytes` further bytes; fewer only at the end."""
        blocks, size = [self._left], len(self._left)
        while size < n_bytes and (row := next(self._rows, None)) is not None:
            blocks.append(bytes(row))
            size += len(row)
        every = b"".join(blocks)
        self._left = every[n_bytes:]
        return every[:n_bytes]

    def close(self) -> None:
        """Do nothing: the cursor ends the COPY."""


def _parsed(received: _Received, n_columns: int) -> Iterator[pa.RecordBatch]:
    names = [f"_c{index}" for index in range(n_columns)]
    first = received.read(1)
    if not first:
        return
    received._left = first + received._left
    yield from arrow_csv.open_csv(
        pa.PythonFile(received, mode="r"),
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""],
            strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
