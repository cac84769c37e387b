"""A DuckDB session with bounded memory, two threads, UTC and no reach to the network."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa

from predictive_scoring.errors import DataContractError, MachineError
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import write_parquet_stream

OUT_OF_MEMORY = "Out of Memory Error"
REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO, errno.EROFS, errno.EACCES)  # of the system


class Engine:
    """Runs SQL over Arrow tables and Parquet files; made by `open_engine`, and closed by it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self.scratch = scratch  # a folder that goes with the session

    def execute(self, statement: str) -> None:
        """Run a statement that returns no rows."""
        self._connection.execute(statement)

    def sql(self, query: str, **tables: pa.Table) -> pa.Table:
        """Return a query's rows; each keyword is a table that the query may name.

        Examples
        --------
        >>> with open_engine() as engine:
        ...     engine.sql("select max(x) as largest from given", given=pa.table({"x": [1, 2]})).to_pylist()
        [{'largest': 2}]
        """
        with self._registered(tables):
            return self._connection.sql(query).to_arrow_table()

    def scalar(self, query: str) -> int:
        """Return the one whole number that a query selects; null counts as 0."""
        rows = self._connection.execute(query).fetchall()
        return int(rows[0][0] or 0) if rows else 0

    def load(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Keep rows as a table of the session; a reader is streamed, so it never lies in memory whole."""
        with self._registered({"_loading": rows}):
            self.execute(f"create or replace table {quoted(name)} as select * from _loading")

    def execute_over(self, statement: str, batches: Iterator[pa.RecordBatch]) -> None:
        """Run a statement over batches that it names `given`, as they come; without a batch it does nothing.

        Raises
        ------
        Exception
            What the batches raise, as they raised it.
        """
        with self._given(batches) as has_any:
            if has_any:
                self.execute(statement)

    def stream_over(self, query: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query over batches that it names `given`, as they come; nothing without a batch.

        Raises
        ------
        Exception
            What the batches raise, as they raised it.
        """
        with self._given(batches) as has_any:
            if has_any:
                yield from self.stream(query)

    def append(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Add rows to a table of the session, by column name."""
        with self._registered({"_loading": rows}):
            self.execute(f"insert into {quoted(name)} by name select * from _loading")

    def stream(self, query: str) -> pa.RecordBatchReader:
        """Return a query's rows as a stream of batches; read it before the next call."""
        return pa.RecordBatchReader.from_stream(self._connection.sql(query))

    def write_parquet(self, query: str, path: Path, schema: pa.Schema | None = None) -> None:
        """Write a query's rows as Parquet with page checksums; give it a total `order by` for the same bytes each time.

        Raises
        ------
        DataContractError
            If the rows do not have the columns of `schema`, in its order.
        """
        rows = self.stream(query)
        if schema is not None and rows.schema.names != schema.names:
            raise DataContractError(
                f"{path.name}: other columns than declared", found=rows.schema.names, expected=schema.names
            )
        write_parquet_stream(path, rows, schema or rows.schema)

    @contextmanager
    def _given(self, batches: Iterator[pa.RecordBatch]) -> Iterator[bool]:
        """Let a statement name the batches `given` and yield whether there is one; raise what they raise as it was."""
        first = next(batches, None)
        if first is None:
            yield False
            return
        relay = _Relay(chain([first], batches))
        with (
            self._registered({"given": pa.RecordBatchReader.from_batches(first.schema, relay)}),
            self._joins_as_written(),
        ):
            try:
                yield True
            except (duckdb.Error, pa.ArrowException, OSError):
                if relay.raised is None:
                    raise
        if relay.raised is not None:
            raise relay.raised

    @contextmanager
    def _joins_as_written(self) -> Iterator[None]:
        """Let the right side of each join be the one that is hashed.

        The engine takes a stream for one row, so it would hash the stream, whole, and pass a table of leads by it.
        """
        self.execute("set disabled_optimizers = 'build_side_probe_side'")
        try:
            yield
        finally:
            self.execute("reset disabled_optimizers")

    @contextmanager
    def _registered(self, tables: Mapping[str, pa.Table | pa.RecordBatchReader]) -> Iterator[None]:
        for name, table in tables.items():
            self._connection.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                self._connection.unregister(name)


class _Relay:
    """Keeps what a stream raises: the engine would turn it into an error of its own."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.raised: BaseException | None = None

    def __iter__(self) -> "_Relay":
        return self

    def __next__(self) -> pa.RecordBatch:
        try:
            return next(self._batches)
        except StopIteration:
            raise
        except BaseException as error:
            self.raised = error
            raise


@contextmanager
def open_engine(*, memory_limit_gb: float = 4.0, threads: int = 2, spill: Path | None = None) -> Iterator[Engine]:
    """Yield a session that spills to a folder of its own, which is removed with it, or to `spill`.

    Raises
    ------
    MachineError
        If even with that folder the memory does not do, be it while a statement runs or while its rows stream out.
    """
    with nullcontext(spill) if spill else scratch_folder() as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_limit_gb}GB",
                "threads": threads,
                "temp_directory": str(folder),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            },
        )
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")  # it would be printed among a command's lines
            yield Engine(connection, folder)
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
            refusal = _refusal(error, memory_limit_gb)
            if refusal is None:
                raise
            raise refusal from None
        finally:
            connection.close()


def _refusal(error: Exception, memory_limit_gb: float) -> Exception | None:
    """Return what memory or disk refused as an error of ours or the system's, None if it was neither.

    What fails while rows stream out comes through Arrow: an OSError without a number, with the engine's words.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return None
    if isinstance(error, duckdb.OutOfMemoryException) or str(error).startswith(OUT_OF_MEMORY):
        return MachineError(
            f"the reading engine needs more memory than {memory_limit_gb} GB",
            fix="raise extract.memory_limit_gb if the machine has more, or split the files",
        )
    code = next((code for code in REFUSALS if os.strerror(code) in str(error)), None)
    return None if code is None else OSError(code, os.strerror(code))


def quoted(name: str) -> str:
    """Return a name as an SQL identifier, whatever it holds.

    Examples
    --------
    >>> print(quoted('the "best" lead'))
    "the ""best"" lead"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as an SQL string, whatever it holds.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def path_literal(path: Path) -> str:
    """Return a path as an SQL string that names this one file, though it holds characters of a pattern.

    Examples
    --------
    >>> path_literal(Path("a[1].parquet"))
    "'a[[]1].parquet'"
    """
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))
