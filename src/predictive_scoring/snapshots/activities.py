"""The activities table read as a stream, a bounded number of rows at a time."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

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
    accounts
        Accounts of interest, rising: row groups of the file without any of them are not read, and rows of other
        accounts come as they lie beside them. None: every row.
    """

    def __init__(self, history: History, columns: list[str], accounts: NDArray[np.int64] | None = None) -> None:
        self._file = pq.ParquetFile(
            history.path("activities"),
            read_dictionary=[name for name in columns if name in ("kind", "topic", "direction")],
            page_checksum_verification=True,
            pre_buffer=False,  # it keeps all that was read until the end: three gigabytes of 200 million rows
        )
        self._columns = columns
        self._schema = pa.schema([self._file.schema_arrow.field(name) for name in columns])
        self.groups = row_groups_with(self._file.metadata, accounts)
        self._batches = self._file.iter_batches(BATCH_ROWS, row_groups=self.groups, columns=columns)
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


def row_groups_with(metadata: pq.FileMetaData, accounts: NDArray[np.int64] | None) -> list[int]:
    """Return the row groups whose span of account_no holds one of some accounts; one without a span is always read."""
    every = range(metadata.num_row_groups)
    if accounts is None:
        return list(every)
    chosen = []
    place = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).name == "account_no")
    for group in every:
        span = metadata.row_group(group).column(place).statistics
        first, after = (0, len(accounts))
        if span is not None and span.has_min_max:
            first, after = np.searchsorted(accounts, span.min), np.searchsorted(accounts, span.max, side="right")
        if first < after:
            chosen.append(group)
    return chosen
