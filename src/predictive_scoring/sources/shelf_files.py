"""Rows on disk by shelf, as they come; those of one shelf can be read back by themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

SHELF: Final = "_shelf"


class ShelfFiles:
    """A folder with one file of Arrow batches a shelf, each open until `close`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
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
        >>> files.read([2]).to_pylist(), dict(sorted(files.n_rows.items()))
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
        """End the files; they can be read now."""
        for writer in self._writers.values():
            writer.close()

    def batches(self, shelf: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one shelf."""
        if shelf in self._writers:
            with pa.OSFile(str(self._path(shelf))) as file, pa.ipc.open_file(file) as reader:
                yield from (reader.get_batch(number) for number in range(reader.num_record_batches))

    def read(self, shelves: Iterable[int]) -> pa.Table:
        """Return the rows of some shelves, of which at least one has any."""
        return pa.Table.from_batches([batch for shelf in shelves for batch in self.batches(shelf)])

    def _path(self, shelf: int) -> Path:
        return self._folder / f"{shelf}.arrow"
