"""The rows of one file as a stream of Arrow batches: text columns `_c0`, `_c1`, … and the record each row is."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from predictive_scoring.contract.source_columns import Read
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.excel import sheet_batches
from predictive_scoring.sources.files import FileKind, open_bytes, places_of
from predictive_scoring.sources.text_check import MAX_LINE_BYTES, TextShape, check_text, refuse_open_quote

MANY_RAGGED = 100_000
Groups = tuple[int, int] | None  # of a Parquet file: its first row group and the one after its last; None: all


@dataclass
class FileRows:
    """A file or query that is being read; `ragged` and `n_records` are complete once the stream has ended."""

    file: Path  # of a query what messages call it
    batches: Iterator[pa.RecordBatch]
    n_line_breaks: int = 0
    may_have_controls: bool = True  # Parquet and JSON are not looked through beforehand
    ragged: list[tuple[int, str]] = field(default_factory=list)  # record, text
    n_records: int = 0
    n_rows: int = 0  # that are no blank lines
    n_footers: int = 0  # lines at the end that the source file calls a footer
    stamp: tuple[int, int] = (0, 0)  # the file's size and when it was written, as it was opened
    are_json_lines: bool = False  # then the batches have one column, `line`

    @property
    def has_breaks_in_fields(self) -> bool:
        """Whether lines and records are not the same thing."""
        return self.n_line_breaks > self.n_records


def open_rows(
    file: Path,
    kind: FileKind,
    headers: Sequence[str],
    read: Read,
    also: Mapping[str, Sequence[str]] | None = None,
    groups: Groups = None,
) -> FileRows:
    """Return a file's rows; only the columns under `headers` are read, or under what else `also` says they are called.

    Parameters
    ----------
    groups
        Which row groups are read; of Parquet alone.

    Raises
    ------
    DataContractError
        If the file is empty, damaged, of another kind or encoding, or lacks one of the headers.
    """
    if kind == "parquet":
        return FileRows(file, _parquet_batches(file, headers, also, groups))
    if kind == "excel":
        return FileRows(file, sheet_batches(file, read.sheet, headers, also))
    if kind == "jsonl":
        shape = check_text(file, read.encoding)
        lines = FileRows(file, iter(()), shape.n_line_breaks, are_json_lines=True)
        lines.batches = _numbered(lines, _line_batches(file, read), first_record=1)
        return lines
    read = read.model_copy(update={"delimiter": read.delimiter or ("\t" if kind == "tsv" else ",")})
    return _csv_rows(file, headers, read, also)


def _csv_rows(file: Path, headers: Sequence[str], read: Read, also: Mapping[str, Sequence[str]] | None) -> FileRows:
    delimiter = read.delimiter or ","
    shape = check_text(file, read.encoding)
    if shape.n_quotes % 2:
        refuse_open_quote(file, read.encoding, delimiter)
    found = _header(file, read.encoding, delimiter)
    places = places_of(headers, found, file, also)
    rows = FileRows(file, iter(()), shape.n_line_breaks, shape.has_controls)

    def skip(row: arrow_csv.InvalidRow) -> str:
        rows.ragged.append((row.number, row.text))
        return "skip"

    batches = _csv_batches(file, (read.encoding, delimiter), shape, len(found), places, skip)
    rows.batches = _numbered(rows, batches, first_record=2)
    return rows


def _header(file: Path, encoding: str, delimiter: str) -> list[str]:
    with open_bytes(file) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        return next(csv.reader(text, delimiter=delimiter), [])


def _csv_batches(
    file: Path,
    written: tuple[str, str],
    shape: TextShape,
    width: int,
    places: list[int],
    skip: Callable[[arrow_csv.InvalidRow], str],
) -> Iterator[pa.RecordBatch]:
    """Yield text columns `_c0` …; an empty cell is null, and no other text means null."""
    encoding, delimiter = written
    names = [f"f{place}" for place in range(width)]
    wanted = [names[place] for place in places]
    with open_bytes(file) as stream:
        reader = arrow_csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows_after_names=1,
                encoding=encoding, block_size=shape.block_bytes,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=shape.n_quotes > 0, ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted,
                null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
        for batch in reader:
            yield batch.rename_columns([f"_c{index}" for index in range(len(wanted))])


def _numbered(rows: FileRows, batches: Iterator[pa.RecordBatch], first_record: int) -> Iterator[pa.RecordBatch]:
    """Add `_record`: rows that the parser skipped (in `rows.ragged`, which grows as it goes) keep their numbers."""
    n_before, n_passed = 0, 0  # rows, and skipped rows that lie before the batch
    try:
        for batch in batches:
            index = np.arange(n_before, n_before + batch.num_rows)
            skipped = np.array([number for number, _ in rows.ragged[n_passed:]], dtype=np.int64)
            shifted = skipped - first_record - n_passed - np.arange(len(skipped))
            record = index + n_passed + np.searchsorted(shifted, index, side="right") + first_record
            n_before += batch.num_rows
            n_passed += int(np.searchsorted(shifted, n_before, side="left"))
            _refuse_another_width(rows, n_before)
            yield batch.append_column("_record", pa.array(record, pa.int64()))
    except pa.ArrowInvalid as error:
        raise DataContractError(
            f"{rows.file.name}: cannot be parsed after row {n_before:,}", found=_first_line(error),
            fix="look at the rows there: a quote that opens and does not close, or another `delimiter` under `read`",
        ) from None  # fmt: skip
    rows.n_records = first_record - 1 + n_before + len(rows.ragged)


def _refuse_another_width(rows: FileRows, n_read: int) -> None:
    """Stop where most rows of a large file do not fit its header, before all of them lie in memory."""
    if len(rows.ragged) > max(MANY_RAGGED, n_read):
        n_ragged = len(rows.ragged)
        raise DataContractError(
            f"{rows.file.name}: {n_ragged:,} of the first {n_ragged + n_read:,} rows have more or fewer fields "
            "than the header",
            fix="export it again with a name for each column, or correct `delimiter` under `read`",
        )


def _line_batches(file: Path, read: Read) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a text file, whole, as the column `line`."""
    options = arrow_csv.ReadOptions(
        use_threads=False, column_names=["line"], encoding=read.encoding, block_size=MAX_LINE_BYTES
    )
    with open_bytes(file) as stream:
        reader = arrow_csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=options,
            parse_options=arrow_csv.ParseOptions(delimiter="\x01", quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types={"line": pa.string()}, null_values=[""], strings_can_be_null=True
            ),
        )
        yield from reader


def _parquet_batches(
    file: Path, headers: Sequence[str], also: Mapping[str, Sequence[str]] | None, groups: Groups
) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False) as parquet:  # else all is kept
            places = places_of(headers, parquet.schema_arrow.names, file, also)
            names = [parquet.schema_arrow.names[place] for place in places]
            _refuse_nested(file, parquet.schema_arrow, names)
            first, end = groups or (0, parquet.num_row_groups)
            n_before = sum(parquet.metadata.row_group(number).num_rows for number in range(first))
            for batch in parquet.iter_batches(columns=names, batch_size=65_536, row_groups=range(first, end)):
                columns = {f"_c{i}": _whole_as_such(batch.column(name)) for i, name in enumerate(names)}
                record = pc.add(pa.array(range(batch.num_rows), pa.int64()), n_before + 1)
                n_before += batch.num_rows
                yield pa.RecordBatch.from_pydict({**columns, "_record": record})
    except (pa.ArrowInvalid, OSError) as error:
        raise DataContractError(
            f"{file.name}: the Parquet file is incomplete or damaged",
            found=_first_line(error),
            fix="copy or export it again",
        ) from None


def _whole_as_such(column: pa.Array) -> pa.Array:
    """Return a column of floats as text, 7.0 as '7': a column of ids with gaps is often stored as floats."""
    if not pa.types.is_floating(column.type):
        return column
    is_whole = pc.and_(pc.equal(pc.trunc(column), column), pc.less(pc.abs(column), 2.0**53))
    whole = pc.cast(pc.if_else(is_whole, column, 0.0), pa.int64())
    return pc.if_else(is_whole, pc.cast(whole, pa.string()), pc.cast(column, pa.string()))


def _refuse_nested(file: Path, schema: pa.Schema, names: Sequence[str]) -> None:
    nested = [f"{name}: {schema.field(name).type}" for name in names if pa.types.is_nested(schema.field(name).type)]
    if nested:
        raise DataContractError(
            f"{file.name}: columns with lists or structures cannot be read: {nested}", expected="plain columns",
            fix="leave them out of the source file, or write their parts as columns of their own",
        )  # fmt: skip


def _first_line(error: Exception) -> str:
    """Return what a parser says without the data it quotes after a colon on later lines."""
    return str(error).splitlines()[0].split(". Row")[0][:200]
