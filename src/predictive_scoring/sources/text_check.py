"""One pass over the bytes of a text file before it is parsed: encoding, endless lines, quotes left open."""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.files import open_bytes, refuse_other_kinds

BLOCK_BYTES = 1 << 22
WINDOW_BYTES = 1 << 20  # of a block four
MAX_LINE_BYTES = 32 << 20  # a parser's block must hold a row; it also stops an archive of nothing but zeros
MAX_RATIO, FREE_BYTES = 200, 256 << 20  # tables pack to a tenth or so; an archive made to fill a disk, a thousandth
FIRST_PRINTABLE = 32  # bytes below are control characters, tab and line breaks among them
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass
class TextShape:
    """What the pass has found so far; bytes are counted as unpacked."""

    n_bytes: int = 0
    n_line_breaks: int = 0
    n_quotes: int = 0
    has_controls: bool = False
    line_start: int = 0  # offset of the first byte after the last line break
    has_long_lines: bool = False  # one may be longer than three windows

    @property
    def block_bytes(self) -> int:
        """How many bytes a parser should take at a time: few, unless a row may be long, for several blocks are held."""
        return MAX_LINE_BYTES if self.n_quotes or self.has_long_lines else BLOCK_BYTES

    def add(self, block: bytes) -> None:
        """Count a further block."""
        last = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self.line_start = self.n_bytes + last + 1 if last >= 0 else self.line_start
        self.n_bytes += len(block)
        data = np.frombuffer(block, dtype=np.uint8)
        n_feeds, n_returns, n_tabs = (int(np.count_nonzero(data == ord(sign))) for sign in "\n\r\t")
        self.n_line_breaks += n_feeds or n_returns
        self.n_quotes += int(np.count_nonzero(data == ord('"')))
        n_controls = int(np.count_nonzero(data < FIRST_PRINTABLE)) - n_feeds - n_returns - n_tabs
        self.has_controls = self.has_controls or n_controls > 0
        starts = range(0, len(block) - WINDOW_BYTES, WINDOW_BYTES)
        has_breaks = all(block.find(b"\n", start, start + WINDOW_BYTES) >= 0 for start in starts)
        self.has_long_lines = self.has_long_lines or not has_breaks


def check_text(file: Path, encoding: str) -> TextShape:
    """Return a text file's shape, or refuse it before a parser misreads it.

    Raises
    ------
    DataContractError
        If the file is empty, of another kind, cut short, in another encoding, or has a line longer than 32 MB.
    """
    shape = TextShape()
    try:
        with open_bytes(file) as stream:
            _scan(file, stream, encoding, shape)
    except UnicodeDecodeError as error:
        line = shape.n_line_breaks + 1 + error.object[: error.start].count(b"\n")
        raise DataContractError(
            f"{file.name}: not {encoding} text on line {line}",
            found=error.reason,
            fix="name the encoding under `read`, e.g. read: {encoding: cp1252} for an export from Windows",
        ) from None
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error):
        raise DataContractError(
            f"{file.name}: the compressed file is incomplete or damaged", fix="copy or export it again"
        ) from None
    return shape


def _scan(file: Path, stream: BinaryIO, encoding: str, shape: TextShape) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    start = stream.read(BLOCK_BYTES)
    refuse_other_kinds(file, start[:64])
    _refuse_utf16(file, start[:64], encoding)
    most_bytes = max(FREE_BYTES, MAX_RATIO * file.stat().st_size)
    block = start
    while block:
        decoder.decode(block)
        shape.add(block)
        if shape.n_bytes - shape.line_start > MAX_LINE_BYTES:
            raise DataContractError(
                f"{file.name}: line {shape.n_line_breaks + 1} is longer than {MAX_LINE_BYTES >> 20} MB",
                fix="export it again without the column that holds so much, or with line breaks between rows",
            )
        if shape.n_bytes > most_bytes:
            raise DataContractError(
                f"{file.name}: unpacks to more than {MAX_RATIO} times its size", fix="unpack and look at it first"
            )
        block = stream.read(BLOCK_BYTES)
    decoder.decode(b"", True)


def _refuse_utf16(file: Path, start: bytes, encoding: str) -> None:
    if start[:2] in UTF16_MARKS and "16" not in encoding:
        raise DataContractError(
            f"{file.name}: this is UTF-16 text", expected=encoding, fix="add read: {encoding: utf-16}"
        )


def refuse_open_quote(file: Path, encoding: str, delimiter: str) -> None:
    """Raise DataContractError if a quoted field never ends; called only where the number of quotes is odd.

    The loop runs over the lines of a file that is about to be refused, or has a stray quote inside a field.
    """
    with open_bytes(file) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        csv.field_size_limit(MAX_LINE_BYTES)
        started = 1
        try:
            for _ in rows:
                started = rows.line_num + 1
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise DataContractError(
                    f"{file.name}: the quoted field that starts on line {started} never ends",
                    fix="close the quote in that row",
                ) from None


def line_numbers(file: Path, records: np.ndarray) -> np.ndarray:
    """Return the line on which each record starts; the header is record 1. Works block by block, for any size.

    Parameters
    ----------
    records
        1-based record numbers in any order, shape (n,).

    Returns
    -------
    1-based line numbers, shape (n,): larger than the record's number where a field above it holds line breaks.
    """
    starts: list[np.ndarray] = [np.array([1])]
    n_lines, is_inside = 0, False
    with open_bytes(file) as stream:
        while block := stream.read(BLOCK_BYTES):
            data = np.frombuffer(block, dtype=np.uint8)
            inside = (np.cumsum(data == ord('"')) + is_inside) % 2 == 1
            is_break = data == ord("\n")
            line_after = n_lines + np.cumsum(is_break) + 1
            starts.append(line_after[is_break & ~inside])
            n_lines, is_inside = int(line_after[-1]) - 1, bool(inside[-1])
    lines = np.concatenate(starts)
    return np.asarray(lines[np.clip(records - 1, 0, len(lines) - 1)])
