"""Rows on disk by shelf, as they come; those of one shelf can be read back by themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

SHELF: Final = "_shelf"


class ShelfFiles:
    """A folder with one file of Arrow batches a shelf, each open until `close`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._writers: dict[int, pa.RecordBatchFileWriter] = {}
        self.n_rows: Counter[int] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Lay each row on the shelf that its column `_shelf` names; the column itself is dropped.

        Examples
        --------
        >>> import tempfile
        >>> files = ShelfFiles(Path(tempfile.mkdtemp()) / "shelves")
        >>> files.add(pa.RecordBatch.from_pydict({"x": ["a", "b", "c"], "_shelf": pa.array([2, -1, 2], pa.int32())}))
        >>> files.close()
        >>> Stacks((files,)).read([2]).to_pylist(), dict(sorted(files.n_rows.items()))
        ([{'x': 'a'}, {'x': 'c'}], {-1: 1, 2: 2})
        """
        shelves = batch.column(SHELF).to_numpy()
        rows = batch.drop_columns([SHELF]).take(pa.array(np.argsort(shelves, kind="stable")))
        found, counts = np.unique(shelves, return_counts=True)
        start = 0
        for shelf, n in zip(found.tolist(), counts.tolist(), strict=True):
            self._writer(shelf, rows.schema).write_batch(rows.slice(start, n))
            self.n_rows[shelf] += n
            start += n

    def _writer(self, shelf: int, schema: pa.Schema) -> pa.RecordBatchFileWriter:
        if shelf not in self._writers:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writers[shelf] = pa.ipc.new_file(self._path(shelf), schema, options=options)
        return self._writers[shelf]

    def close(self) -> None:
        """End the files; they can be read now, by whoever sees the folder."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def batches(self, shelf: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one shelf."""
        if shelf in self.n_rows:
            with pa.OSFile(str(self._path(shelf))) as file, pa.ipc.open_file(file) as reader:
                yield from (reader.get_batch(number) for number in range(reader.num_record_batches))

    def _path(self, shelf: int) -> Path:
        return self._folder / f"{shelf}.arrow"


@dataclass(frozen=True)
class Stacks:
    """The shelves of several folders as one: of each shelf the rows of the first folder, then those of the next."""

    folders: tuple[ShelfFiles, ...]

    @property
    def n_rows(self) -> Counter[int]:
        """How many rows lie on each shelf."""
        return sum((files.n_rows for files in self.folders), Counter[int]())

    def read(self, shelves: Iterable[int]) -> pa.Table:
        """Return the rows of some shelves, of which at least one has any."""
        return pa.Table.from_batches(
            [batch for shelf in shelves for files in self.folders for batch in files.batches(shelf)]
        )
