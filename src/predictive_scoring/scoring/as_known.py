"""A history without what became known later: the same leads, as of a later instant, had nothing happened since."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from predictive_scoring.contract.history import History
from predictive_scoring.storage import read_parquet, write_parquet


def as_known(history: History, instant: datetime, folder: Path) -> History:
    """Write the history as it was known just before an instant into `folder` and return it.

    Activities and outcomes that became known from then on are left out, attributes that did are empty, and leads that
    were created since count for nothing at their company; every lead keeps its place.

    Parameters
    ----------
    folder
        An empty folder, or one to be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = History(folder, history.facts)
    before = ds.field("known_at") < pa.scalar(instant, pa.timestamp("us", "UTC"))
    for table in ("activities", "outcomes"):
        rows = ds.dataset(history.path(table)).scanner(filter=before)
        with pq.ParquetWriter(earlier.path(table), rows.projected_schema, compression="zstd") as writer:
            for batch in rows.to_batches():
                writer.write_batch(batch)
    leads = read_parquet(history.path("leads"))
    write_parquet(earlier.path("leads"), _without_later(leads, instant, ["created_at"]))
    write_parquet(earlier.path("accounts"), _without_later(read_parquet(history.path("accounts")), instant, []))
    earlier.save_facts()
    return earlier


def _without_later(table: pa.Table, instant: datetime, instants: list[str]) -> pa.Table:
    """Return a table whose values that were not known before an instant are null, like instants that lie after it."""
    limit = pa.scalar(instant, pa.timestamp("us", "UTC"))
    known = {name: f"{name}__known_at" for name in table.column_names if f"{name}__known_at" in table.column_names}
    for name, since in {**dict(zip(instants, instants, strict=True)), **known}.items():
        later = pc.fill_null(pc.greater_equal(table[since], limit), False)
        column = pc.if_else(later, pa.scalar(None, table[name].type), table[name])
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    return table
