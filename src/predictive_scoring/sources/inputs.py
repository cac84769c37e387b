"""What a part of a table is read from, one after the other: the files that it names, or the query on its database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.databases import Databases
from predictive_scoring.sources.files import kind_of, matching_files, named_files
from predictive_scoring.sources.rows import FileRows, Groups, open_rows

BYTES_OF_A_QUERY = 2 << 30
PACKED, PACKED_SUFFIXES = 8, (".gz", ".zip", ".parquet", ".xlsx", ".xlsm", ".xlsb", ".ods")
Also = Mapping[str, Sequence[str]]


def inputs_of(table: SourceTable, headers: Sequence[str], also: Also, databases: Databases) -> Iterator[FileRows]:
    """Yield the rows of each file of a part, sorted by name, or those of its query."""
    if table.query is not None:
        yield FileRows(*databases.rows(table, headers, also))
    else:
        yield from rows_of_files(matching_files(table.path or "", databases.folder), table, headers, also)


def rows_of_files(
    files: Iterable[Path], table: SourceTable, headers: Sequence[str], also: Also, groups: Groups = None
) -> Iterator[FileRows]:
    """Yield the rows of each file, or of Parquet those in a range of row groups.

    Raises
    ------
    DataContractError
        If a file was written to between the first look at it and the end of its rows.
    """
    for file in files:
        before = _fingerprint(file)
        rows = open_rows(file, kind_of(file), headers, table.read, also, groups)
        rows.stamp = before[1:]
        yield rows
        if _fingerprint(file) != before:
            raise file_changed(file)


def file_changed(file: Path) -> DataContractError:
    """Return the refusal of a file that was written to while it was read."""
    what = f"{file.name}: the file changed while it was being read"
    return DataContractError(what, fix="run again when the export is done")


def n_bytes_of(table: SourceTable, folder: Path) -> int:
    """Return about how much text a part has; of a query on a server nobody knows before."""
    if table.connection is not None:
        return _size(folder / table.connection.sqlite) if table.connection.sqlite else BYTES_OF_A_QUERY
    files = named_files(table.path or "", folder)
    return sum(n_bytes_in(file) for file in files)


def n_bytes_in(file: Path) -> int:
    """Return about how much text a file has; none if it is not there."""
    return _size(file) * (PACKED if file.suffix.lower() in PACKED_SUFFIXES else 1)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _fingerprint(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
