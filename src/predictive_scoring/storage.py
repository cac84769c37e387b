"""Files that appear whole or not at all, with hashes and checksums.

Every file goes to a temporary name beside its target and is renamed onto it after an fsync, so a reader
sees the old content or the new one. The temporary name is on the same file system by construction.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.errors import BusyError, SourceUnreachableError
from predictive_scoring.exchange import exchange, flush, flush_names
from predictive_scoring.stopping import undone_if_stopped

PRIVATE = 0o600  # outputs may name customers
SHARED = 0o644  # for what another service is to read, and names nobody
LEFT_AFTER_SECONDS = 86_400  # nobody takes a day to write one file


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
def _replacing(path: Path, mode: int = PRIVATE) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_old_parts(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    with undone_if_stopped(lambda: temporary.unlink(missing_ok=True)):
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _remove_old_parts(path: Path) -> None:
    """Remove what killed runs left of a single file; no lock says whether one still lives, but its age does."""
    for part in leftovers(path):
        if part.is_file() and time.time() - part.stat().st_mtime > LEFT_AFTER_SECONDS:
            part.unlink(missing_ok=True)


def write_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a draft that becomes the file, whole or not at all."""
    with _replacing(path) as temporary:
        write(temporary)


def write_text(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write text in UTF-8, whole or not at all."""
    with _replacing(path, mode) as temporary:
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
    """Write a stream of batches as Parquet with page checksums, whole or not at all; each is cast to `schema`.

    Only text gets a dictionary: for instants and numbers it is tried in vain, at a third of the cost of writing.
    """
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    options = {"compression": "zstd", "write_page_checksum": True, "use_dictionary": texts}
    with _replacing(path) as temporary, pq.ParquetWriter(temporary, schema, **options) as writer:
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
    """Yield an empty folder that becomes `target` when the block ends without an error.

    What stood at `target` before stays until then, and for good if the block fails.

    Raises
    ------
    BusyError
        If another process is writing the same folder.
    SourceUnreachableError
        If nothing may be written there.
    """
    with sole_writer(target), draft_of(target) as draft:
        yield draft


@contextmanager
def sole_writer(target: Path) -> Iterator[None]:
    """Hold the lock of a folder, or of a job that writes it; drafts that killed runs left beside it are removed first.

    The lock is the system's (flock): it is free as soon as the process that held it is gone, so none is ever stale,
    and nothing needs to be taken over. The file only says who holds it.

    Raises
    ------
    BusyError
        If another process holds it.
    SourceUnreachableError
        If nothing may be written there.
    """
    path = target.parent / f".{target.name}.lock"
    with _opened_lock(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(target, path) from None
        except OSError as error:
            raise SourceUnreachableError(
                f"{path.parent}: this file system keeps no locks",
                found=error.strerror,
                fix="write to a local disk, or mount the share with locks, as docs/operate.md says",
            ) from error
        if not _is_at(path, lock):
            raise _busy(target, path)  # the run that held it has just ended and taken the lock file with it
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        _remove_leftovers(target)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _opened_lock(path: Path) -> Iterator[int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise SourceUnreachableError(
            f"{path.parent}: nothing can be written here",
            found=os.strerror(error.errno or 0),
            fix="give a folder that may be written, or mend its rights or its disk",
        ) from error
    try:
        yield lock
    finally:
        os.close(lock)


def _is_at(path: Path, handle: int) -> bool:
    """Tell whether a path still names an open file; the file there may go at any moment."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(handle).st_ino
    return False


def _busy(target: Path, lock: Path) -> BusyError:
    holder = lock_holder(lock)
    return BusyError(
        f"{target}: another run is writing it",
        found=f"process {holder}" if holder else None,
        fix="wait for it to end, or write elsewhere",
    )


def lock_holder(lock: Path) -> int | None:
    """Return the process that wrote its number into a lock file, or None."""
    try:
        return int(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def is_held(lock: Path) -> bool:
    """Tell whether a process holds a lock; a lock file without one is harmless."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def leftovers(target: Path) -> list[Path]:
    """Return the drafts beside a folder; while nobody holds its lock, killed runs left them."""
    name = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}\.(part|old|scratch)")
    try:
        return sorted(path for path in target.parent.iterdir() if name.fullmatch(path.name))
    except FileNotFoundError:
        return []


def _remove_leftovers(target: Path) -> None:
    for path in leftovers(target):
        if path.suffix == ".old" and not target.exists():
            path.rename(target)  # killed between the two renames of a system that cannot exchange names
        else:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """Yield an empty folder for a job that writes `target`, removed at its end; needs no temporary folder elsewhere."""
    with _temporary_folder(target, ".scratch") as scratch:
        yield scratch


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` when the block ends without an error; the caller holds the lock."""
    with _temporary_folder(target, ".part") as draft:
        yield draft
        flush(draft)
        if target.exists():
            exchange(draft, target)
        else:
            draft.rename(target)
        flush_names(target.parent)


@contextmanager
def _temporary_folder(target: Path, suffix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=suffix, dir=target.parent))

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    with undone_if_stopped(remove):
        try:
            yield folder
        finally:
            try:
                remove()
            except KeyboardInterrupt:  # the first signal came right now, and later ones are not heard
                remove()
                raise
