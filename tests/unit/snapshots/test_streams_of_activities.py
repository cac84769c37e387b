"""Activities, and the Parquet files they may come from, stream past and are not gathered on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictive_scoring.contract.history import ACTIVITIES, History
from predictive_scoring.contract.source_columns import Read
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.sources.rows import open_rows
from random_history import random_history

N_ROWS, GROUP = 600_000, 50_000
COLUMNS = ["account_no", "occurred_at", "known_at", "kind"]
Batches = Callable[[History], Iterator[pa.RecordBatch]]


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a history whose file of activities has twelve row groups that do not compress."""
    made, draw = random_history(tmp_path, 0), np.random.default_rng(0)
    instants = draw.integers(0, 2**50, N_ROWS)
    values = {"account_no": np.arange(N_ROWS), "lead_no": np.arange(N_ROWS), "value": draw.random(N_ROWS)}
    values |= {"occurred_at": instants, "known_at": instants, "kind": pa.repeat("call", N_ROWS)}
    columns = [pa.array(values[name]) if name in values else pa.nulls(N_ROWS) for name in ACTIVITIES.names]
    table = pa.table(
        [pa.array(column).cast(field.type) for column, field in zip(columns, ACTIVITIES, strict=True)], ACTIVITIES
    )
    pq.write_table(table, made.path("activities"), row_group_size=GROUP, use_dictionary=["kind"])
    return made


def as_activities(history: History) -> Iterator[pa.RecordBatch]:
    return ActivityStream(history, COLUMNS).batches()


def as_a_source(history: History) -> Iterator[pa.RecordBatch]:
    yield from open_rows(history.path("activities"), "parquet", COLUMNS, Read()).batches


def most_held(batches: Batches, history: History) -> int:
    """Return the most bytes that Arrow held while each batch was at hand."""
    before, most = pa.total_allocated_bytes(), 0
    for _ in batches(history):
        most = max(most, pa.total_allocated_bytes() - before)
    return most


@pytest.mark.parametrize("batches", [as_activities, as_a_source])
@pytest.mark.parametrize("is_planted", [False, True])
def test_what_is_held_while_a_file_streams_past_is_a_fraction_of_it(
    history: History, monkeypatch: pytest.MonkeyPatch, batches: Batches, *, is_planted: bool
) -> None:
    """The planted bug is pyarrow's own default, which keeps what it read of a file until the end."""
    if is_planted:
        plain = pq.ParquetFile
        monkeypatch.setattr(pq, "ParquetFile", lambda *given, **more: plain(*given, **{**more, "pre_buffer": True}))
    n_bytes = history.path("activities").stat().st_size
    assert (most_held(batches, history) < n_bytes / 2) is not is_planted
