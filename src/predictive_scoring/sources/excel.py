"""The rows of a sheet of a workbook, each cell as the text that it stands for."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.sources.files import places_of

N_ROWS_A_BATCH = 20_000
MAX_UNPACKED_BYTES = 4 << 30  # of all parts of a workbook; the longest sheet that a person can save is far smaller


def sheet_batches(
    file: Path, sheet: str | None, headers: Sequence[str], also: Mapping[str, Sequence[str]] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield text columns `_c0` … and `_record`, the row's number in the sheet.

    The first row that is not empty holds the headers. A number is written without a needless `.0`, an instant as
    ISO 8601 (workbooks keep milliseconds), a formula as the value that was saved with it.

    Raises
    ------
    ConfigurationError
        If the workbook has several sheets and none is named, or not the one that is.
    DataContractError
        If the workbook cannot be opened, is empty, or lacks a header.
    """
    rows = _rows_of(file, sheet)
    numbered = enumerate(rows, start=1)
    n_header, found = next(((n, row) for n, row in numbered if any(cell != "" for cell in row)), (0, []))
    if not n_header:
        raise DataContractError(f"{file.name}: the sheet is empty", fix="export it again, or name another under `read`")
    places = places_of(headers, [as_text(cell) or "" for cell in found], file, also)
    while batch := list(islice(numbered, N_ROWS_A_BATCH)):
        numbers, cells = zip(*batch, strict=True)
        columns = list(zip(*cells, strict=True))
        text = {f"_c{i}": pa.array(map(as_text, columns[place]), pa.string()) for i, place in enumerate(places)}
        yield pa.RecordBatch.from_pydict({**text, "_record": pa.array(numbers, pa.int64())})


def headers_of_sheets(file: Path) -> dict[str, list[str]]:
    """Return the headers of each sheet of a workbook that is not empty, in the workbook's order.

    Raises
    ------
    DataContractError
        If the workbook cannot be opened.
    """
    book = _opened(file)
    headers = {}
    for name in book.sheet_names:
        first = next((row for row in book.get_sheet_by_name(name).iter_rows() if any(cell != "" for cell in row)), None)
        if first is not None:
            headers[name] = [as_text(cell) or "" for cell in first]
    return headers


def _rows_of(file: Path, sheet: str | None) -> Iterator[list[Any]]:
    book = _opened(file)
    names = book.sheet_names
    if sheet is None and len(names) != 1:
        raise ConfigurationError(
            f"{file.name}: the workbook has {len(names)} sheets", found=names, fix="name one: read: {sheet: …}"
        )
    if sheet is not None and sheet not in names:
        raise ConfigurationError(f"{file.name}: no sheet {sheet!r}", found=names, fix="correct read: {sheet: …}")
    return iter(book.get_sheet_by_name(sheet or names[0]).iter_rows())


def _opened(file: Path) -> Any:
    import python_calamine as calamine  # noqa: PLC0415

    _refuse_bombs(file)
    try:
        return calamine.CalamineWorkbook.from_path(file)
    except calamine.PasswordError:
        raise DataContractError(f"{file.name}: the workbook has a password", fix="save it without one") from None
    except (calamine.CalamineError, OSError) as error:
        raise DataContractError(
            f"{file.name}: not a workbook, or a damaged one", found=type(error).__name__, fix="save it again"
        ) from None


def _refuse_bombs(file: Path) -> None:
    """A modern workbook is an archive that is unpacked in memory."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
        if n_bytes > MAX_UNPACKED_BYTES:
            raise DataContractError(
                f"{file.name}: unpacks to {n_bytes / 1e9:.1f} GB",
                expected=f"at most {MAX_UNPACKED_BYTES / 1e9:.1f} GB", fix="export it as CSV",
            )  # fmt: skip


def as_text(cell: Any) -> str | None:
    """Return a cell as text, None if it is empty.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> [as_text(cell) for cell in ("007", 7.0, 0.5, 1234567890123456.0, True, date(2024, 1, 2), "")]
    ['007', '7', '0.5', '1234567890123456', 'true', '2024-01-02', None]
    >>> as_text(datetime(2024, 1, 2, 10, 30))
    '2024-01-02 10:30:00'
    """
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2.0**53:
        return str(int(cell))
    return str(cell)
