"""Rows of text into the engine, as they are read; lines that are no rows go to quarantine, footers are left out."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.rules import Rule
from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.errors import DataContractError, counted
from predictive_scoring.sources.files import places_of
from predictive_scoring.sources.rows import FileRows
from predictive_scoring.sources.staging import Staged


def stage(engine: Engine, staged: Staged, table: SourceTable, inputs: Iterable[FileRows]) -> None:
    """Read one part of a table into its `raw` table, and rows that are none into `quarantine`.

    Rows in which every cell that is read is empty are blank lines, and no rows.

    Raises
    ------
    DataContractError
        If a file breaks the contract as a whole, or there are fewer rows than the part's `min_rows`.
    """
    columns = ", ".join(f"{cell} varchar" for cell in staged.cells)
    engine.execute(f"create table {staged.raw} (_file_no integer, _record bigint, {columns})")
    for file_no, rows in enumerate(inputs, start=staged.first_file_no):
        staged.files.append(rows)
        load = _load_json_lines if rows.are_json_lines else _load_cells
        load(engine, staged, rows, file_no)
        if table.read.footer is not None:
            _leave_out_footer(engine, staged, rows, file_no, table.read.footer)
        reject_ragged(engine, staged, rows, file_no)
    for file in engine.sql(f"select _file_no, count(*) as n from {staged.raw} group by _file_no").to_pylist():
        staged.files[file["_file_no"] - staged.first_file_no].n_rows = file["n"]
    refuse_too_few(staged, table)


def refuse_too_few(staged: Staged, table: SourceTable) -> None:
    """Raise DataContractError if a part has fewer rows than its `min_rows`."""
    n_rows = sum(rows.n_rows for rows in staged.files)
    if n_rows < table.min_rows:
        raise DataContractError(
            f"table {staged.name}: {counted(n_rows, 'row')} in {', '.join(rows.file.name for rows in staged.files)}",
            expected=f"at least {table.min_rows:,} (`min_rows` in the source file)",
            fix="export it again whole, or lower min_rows if there really are so few",
        )


def _load_cells(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    cells = ", ".join(f"cast({cell} as varchar)" for cell in staged.cells)
    is_blank = " and ".join(f"{cell} is null" for cell in staged.cells)
    engine.execute_over(
        f"insert into {staged.raw} select {file_no}, _record, {cells} from given where not ({is_blank})", rows.batches
    )


def _load_json_lines(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    is_row = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
    engine.execute("create or replace table objects (_record bigint, line varchar, is_row boolean)")
    engine.execute_over(
        f"insert into objects select _record, line, {is_row} from given where trim(line) <> ''", rows.batches
    )
    bad = engine.sql("select _record, line from objects where not is_row order by _record")
    rows.ragged += list(zip(bad["_record"].to_pylist(), bad["line"].to_pylist(), strict=True))
    keys = engine.sql("select distinct unnest(json_keys(line)) as key from objects where is_row order by key")
    if engine.scalar("select count(*) from objects where is_row"):
        found = keys["key"].to_pylist()
        places = places_of(staged.headers, found, rows.file, staged.also)
        paths = [literal('$."' + found[place].replace('"', '\\"') + '"') for place in places]
        cells = ", ".join(f"nullif(json_extract_string(line, {path}), '')" for path in paths)
        engine.execute(f"insert into {staged.raw} select {file_no}, _record, {cells} from objects where is_row")
    engine.execute("drop table objects")


def _leave_out_footer(engine: Engine, staged: Staged, rows: FileRows, file_no: int, footer: str) -> None:
    """Drop the lines at the end of a file that the footer's pattern fits; one further up is a row like any other."""
    cells = f"concat_ws(',', {', '.join(staged.cells)})"
    here = f"from {staged.raw} where _file_no = {file_no}"
    last = engine.scalar(f"select max(_record) {here} and not regexp_matches({cells}, {literal(footer)})")
    last = max([last, *(record for record, text in rows.ragged if not _fits(text, footer))])
    ragged = [(record, text) for record, text in rows.ragged if record <= last]
    rows.n_footers = engine.scalar(f"select count(*) {here} and _record > {last}") + len(rows.ragged) - len(ragged)
    rows.ragged[:] = ragged
    engine.execute(f"delete {here} and _record > {last}")


def _fits(text: str, pattern: str) -> bool:
    """Return whether a pattern fits, as the engine reads patterns."""
    return bool(pc.match_substring_regex(text, pattern=pattern).as_py())


def reject_ragged(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    """Copy the lines of a file that are no rows to `quarantine`."""
    if rows.ragged:
        records, texts = zip(*rows.ragged, strict=True)
        n = len(records)
        columns = {
            "table": [staged.name] * n, "_file_no": [file_no] * n, "_record": records,
            "_rule": [Rule.RAGGED_ROW.value] * n, "text": texts,
        }  # fmt: skip
        engine.append("quarantine", pa.table(columns))
