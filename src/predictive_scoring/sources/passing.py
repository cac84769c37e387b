"""Rows of a part of a table on their way into a statement that types them at once: no copy of their text is kept."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.sources.first_glance import Glance
from predictive_scoring.sources.rows import FileRows
from predictive_scoring.sources.staging import Staged

CAREFUL_FOR: Final = 200  # batches: not to change the statement for each row that needs a closer look

Run = tuple[bool, Iterator[pa.RecordBatch]]
Look = Callable[[pa.RecordBatch], None]


def runs(staged: Staged, inputs: Iterable[FileRows], glance: Glance, look: Look) -> Iterator[Run]:
    """Yield batches that one statement can read, and whether all of their rows are tidy at the first glance.

    Read each run to its end before the next. Files are noted in `staged.files`, what cells said in `staged.words`.

    Parameters
    ----------
    look
        Gets the first rows of each file whose instants are not read at the first glance, and may refuse them.
    """
    for (is_tidy, _), run in groupby(_batches(staged, inputs, glance, look), key=itemgetter(0)):
        yield is_tidy, (batch for _, batch in run)


def _batches(
    staged: Staged, inputs: Iterable[FileRows], glance: Glance, look: Look
) -> Iterator[tuple[tuple[bool, pa.Schema], pa.RecordBatch]]:
    for file_no, rows in enumerate(inputs, start=staged.first_file_no):
        staged.files.append(rows)
        n_careful = 0
        for place, given in enumerate(rows.batches):
            cells = _without_blank_rows(given, staged.cells)
            rows.n_rows += cells.num_rows
            passed, is_tidy = glance.at(cells)
            if place == 0 and glance.leaves_instants(passed):
                look(passed)
            _note_words(staged, passed)
            n_careful = max(0, n_careful - 1) if is_tidy else CAREFUL_FOR
            number = pa.repeat(pa.scalar(file_no, pa.int32()), cells.num_rows)
            passed = passed.append_column("_file_no", number)
            yield (n_careful == 0 and not rows.may_have_controls, passed.schema), passed


def _without_blank_rows(batch: pa.RecordBatch, cells: Collection[str]) -> pa.RecordBatch:
    columns = [batch.column(cell) for cell in cells]
    if any(column.null_count == 0 for column in columns):
        return batch
    return batch.filter(pc.invert(reduce(pc.and_, [pc.is_null(column) for column in columns])))


def _note_words(staged: Staged, batch: pa.RecordBatch) -> None:
    for header, words in (staged.words or {}).items():
        column = batch.column(staged.cell(header))
        found = column.dictionary if pa.types.is_dictionary(column.type) else pc.unique(column)
        words.update(found.cast(pa.string()).drop_null().to_pylist())
