"""How a file is written: its kind, encoding, delimiter and headers, before any row is read."""

import codecs
import csv
import io
import itertools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.source_columns import Read
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.draft.entry import Guess
from predictive_scoring.sources.excel import headers_of_sheets
from predictive_scoring.sources.files import FileKind, kind_of, matching_files, open_bytes, refuse_other_kinds

N_LINES = 1_000
DELIMITERS = ",;\t|"
BLOCK_BYTES = 1 << 22


@dataclass(frozen=True)
class Written:
    """A file, how to read it, and the headers it has; or the glob of several that are one table, and those files."""

    path: Path
    kind: FileKind
    read: Read
    headers: tuple[str, ...]
    guesses: tuple[Guess, ...]
    files: tuple[Path, ...] = ()
    is_plain: bool = False  # of ASCII alone, which UTF-8 and cp1252 read alike

    @property
    def pieces(self) -> tuple[Path, ...]:
        """The files to read."""
        return self.files or (self.path,)


def how_written(path: Path) -> Written:
    """Return how a file is written.

    Raises
    ------
    ConfigurationError
        If it is a folder or not a kind of file that is read.
    SourceUnreachableError
        If it is not there or may not be read.
    DataContractError
        If it is empty, damaged, or another kind of file than its name says.
    """
    path = path.absolute()
    (file,) = matching_files(str(path), path.parent)
    kind = kind_of(file)
    if kind == "parquet":
        return Written(file, kind, Read(), _parquet_headers(file), ())
    if kind == "excel":
        return _workbook(file)
    with open_bytes(file) as stream:
        refuse_other_kinds(file, stream.read(64))
    encoding, is_plain = _encoding(file)
    read = Read(encoding=encoding)
    guesses = [] if encoding == "utf-8" else [_encoding_guess(encoding)]
    lines = _first_lines(file, encoding)
    if kind == "jsonl":
        return Written(file, kind, read, _json_keys(lines), tuple(guesses), is_plain=is_plain)
    delimiter, n_fields = _delimiter(lines)
    usual = "\t" if kind == "tsv" else ","
    if delimiter != usual and n_fields > 1:
        read = read.model_copy(update={"delimiter": delimiter})
        says = f"delimiter {delimiter!r}"
        guesses.append(Guess(says, f"it parts the first {len(lines):,} lines into {n_fields} fields each", "sure"))
    header = next(csv.reader(lines, delimiter=delimiter), [])
    n_unnamed = sum(not clean_text(name) for name in header)
    if n_unnamed:
        columns = "column is" if n_unnamed == 1 else "columns are"
        guesses.append(Guess(f"{n_unnamed} {columns} not read", "without a name nothing can be mapped", "likely"))
    return Written(file, kind, read, _named(header), tuple(guesses), is_plain=is_plain)


def _named(header: list[str]) -> tuple[str, ...]:
    """Return the headers as the contract spells them; a column without a name cannot be mapped."""
    return tuple(name for name in map(clean_text, header) if name)


def _encoding(file: Path) -> tuple[str, bool]:
    """Return utf-8 if every byte of the file is, utf-16 by its mark, or else cp1252, which reads nearly anything.

    Beside it stands whether all of it is plain ASCII.
    """
    is_plain = True
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(file) as stream:
        start = stream.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16", False
        try:
            block = start
            while block:
                decoder.decode(block)
                is_plain = is_plain and block.isascii()
                block = stream.read(BLOCK_BYTES)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return "cp1252", False
        except (EOFError, OSError) as error:
            raise DataContractError(
                f"{file.name}: cannot be unpacked", found=type(error).__name__, fix="copy or export it again"
            ) from None
    return "utf-8", is_plain


def _encoding_guess(encoding: str) -> Guess:
    if encoding == "utf-16":
        return Guess("encoding utf-16", "the file starts with its mark", "sure")
    return Guess("encoding cp1252", "it is not UTF-8, and this is what Windows writes in Western Europe", "likely")


def _first_lines(file: Path, encoding: str) -> list[str]:
    """Return the first lines, each with its line end: a quoted field may go on after it."""
    with open_bytes(file) as stream, io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="") as text:
        return list(itertools.islice(text, N_LINES))


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """Return the sign that parts most of the first lines into the same number of fields, and that number."""
    best, fewest = (",", 1), 0.0
    for sign in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=sign) if row)
        except csv.Error:
            continue  # with this sign a field would be endless
        width, n = widths.most_common(1)[0] if widths else (1, 0)
        score = width * (n / max(1, widths.total())) ** 4
        if width > 1 and score > fewest:
            best, fewest = (sign, width), score
    return best


def _json_keys(lines: list[str]) -> tuple[str, ...]:
    """Return the keys of the objects on the first lines, in the order they are met."""
    keys: dict[str, None] = {}
    for line in lines:
        try:
            given = json.loads(line)
        except ValueError:
            continue
        keys |= dict.fromkeys(given) if isinstance(given, dict) else {}
    return _named(list(keys))


def _workbook(file: Path) -> Written:
    """Return the sheet of a workbook that has the most columns; the others are named."""
    sheets = headers_of_sheets(file)
    if not sheets:
        raise DataContractError(f"{file.name}: every sheet is empty", fix="export it again")
    name = max(sheets, key=lambda sheet: len(sheets[sheet]))
    guesses: tuple[Guess, ...] = ()
    if len(sheets) > 1:
        others = [sheet for sheet in sheets if sheet != name]
        guesses = (Guess(f"sheet {name!r}", f"it has the most columns; there are also {others}", "unsure"),)
    return Written(file, "excel", Read(sheet=name), _named(sheets[name]), guesses)


def _parquet_headers(file: Path) -> tuple[str, ...]:
    try:
        return _named(pq.read_schema(file).names)
    except (pa.ArrowInvalid, OSError):
        raise DataContractError(
            f"{file.name}: the Parquet file is incomplete or damaged", fix="copy or export it again"
        ) from None
