"""What the operating system refuses, in words: a full disk, rights, memory, open files."""

import errno

from predictive_scoring.errors import ConfigurationError, MachineError, PredictiveScoringError, SourceUnreachableError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
IN_THE_WAY = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST}  # a folder where a file is to be, or a file for a folder
TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE}
UNTOUCHED = "what stood there before is as it was"


def in_words(error: OSError | MemoryError) -> PredictiveScoringError | None:
    """Return the system's refusal as an error in four parts, or None if it looks like a bug.

    Examples
    --------
    >>> print(in_words(OSError(errno.ENOSPC, "", "scores.parquet")))
    no space left on the disk
      found:    while writing scores.parquet
      to fix:   free some space or write to another disk, then run again; what stood there before is as it was
    """
    if isinstance(error, MemoryError) or error.errno == errno.ENOMEM:
        return MachineError(
            "out of memory",
            fix=f"lower extract.memory_limit_gb and score.batch_rows, or give the job more; {UNTOUCHED}",
        )
    code, place = error.errno, error.filename or "a file"
    if code in FULL:
        return MachineError(
            "no space left on the disk",
            found=f"while writing {place}",
            fix=f"free some space or write to another disk, then run again; {UNTOUCHED}",
        )
    if code in FORBIDDEN:
        return SourceUnreachableError(
            f"{place}: may not be read or written",
            found=error.strerror,
            fix="mend its rights, or run as a user who has them",
        )
    if code in IN_THE_WAY:
        return ConfigurationError(
            f"{error.filename2 or place}: something else stands there",
            found=error.strerror,
            fix="give a file's name that is no folder, in a folder that is no file",
        )
    if code in TOO_MANY_FILES:
        return MachineError("too many open files", fix="raise the limit: `ulimit -n 1024`, then run again")
    return MachineError(f"{place}: the disk reports an error", fix=UNTOUCHED) if code == errno.EIO else None
