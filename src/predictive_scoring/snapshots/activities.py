"""The activities table read as a stream, a bounded number of rows at a time."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.contract.history import History

BATCH_ROWS = 1 << 17


class ActivityStream:
    """Rows of the activities table in the order of the file: by account, then by when they were known.

    Parameters
    ----------
    history
        The canonical history.
    columns
        Columns to read, in this order.
    """

    def __init__(self, history: History, columns: list[str]) -> None:
        self._file = pq.ParquetFile(
            history.path("activities"),
            read_dictionary=[name for name in columns if name in ("kind", "topic", "direction")],
            page_checksum_verification=True,
        )
        self._columns = columns
        self._schema = pa.schema([self._file.schema_arrow.field(name) for name in columns])
        self._batches = self._file.iter_batches(BATCH_ROWS, columns=columns)
        self._left = pa.Table.from_batches([], self._schema)

    @property
    def n_rows(self) -> int:
        """Number of rows in the whole file."""
        return int(self._file.metadata.num_rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield every row not read yet."""
        yield from self._left.to_batches()
        yield from self._batches

    def take(self, n_rows: int) -> pa.Table:
        """Return the next `n_rows` rows, or as many as are left."""
        pieces: list[pa.Table] = [self._left]
        held = self._left.num_rows
        while held < n_rows:
            batch = next(self._batches, None)
            if batch is None:
                break
            pieces.append(pa.Table.from_batches([batch]).select(self._columns))
            held += batch.num_rows
        table = pa.concat_tables(pieces)
        self._left = table.slice(n_rows)
        return table.slice(0, n_rows)
