"""Two folders change names in one step, so that no reader finds neither; and what has a name lies on the disk."""

import ctypes
import errno
import os
import shutil
import tempfile
from pathlib import Path

AT_CWD = -100  # of Linux's fcntl.h
RENAME_EXCHANGE = 2  # of Linux's fs.h


def exchange(draft: Path, target: Path) -> None:
    """Put a draft in the place of a folder that stands there; what stood there lies at the draft's name or is gone.

    On Linux it is one step, and a reader finds the old folder or the new one. On other systems, and on file systems
    that cannot (some network shares), it is two renames: for an instant a reader finds none, and a process killed
    right then leaves the old folder under a name ending in `.old`, which the next run puts back.
    """
    if _exchanged(draft, target):
        return
    previous = draft.with_suffix(".old")
    target.rename(previous)
    try:
        draft.rename(target)
    except OSError:
        previous.rename(target)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Ask Linux to exchange two names; False if the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def can_exchange(folder: Path) -> bool:
    """Tell whether two names in a folder can be exchanged in one step; tried with two empty folders."""
    with tempfile.TemporaryDirectory(prefix=".exchange.", dir=folder) as name:
        one, other = Path(name, "one"), Path(name, "other")
        one.mkdir()
        other.mkdir()
        return _exchanged(one, other)


def flush(folder: Path) -> None:
    """Have every file of a folder on the disk before the folder gets its name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    flush_names(folder)


def flush_names(folder: Path) -> None:
    """Have the names in a folder on the disk, where the file system can do so for a folder by itself."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)
