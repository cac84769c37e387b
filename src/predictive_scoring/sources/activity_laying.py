"""Activities from the user's files onto shelves by account: on disk, unless there are few."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import pyarrow as pa

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.source_file import ActivitiesTable, Source
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.activity_rows import Laid, Shelves, glance_of, laid_down_sql
from predictive_scoring.sources.databases import Databases
from predictive_scoring.sources.inputs import inputs_of, is_json, n_bytes_of
from predictive_scoring.sources.instants import N_RECORDS, refuse_unreadable_instants
from predictive_scoring.sources.loading import refuse_too_few, reject_ragged, stage
from predictive_scoring.sources.never_seen import listed_words
from predictive_scoring.sources.passing import runs
from predictive_scoring.sources.shelf_files import ShelfFiles
from predictive_scoring.sources.staging import Staged

SHELF_BYTES: Final = 64 << 20  # of text: some 600,000 rows
MOST_SHELVES: Final = 90  # each is an open file while rows are laid down


def lay_down_activities(
    engine: Engine, source: Source, databases: Databases, settings: Extract
) -> tuple[list[Staged], Laid]:
    """Return the parts that activities were read from, and every row of theirs on its shelf.

    Needs `owners` and `account_numbers`.
    """
    tables = source.tables.activities
    n_bytes = sum(n_bytes_of(table, databases.folder) for table in tables)
    n_accounts = engine.scalar(
        "select 1 + max(account_no) from (select account_no from account_numbers "
        "union all select account_no from lead_numbers)"
    )
    has_merges = engine.scalar("select count(*) from reach") > 0
    shelves = Shelves(min(MOST_SHELVES, 1 + n_bytes // SHELF_BYTES), n_accounts, settings.automatic, has_merges)
    files = ShelfFiles(engine.scratch / "activities")
    parts: list[Staged] = []
    for number, table in enumerate(tables):
        first_file_no = sum(len(part.files) for part in parts)
        split = (table.mapped["lead_id"], table.several_leads) if table.several_leads else None
        staged = Staged("activities", table.headers, number, first_file_no, source.headers, split, table.blanks)
        for batch in _laid_down(engine, source, staged, shelves, databases):
            files.add(batch)
        parts.append(staged)
    files.close()
    return parts, Laid(shelves, files)


def _laid_down(
    engine: Engine, source: Source, staged: Staged, shelves: Shelves, databases: Databases
) -> Iterator[pa.RecordBatch]:
    table = source.tables.activities[staged.part]
    inputs = inputs_of(table, staged.headers, staged.also, databases)
    if not _can_pass(source, table, databases):
        stage(engine, staged, table, inputs)
        refuse_unreadable_instants(engine, source, table, staged)
        yield from engine.stream(laid_down_sql(source, table, staged, shelves, "raw"))
        return
    staged.words = {header: set() for _, header, words in listed_words(table) if words}
    for is_tidy, batches in runs(staged, inputs, glance_of(table, staged)):
        first = next(batches)
        _look_at(engine, source, table, staged, first)
        query = laid_down_sql(source, table, staged, shelves, "tidy" if is_tidy else "passing")
        yield from engine.stream_over(query, chain([first], batches))
    for file_no, rows in enumerate(staged.files, start=staged.first_file_no):
        reject_ragged(engine, staged, rows, file_no)
    refuse_too_few(staged, table)


def _can_pass(source: Source, table: ActivitiesTable, databases: Databases) -> bool:
    """Return whether rows can be typed as they pass: nothing has to be known of the whole part before."""
    return source.timezone is not None and table.read.footer is None and not is_json(table, databases.folder)


def _look_at(engine: Engine, source: Source, table: ActivitiesTable, staged: Staged, first: pa.RecordBatch) -> None:
    """Refuse instants that need a format, by the first rows."""
    cells = ", ".join(f"cast({cell} as varchar) as {cell}" for cell in staged.cells)
    engine.load("first_rows", pa.Table.from_batches([first.slice(0, N_RECORDS)]))
    engine.execute(f"create table {staged.raw} as select _record, {cells} from first_rows")
    refuse_unreadable_instants(engine, source, table, staged)
    engine.execute(f"drop table {staged.raw}")
