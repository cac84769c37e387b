"""Scores as a file that people open: CSV, and a workbook. No cell of either is ever run as a formula."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.scoring import money
from predictive_scoring.scoring.brief import COLUMNS, VALUE_COLUMNS
from predictive_scoring.storage import write_file

MAX_ROWS: Final = 1_048_575  # of a sheet, below its header
# What a spreadsheet may run; some take the full-width signs of Asian layouts for the plain ones.
_FORMULA: Final = "^([=+\\-@\\t\\r＝＋－＠])"
FORMATS: Final = {
    "probability": "0.0%",
    "probability_low": "0.0%",
    "probability_high": "0.0%",
    "as_of": "yyyy-mm-dd",
    "expected_value": money.SHEET_FORMAT,
    "expected_amount": money.SHEET_FORMAT,
}
WIDTHS: Final = {"reasons": 90, "lead_id": 24, "model_version": 18, "amount_basis": 30}


def inert(values: Any) -> Any:
    r"""Return texts that no spreadsheet takes for a formula: an apostrophe stands before those that might be one.

    Examples
    --------
    >>> inert(pa.array(["=1+1", "@SUM(A1)", "L-17"])).to_pylist()
    ["'=1+1", "'@SUM(A1)", 'L-17']
    """
    return pc.replace_substring_regex(values, _FORMULA, r"'\1")


def write_csv(rows: pa.Table, path: Path, language: Language) -> None:
    """Write rows of `brief_scores` as CSV in UTF-8 with a mark that spreadsheets know it by; numbers stay numbers."""
    columns = [inert(rows[each.name]) if pa.types.is_string(each.type) else rows[each.name] for each in rows.schema]
    table = pa.table(columns, names=header(rows, language))

    def write(draft: Path) -> None:
        with draft.open("wb") as file:
            file.write(b"\xef\xbb\xbf")
            pa_csv.write_csv(table, file, pa_csv.WriteOptions(quoting_style="needed"))

    write_file(path, write)


def write_workbook(rows: pa.Table, path: Path, language: Language) -> None:
    """Write rows of `brief_scores` as a workbook: text in text cells, numbers in number cells, a filter on columns.

    Raises
    ------
    ConfigurationError
        If there are more rows than a sheet holds.
    """
    if rows.num_rows > MAX_ROWS:
        raise ConfigurationError(
            f"{path.name}: {rows.num_rows:,} rows do not fit a sheet",
            expected=f"at most {MAX_ROWS:,}",
            fix="give --top, or write CSV",
        )
    write_file(path, _workbook(rows, language))


def _workbook(rows: pa.Table, language: Language) -> Callable[[Path], None]:
    import xlsxwriter  # noqa: PLC0415  (an extra)

    def write(draft: Path) -> None:
        never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(str(draft), {**never, "remove_timezone": True}) as book:
            sheet = book.add_worksheet("scores")
            sheet.write_row(0, 0, header(rows, language), book.add_format({"bold": True, "text_wrap": True}))
            for place, name in enumerate(rows.column_names):
                shown = book.add_format({"num_format": FORMATS.get(name, "General")})
                sheet.set_column(place, place, WIDTHS.get(name, 12), shown)
                sheet.write_column(1, place, rows[name].to_pylist(), shown)
            sheet.freeze_panes(1, 2)
            sheet.autofilter(0, 0, max(rows.num_rows, 1), rows.num_columns - 1)

    return write


def header(rows: pa.Table, language: Language) -> list[str]:
    """Return the columns' names in a language."""
    words = COLUMNS | VALUE_COLUMNS
    return [getattr(words[name], language) for name in rows.column_names]
