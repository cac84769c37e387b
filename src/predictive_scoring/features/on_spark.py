"""The same features by Spark's workers: each piece of the accounts goes through the same kernels as on one machine.

The small tables (leads, accounts, outcomes) are read by every worker; what is spread are the activities and the looks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.engine.spark import Cut, SparkEngine
from predictive_scoring.features.compute import Computation, schema_of
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.looks import LeadLooks
from predictive_scoring.features.shards import COLUMNS, shard_of
from predictive_scoring.storage import write_parquet

MAX_ACTIVITIES, MAX_LOOKS = 1_000_000, 250_000  # of a piece; more than on one machine: each passes between processes
LOOKS = ("account_no", "lead_no", "lead_id", "as_of", "place")
ROW_ORDER = ("account_no", "known_at", "lead_no", "occurred_at", "kind", "topic", "direction")  # the file's own
Then = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Task:
    """What a worker does with a piece: features, and whatever is made of them there.

    Attributes
    ----------
    then
        Makes of the features the table that goes back.
    """

    history: History
    catalogue: Catalogue
    width: int
    then: Then

    def __call__(self, piece: int, rows: pa.Table, looks: pa.Table) -> pa.Table:
        """Return what is made of the features of a piece's looks, in the order of the looks."""
        looks = _with_instants(looks, ("as_of",)).sort_by("place")
        rows = _with_instants(rows, ("occurred_at", "known_at")).sort_by([(name, "ascending") for name in ROW_ORDER])
        stamp = self.history.path("leads").stat().st_mtime_ns
        computation = _computation(self.history.folder, stamp, self.catalogue.model_dump_json())
        first = piece * self.width
        shard = shard_of(first, first + self.width, rows, computation.plan)
        return self.then(computation.features(shard, LeadLooks.of(looks), looks))


def shards_on_spark(
    engine: SparkEngine,
    scratch: Path,
    history: History,
    snapshots: pa.Table,
    catalogue: Catalogue,
) -> Iterator[pa.Table]:
    """Yield the features of snapshots that lie in the order of lead_no and as_of, as `compute_shards` does."""
    schema = schema_of(catalogue)
    for table in pieces_on_spark(engine, scratch, history, snapshots, catalogue, Plain(plain(schema))):
        yield pa.table([table[field.name].cast(field.type) for field in schema], schema=schema)


def pieces_on_spark(
    engine: SparkEngine, scratch: Path, history: History, snapshots: pa.Table, catalogue: Catalogue, then: "Plain"
) -> Iterator[pa.Table]:
    """Yield what `then` makes of the features of each piece, in the order of the snapshots."""
    looks = LeadLooks.of(snapshots)
    if len(looks) == 0:
        return
    Computation.of(history, catalogue, looks)  # what the history lacks is said here, not by a worker
    path = scratch / "looks.parquet"
    numbered = snapshots.append_column("place", pa.array(np.arange(len(looks))))
    write_parquet(path, numbered.select(list(LOOKS)))
    width = width_of(history, looks)
    cuts = (Cut(history.path("activities"), tuple(COLUMNS)), Cut(path, LOOKS))
    task = Task(history, catalogue, width, then)
    yield from engine.pieces(cuts, width, task, then.schema, scratch)


def width_of(history: History, looks: LeadLooks) -> int:
    """Return how many accounts make a piece of about as many rows as a worker takes at a time."""
    n_accounts = int(looks.account_no[-1]) + 1
    n_rows = pq.ParquetFile(history.path("activities")).metadata.num_rows
    n_pieces = max(n_rows / MAX_ACTIVITIES, len(looks) / MAX_LOOKS, 1.0)
    return max(1, int(n_accounts / n_pieces))


@dataclass(frozen=True)
class Plain:
    """Makes a table of plain types, which Spark can carry."""

    schema: pa.Schema

    def __call__(self, features: pa.Table) -> pa.Table:
        """Return the columns of the schema."""
        return pa.table([features[field.name].cast(field.type) for field in self.schema], schema=self.schema)


def plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema with text in place of dictionaries, and whole microseconds in place of instants."""
    types = {INSTANT: pa.int64()}
    return pa.schema(
        [
            (field.name, pa.string() if pa.types.is_dictionary(field.type) else types.get(field.type, field.type))
            for field in schema
        ]
    )


def _with_instants(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    fields = [pa.field(field.name, INSTANT) if field.name in names else field for field in table.schema]
    return table.cast(pa.schema(fields))


@lru_cache(maxsize=2)
def _computation(folder: Path, _stamp: int, catalogue: str) -> Computation:
    """Return the computation that a worker keeps between pieces; another history in the same folder is another one."""
    nobody = LeadLooks(*(np.zeros(0, np.int64) for _ in range(3)))
    return Computation.of(History.load(folder), Catalogue.model_validate_json(catalogue), nobody)
