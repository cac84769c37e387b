"""Rows that were not believed: which file and line, which rule, and the text as it was read."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from predictive_scoring.contract.history import QUARANTINE, TableName
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.staging import Staged
from predictive_scoring.sources.text_check import line_numbers


def create_quarantine(engine: Engine) -> None:
    """Make the empty tables `quarantine`, `bad_cells` and `left_out`: how many rows break no rule and go no further."""
    engine.execute('create table left_out ("table" varchar, _left_out varchar, n bigint)')
    engine.execute('create table bad_cells ("table" varchar, _file_no integer, _record bigint, "column" varchar)')
    engine.execute(
        'create table quarantine ("table" varchar, _file_no integer, _record bigint, _rule varchar, text varchar)'
    )


def quarantine_rows(engine: Engine, staged: dict[TableName, list[Staged]]) -> pa.Table:
    """Return the quarantined rows in the order of table, file and line; the header is line 1.

    Of Parquet the line is the row, of JSON lines the line. The text is the row's cells as JSON, or the whole line
    of a row that could not be split into cells.
    """
    found = engine.sql(
        'with cells as (select "table", _file_no, _record, min("column") as "column" from bad_cells group by all) '
        'select quarantine.*, "column" from quarantine left join cells using ("table", _file_no, _record) '
        'order by "table", _file_no, _record, _rule'
    )
    lines = found["_record"].to_numpy().copy()
    names = np.empty(len(lines), dtype=object)
    files = {name: [rows for part in parts for rows in part.files] for name, parts in staged.items()}
    for (name, file_no), here in _spans(found):
        rows = files[name][file_no]
        names[here] = rows.file.name
        if rows.has_breaks_in_fields:
            lines[here] = line_numbers(rows.file, lines[here])
    places = [pa.array(names, pa.string()), pa.array(lines, pa.int64())]
    columns = [found["table"], *places, found["_rule"], found["column"], found["text"]]
    return pa.table(columns, schema=QUARANTINE)


def _spans(found: pa.Table) -> Iterator[tuple[tuple[TableName, int], slice]]:
    """Yield each table and file with rows in an ordered quarantine, and where these rows lie."""
    start = 0
    counts = found.group_by(["table", "_file_no"], use_threads=False).aggregate([([], "count_all")]).to_pylist()
    for row in counts:  # in the order of first rows
        yield (row["table"], row["_file_no"]), slice(start, start + row["count_all"])
        start += row["count_all"]
