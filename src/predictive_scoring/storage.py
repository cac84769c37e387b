"""Files that appear whole or not at all, with hashes and checksums.

Every file goes to a temporary name beside its target and is renamed onto it after an fsync, so a reader
sees the old content or the new one. The temporary name is on the same file system by construction.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.errors import BusyError, SourceUnreachableError

PRIVATE = 0o600  # outputs may name customers


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    r"""Return JSON text that is the same for equal values: sorted keys, no NaN, a final line end.

    Raises
    ------
    ValueError
        If a number is NaN or infinite: such a file could not be read back everywhere.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [0.5]})
    '{\n "a": [\n  0.5\n ],\n "b": 1\n}\n'
    """
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(PRIVATE)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8, whole or not at all."""
    with _replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write canonical JSON, whole or not at all."""
    write_text(path, canonical_json(value))


def read_json(path: Path) -> Any:
    """Return the parsed content of a JSON file.

    Raises
    ------
    SourceUnreachableError
        If the file is not there.
    """
    if not path.is_file():
        raise SourceUnreachableError(f"{path}: no such file")
    return json.loads(path.read_text(encoding="utf-8"))


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet with page checksums, whole or not at all."""
    with _replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def write_parquet_stream(path: Path, rows: pa.RecordBatchReader, schema: pa.Schema) -> None:
    """Write a stream of batches as Parquet with page checksums, whole or not at all; each is cast to `schema`."""
    with (
        _replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for batch in rows:
            writer.write_batch(batch.cast(schema))


def read_parquet(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Return a Parquet file as a table, its page checksums verified.

    Raises
    ------
    SourceUnreachableError
        If the file is not there.
    """
    if not path.is_file():
        raise SourceUnreachableError(f"{path}: no such file")
    return pq.read_table(path, columns=columns, page_checksum_verification=True)


@contextmanager
def publishing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` by rename when the block ends without an error.

    What stood at `target` before stays in place until then, and for good if the block fails.

    Raises
    ------
    BusyError
        If another process is writing the same folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _sole_writer(target), _renamed_when_done(target) as temporary:
        yield temporary


@contextmanager
def _sole_writer(target: Path) -> Iterator[None]:
    """Hold the lock of a folder while it is written; the system lets go of it if the process dies.

    Raises
    ------
    BusyError
        If another process is writing the same folder.
    """
    path = target.parent / f".{target.name}.lock"
    busy = BusyError(f"{target}: another run is writing it", fix="wait for it to end, or write elsewhere")
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        if not path.exists() or path.stat().st_ino != os.fstat(lock.fileno()).st_ino:
            raise busy  # the run that held it has just ended and taken the lock file with it
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _renamed_when_done(target: Path) -> Iterator[Path]:
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    previous = temporary.with_suffix(".old")
    try:
        yield temporary
        if target.exists():
            target.rename(previous)
        try:
            temporary.rename(target)
        except OSError:
            if previous.exists():
                previous.rename(target)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(previous, ignore_errors=True)
