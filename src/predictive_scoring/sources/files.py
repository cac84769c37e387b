"""Which files a path or glob names, and what kind of file each is."""

import difflib
import glob
import gzip
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, cast

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.storage import sha256_of

FileKind = Literal["csv", "tsv", "jsonl", "parquet", "excel"]
KIND_OF_SUFFIX: dict[str, FileKind] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel", ".ods": "excel",
}  # fmt: skip
GZIP_MAGIC = b"\x1f\x8b"
IS_ENCRYPTED = 1  # a bit of a zip entry's flags
NOT_A_TABLE = {
    b"PK\x03\x04": "a ZIP archive (an .xlsx workbook is one)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"<!do": "an HTML page",
    b"<htm": "an HTML page",
    b"<?xm": "an XML document",
    b"PAR1": "a Parquet file",
}


def matching_files(pattern: str, folder: Path) -> list[Path]:
    """Return the files that a path or glob names, relative to `folder`, sorted by name.

    Raises
    ------
    ConfigurationError
        If a glob matches nothing, or what it matches is no regular file.
    SourceUnreachableError
        If a plain path is not there or may not be read.
    DataContractError
        If two of the files have the same content.
    """
    files = named_files(pattern, folder)
    if not files:
        raise ConfigurationError(
            f"{pattern}: no file matches",
            fix=f"the path is relative to the source file, in {folder}; if you do not export this table, take it out "
            "of the source file",
        )
    for file in files:
        _refuse_what_is_no_file(file)
    _refuse_copies(files)
    return files


def named_files(pattern: str, folder: Path) -> list[Path]:
    """Return what a path or glob names, sorted by name; a plain path though nothing may be there."""
    is_glob = glob.has_magic(pattern) and not (folder / pattern).exists()
    given = glob.escape(str(folder)) + "/" + pattern if not Path(pattern).is_absolute() else pattern
    found = glob.glob(given, recursive=True) if is_glob else [str(folder / pattern)]  # noqa: PTH207 (may be absolute)
    return sorted(Path(name) for name in found)


def _refuse_what_is_no_file(file: Path) -> None:
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise SourceUnreachableError(
            f"{file}: cannot be read", found=error.strerror, fix="check the source file's `path`"
        ) from None
    if not stat.S_ISREG(mode):
        raise ConfigurationError(f"{file}: not a regular file", fix="name a file, or a glob such as folder/*.csv")


def _refuse_copies(files: Sequence[Path]) -> None:
    """Two files with the same bytes are one export matched twice; hashes are taken only where sizes agree."""
    sizes = [file.stat().st_size for file in files]
    n_of_size = Counter(sizes)
    seen: dict[str, Path] = {}
    for file, size in zip(files, sizes, strict=True):
        if n_of_size[size] == 1 or size == 0:
            continue
        other = seen.setdefault(sha256_of(file), file)
        if other is not file:
            raise DataContractError(
                f"{other.name} and {file.name} have the same content", fix="keep one of them, or narrow the glob"
            )


def kind_of(file: Path) -> FileKind:
    """Return the kind of file its name promises; a .gz or .zip at the end does not matter.

    Examples
    --------
    >>> kind_of(Path("events.csv.gz")), kind_of(Path("LEADS.TSV"))
    ('csv', 'tsv')
    """
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() not in (".gz", ".zip")]
    kind = KIND_OF_SUFFIX.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise ConfigurationError(
            f"{file.name}: not a kind of file that is read", expected=", ".join(KIND_OF_SUFFIX) + ", also .gz and .zip",
            fix="export it as one of these; if it is text with a row a line, end its name in .csv",
        )  # fmt: skip
    return kind


def open_bytes(file: Path) -> BinaryIO:
    """Return a file's bytes as a stream: unpacked if they are gzipped, whatever the name says, or in a .zip.

    Raises
    ------
    DataContractError
        If an archive cannot be opened, or does not hold exactly one file.
    """
    if file.suffix.lower() == ".zip":
        return _open_zipped(file)
    with file.open("rb") as start:
        packed = start.read(2) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(file, "rb")) if packed else file.open("rb")


def _open_zipped(file: Path) -> BinaryIO:
    """Nothing is unpacked to disk, so that no name inside an archive is ever a path."""
    try:
        archive = zipfile.ZipFile(file)
        parts = [part for part in archive.infolist() if not part.is_dir()]
        if len(parts) == 1 and not parts[0].flag_bits & IS_ENCRYPTED:
            return cast(BinaryIO, archive.open(parts[0]))
    except (zipfile.BadZipFile, NotImplementedError):
        raise DataContractError(f"{file.name}: the archive is incomplete or damaged", fix="copy it again") from None
    raise DataContractError(
        f"{file.name}: {len(parts)} files in the archive", expected="exactly one, without a password",
        fix="unpack it, and name the files under `path`",
    )  # fmt: skip


def refuse_other_kinds(file: Path, first_bytes: bytes) -> None:
    """Raise DataContractError if bytes that should be text are those of another kind of file, or none."""
    if not first_bytes:
        raise DataContractError(f"{file.name}: the file is empty (0 bytes)", fix="export it again")
    start = first_bytes.lstrip()[:4].lower()
    for magic, what in NOT_A_TABLE.items():
        if start == magic.lower():
            raise DataContractError(
                f"{file.name}: this is {what}", expected="text, a row a line", fix="export it as CSV or Parquet"
            )


def places_of(
    headers: Sequence[str], found: Sequence[str], file: Path, also: Mapping[str, Sequence[str]] | None = None
) -> list[int]:
    """Return where each wanted header stands among those found in a file.

    Headers are compared after `clean_text`: spaces around them and a byte order mark do not matter, case does. One that
    is not there may stand under another name that `also` gives for it; the first of these that is there is taken.

    Raises
    ------
    DataContractError
        If a header that is wanted is missing (naming the closest that is there) or stands twice.
    """
    clean = [clean_text(name) for name in found]
    names = {header: (header, *(also or {}).get(header, ())) for header in headers}
    present = {header: next((name for name in names[header] if name in clean), header) for header in headers}
    missing = [header for header, name in present.items() if name not in clean]
    if missing:
        raise DataContractError(
            f"{file.name}: {len(missing)} of {len(headers)} columns that the source file maps are not there: {missing}",
            found=_shown(clean, [name for each in names.values() for name in each]),
            fix=_hint(missing, clean),
        )
    twice = sorted({name for name in clean if clean.count(name) > 1})
    if twice:
        raise DataContractError(
            f"{file.name}: headers that stand more than once: {twice}", fix="rename them in the export"
        )
    return [clean.index(present[header]) for header in headers]


def _shown(found: Sequence[str], headers: Sequence[str]) -> str:
    """Return the headers that were found; where none is a wanted one the line may be a person's, and is not shown."""
    if len(found) > 1 and not set(found) & set(headers):
        return f"{len(found)} columns under other names, or a first line that is no header"
    return f"{len(found)} columns: {list(found)}"


def _hint(missing: Sequence[str], found: Sequence[str]) -> str:
    if len(found) == 1:
        for delimiter in ";\t|,":
            if delimiter in found[0]:
                fix = f'add read: {{delimiter: "{delimiter}"}} to the table'
                return f"the fields seem to be parted by {delimiter!r}: {fix}"
    for name in missing:
        for encoding in ("cp1252", "latin-1"):
            if name.encode().decode(encoding, "replace") in found:
                return f"the file is UTF-8 now and read as {encoding}: add read: {{encoding: utf-8}} to the table"
    by_lower = {name.lower(): name for name in found}
    for name in missing:
        close = difflib.get_close_matches(name.lower(), by_lower, n=1)
        if close:
            return f"did you mean {by_lower[close[0]]!r} for {name!r}?"
    return "correct the names under `columns` and `attributes`"
