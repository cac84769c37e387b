"""Activities from the user's files onto shelves by account: on disk, unless there are few."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import ActivitiesTable
from predictive_scoring.engine.duck import Engine, open_engine
from predictive_scoring.sources.activity_pieces import Piece, gather, pieces_of
from predictive_scoring.sources.activity_rows import OWN_FAULT, Laid, Shelves, glance_of, laid_down_sql, take_out
from predictive_scoring.sources.databases import Databases
from predictive_scoring.sources.hands import Here, Work
from predictive_scoring.sources.inputs import inputs_of, n_bytes_of, rows_of_files
from predictive_scoring.sources.instants import N_RECORDS, refuse_unreadable_instants
from predictive_scoring.sources.loading import refuse_too_few, reject_ragged, stage
from predictive_scoring.sources.never_seen import listed_words, words_under
from predictive_scoring.sources.passing import runs
from predictive_scoring.sources.shelf_files import ShelfFiles, Stacks
from predictive_scoring.sources.staging import Staged

SHELF_BYTES: Final = 64 << 20  # of text: some 600,000 rows
MOST_SHELVES: Final = 90  # each is an open file while rows are laid down


def lay_down_activities(
    hands: Here, source: Source, databases: Databases, settings: Extract
) -> tuple[list[Staged], Laid]:
    """Return the parts that activities were read from, and every row of theirs on its shelf.

    Needs `owners` and `account_numbers`.
    """
    engine, tables = hands.engine, source.tables.activities
    n_bytes = sum(n_bytes_of(table, databases.folder) for table in tables)
    n_accounts = engine.scalar(
        "select 1 + max(account_no) from (select account_no from account_numbers "
        "union all select account_no from lead_numbers)"
    )
    has_merges = engine.scalar("select count(*) from reach") > 0
    shelves = Shelves(min(MOST_SHELVES, 1 + n_bytes // SHELF_BYTES), n_accounts, settings.automatic, has_merges)
    folders: list[ShelfFiles] = []
    parts: list[Staged] = []
    laying = Laying(source, shelves, databases)
    for piece, read, files in hands.each(laying, pieces_of(source, databases.folder, hands.bytes_a_piece)):
        if piece.part == len(parts):
            parts.append(read)
        else:
            gather(parts[-1], piece, read)
        folders.append(files)
        if piece.ends_part:
            refuse_too_few(parts[-1], tables[piece.part])
    return parts, Laid(shelves, Stacks(tuple(folders)))


@dataclass(frozen=True)
class Laying(Work[Piece, tuple[Piece, Staged, ShelfFiles]]):
    """Lays the rows of a piece on shelves of their own; those that are out by themselves are done with."""

    source: Source
    shelves: Shelves
    databases: Databases
    reads = ("owners", "account_numbers")
    fills = ("quarantine", "bad_cells", "left_out")

    def __call__(self, engine: Engine, piece: Piece, folder: Path) -> tuple[Piece, Staged, ShelfFiles]:
        """Return a piece, the part as far as it was read, and the shelves."""
        table = self.source.tables.activities[piece.part]
        split = (table.mapped["lead_id"], table.several_leads) if table.several_leads else None
        staged = Staged(
            "activities", table.headers, piece.part, piece.first_file_no, self.source.headers, split, table.blanks
        )
        files = ShelfFiles(folder)
        for batch in self._laid_down(engine, staged, piece):
            files.add(batch)
        files.close()
        for batch in files.batches(OWN_FAULT):
            take_out(engine, pa.table({"_out": batch.column("_out")}))
        for rows in staged.files:
            rows.batches = iter(())
        return piece, staged, files

    def stays(self, piece: Piece) -> bool:
        """Return whether a piece is a query: all queries of a database are asked at one moment."""
        return not piece.files

    def _laid_down(self, engine: Engine, staged: Staged, piece: Piece) -> Iterator[pa.RecordBatch]:
        source, shelves, table = self.source, self.shelves, self.source.tables.activities[piece.part]
        inputs = (
            rows_of_files(piece.files, table, staged.headers, staged.also, piece.groups)
            if piece.files
            else inputs_of(table, staged.headers, staged.also, self.databases)
        )
        headers = {header for _, header, words in listed_words(table) if words}
        if not piece.passes:
            stage(engine, staged, table, inputs)
            refuse_unreadable_instants(engine, source, table, staged)
            staged.words = {header: words_under(engine, staged, header) for header in headers}
            yield from engine.stream(laid_down_sql(source, table, staged, shelves, "raw"))
            return
        staged.words = {header: set() for header in headers}
        with open_engine(threads=1) as another:  # the session is busy with the rows before
            look = partial(_look_at, another, source, table, staged)
            for is_tidy, batches in runs(staged, inputs, glance_of(table, staged), look):
                query = laid_down_sql(source, table, staged, shelves, "tidy" if is_tidy else "passing")
                yield from engine.stream_over(query, batches)
        for file_no, rows in enumerate(staged.files, start=staged.first_file_no):
            reject_ragged(engine, staged, rows, file_no)


def _look_at(engine: Engine, source: Source, table: ActivitiesTable, staged: Staged, first: pa.RecordBatch) -> None:
    """Refuse instants that need a format, by the first rows."""
    cells = ", ".join(f"cast({cell} as varchar) as {cell}" for cell in staged.cells)
    engine.load("first_rows", pa.Table.from_batches([first.slice(0, N_RECORDS)]))
    engine.execute(f"create table {staged.raw} as select _record, {cells} from first_rows")
    refuse_unreadable_instants(engine, source, table, staged)
    engine.execute(f"drop table {staged.raw}")
