"""The databases of one extract: each is opened once, so that all tables of it are read from one snapshot."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.sources.postgres import open_postgres, postgres_batches
from predictive_scoring.sources.sqlite import open_sqlite, sqlite_batches

if TYPE_CHECKING:
    import psycopg


class Databases:
    """The connections of one extract, opened when first asked for and closed with it."""

    def __init__(self, folder: Path, settings: Extract) -> None:
        self.folder = folder
        self._settings = settings
        self._opened = ExitStack()
        self._servers: dict[str, psycopg.Connection] = {}
        self._files: dict[Path, sqlite3.Connection] = {}

    def __reduce__(self) -> tuple[type["Databases"], tuple[Path, Extract]]:
        """Go to another process without what is open here."""
        return Databases, (self.folder, self._settings)

    def __enter__(self) -> "Databases":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def rows(
        self, table: SourceTable, headers: Sequence[str], also: Mapping[str, Sequence[str]]
    ) -> tuple[Path, Iterator[pa.RecordBatch]]:
        """Return what a table's query is called in messages, and its rows: text columns `_c0` … and `_record`.

        Raises
        ------
        SourceUnreachableError
            If a variable is not set, or a database cannot be reached or read.
        """
        connection, query = table.connection, table.query or ""
        assert connection is not None  # the source file was checked
        if connection.sqlite is not None:
            file = self.folder / connection.sqlite
            if file not in self._files:
                self._files[file] = open_sqlite(file)
                self._opened.callback(self._files[file].close)
            return file, sqlite_batches(self._files[file], file, query, headers, also)
        env = connection.env or ""
        if env not in self._servers:
            self._servers[env] = self._opened.enter_context(open_postgres(env, _address(env), self._settings))
        return Path(f"query on {env}"), postgres_batches(self._servers[env], env, query, headers, also)


def _address(env: str) -> str:
    address = os.environ.get(env, "")
    if not address:
        raise SourceUnreachableError(
            f"the variable {env}, which should hold the address of a database, is not set",
            fix=f"export {env}=postgresql://user:password@host/database",
        )
    return address
