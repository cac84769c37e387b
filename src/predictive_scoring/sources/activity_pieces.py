"""Which pieces activities are read in: whole parts on one machine, files and row groups where workers share them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import ActivitiesTable
from predictive_scoring.sources.files import kind_of, matching_files
from predictive_scoring.sources.inputs import file_changed, n_bytes_in
from predictive_scoring.sources.rows import Groups
from predictive_scoring.sources.staging import Staged


@dataclass(frozen=True)
class Piece:
    """Files of a part that are read together, or row groups of one; of a query all of it.

    Attributes
    ----------
    first_file_no
        The number of its first file among those of the table.
    passes
        Whether rows can be typed as they pass: nothing has to be known of the whole part before.
    ends_part
        Whether it is the last of its part.
    """

    part: int
    first_file_no: int
    files: tuple[Path, ...] = ()
    groups: Groups = None
    passes: bool = False
    ends_part: bool = True


def pieces_of(source: Source, folder: Path, n_bytes: int | None) -> Iterator[Piece]:
    """Yield the pieces of the activities, in the order of their parts and files.

    What has to be known of a whole part before its rows are typed is one piece, and so is a file of text: a line in
    quotes may be anywhere, and quarantine names lines.

    Parameters
    ----------
    n_bytes
        About how much text a piece has; None makes each part one piece.
    """
    first_file_no = 0
    for number, table in enumerate(source.tables.activities):
        files = tuple(matching_files(table.path or "", folder)) if table.query is None else ()
        whole = Piece(number, first_file_no, files, passes=_can_pass(source, table, files))
        if n_bytes is None or not whole.passes or not files:
            yield whole
        else:
            parted = [*_parted(whole, n_bytes)]
            yield from (replace(piece, ends_part=False) for piece in parted[:-1])
            yield parted[-1]
        first_file_no += max(1, len(files))


def _can_pass(source: Source, table: ActivitiesTable, files: Iterable[Path]) -> bool:
    """Return whether nothing has to be known of a whole part before its rows are typed."""
    return source.timezone is not None and table.read.footer is None and all(kind_of(file) != "jsonl" for file in files)


def _parted(whole: Piece, n_bytes: int) -> Iterator[Piece]:
    """Yield files that follow each other until they have enough text, and row groups of one that has too much."""
    start, n_held = 0, 0
    for place, file in enumerate(whole.files):
        n_here = n_bytes_in(file)
        ranges = _ranges(file, -(-n_here // n_bytes))
        if place > start and (len(ranges) > 1 or n_held + n_here > n_bytes):
            yield _of(whole, start, place)
            start, n_held = place, 0
        if len(ranges) > 1:
            yield from (replace(_of(whole, place, place + 1), groups=groups) for groups in ranges)
            start = place + 1
        else:
            n_held += n_here
    if start < len(whole.files):
        yield _of(whole, start, len(whole.files))


def _of(whole: Piece, start: int, end: int) -> Piece:
    return replace(whole, first_file_no=whole.first_file_no + start, files=whole.files[start:end])


def _ranges(file: Path, n: int) -> list[tuple[int, int]]:
    """Return at most `n` ranges of a Parquet file's row groups; none of a file that is none, or cannot be opened."""
    if n < 2 or kind_of(file) != "parquet":
        return []
    try:
        n_groups = pq.read_metadata(file).num_row_groups
    except (pa.ArrowInvalid, OSError):  # whoever reads it says so
        return []
    bounds = sorted({n_groups * place // n for place in range(n + 1)})
    return list(pairwise(bounds))


def gather(part: Staged, piece: Piece, read: Staged) -> None:
    """Add to a part what a further piece of it read; row groups of one file become a file again.

    Raises
    ------
    DataContractError
        If a file was written to between two pieces of it.
    """
    for header, words in (read.words or {}).items():
        (part.words or {})[header].update(words)
    for place, rows in enumerate(read.files, start=piece.first_file_no - part.first_file_no):
        if place == len(part.files):
            part.files.append(rows)
            continue
        part.files[place].n_rows += rows.n_rows
        if part.files[place].stamp != rows.stamp:
            raise file_changed(rows.file)
