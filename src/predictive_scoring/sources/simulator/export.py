"""Tables as the CSV files of an export that is not quite clean: some rows twice, a few not readable."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

DUPLICATE_SHARE = 0.01
# A row each: what is wrong with it shows in the row. Unknown ids are higher than any that is drawn.
SPOILT_ROWS: dict[str, tuple[str, ...]] = {
    "accounts": (
        ',"software","ES",120,9000000,"2001-05-05"',
        '"A01","retail"',
        '"A02","retail","US",12,900000,"2003-03-03",,"one","two"',
    ),
    "leads": (
        '"L900001",2023-13-45 09:00:00.000000Z,,,"webinar",,"manager","sales","en",true,,,"cold"',
        '"L900002",not a date,,,"event",,"manager","it","en",false,,,"cold"',
        ',2024-02-02 10:00:00.000000Z,,,"referral",,"manager","sales","es",true,,,"warm"',
        '"L900003",,,,"paid_ads",,"director","marketing","en",true,,,"warm"',
        '"L900004",2024-03-01 08:00:00.000000Z,,,"event"',
        '"L900005",2024-03-01 08:00:00.000000Z,,,"event",,"manager","sales","en",true,,,"cold","one","two"',
    ),
    "activities": (
        '"L000001",,"page_view","inbound","home",2023-02-30 09:00:00.000000Z,2023-02-30 09:00:00.000000Z,',
        '"L000002",,"email_sent","outbound","newsletter",yesterday,2024-01-10 09:00:00.000000Z,',
        ',,"page_view","inbound","blog",2024-05-06 11:00:00.000000Z,2024-05-06 11:00:00.000000Z,',
        '"L000003",,"page_view","inbound","blog",,2024-05-06 11:00:00.000000Z,',
        '"L000003",,,"inbound","blog",2024-05-06 11:00:00.000000Z,2024-05-06 11:00:00.000000Z,',
        '"L999999",,"demo_request","inbound","demo_form",2024-06-06 11:00:00.000000Z,2024-06-06 11:00:00.000000Z,',
        '"L999998",,"page_view","inbound","home",2024-06-06 12:00:00.000000Z,2024-06-06 12:00:00.000000Z,',
        '"L000004",,"page_view"',
        '"L000005",,"page_view","inbound","home",2024-06-06 12:00:00.000000Z,2024-06-06 12:00:00.000000Z,,"one","two"',
    ),
    "stages": (
        '"L999997","won",2024-06-06 12:00:00.000000Z,2024-06-06 12:00:00.000000Z,100,',
        '"L000006","mql",soon,2024-06-06 12:00:00.000000Z,,',
        ',"mql",2024-06-06 12:00:00.000000Z,2024-06-06 12:00:00.000000Z,,',
        '"L000007","sql"',
    ),
}


def with_duplicates(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Return the table with one row in a hundred repeated right after itself."""
    n = table.num_rows
    twice = rng.choice(n, size=round(n * DUPLICATE_SHARE), replace=False)
    return table.take(pa.array(np.sort(np.concatenate([np.arange(n), twice]), kind="stable")))


def csv_bytes(table: pa.Table, spoilt: Sequence[str], rng: np.random.Generator) -> bytes:
    """Return the table as CSV in UTF-8, with the spoilt rows in between at places drawn by `rng`."""
    cuts = np.sort(rng.integers(0, table.num_rows + 1, len(spoilt)))
    parts = io.BytesIO()
    parts.write((",".join(f'"{name}"' for name in table.column_names) + "\n").encode())
    options = pa_csv.WriteOptions(include_header=False)
    start = 0
    for cut, row in zip([*cuts.tolist(), table.num_rows], [*spoilt, None], strict=True):
        pa_csv.write_csv(table.slice(start, cut - start), parts, options)
        if row is not None:
            parts.write((row + "\n").encode())
        start = cut
    return parts.getvalue()


def write_csv(folder: Path, name: str, table: pa.Table, rng: np.random.Generator) -> None:
    """Write `<name>.csv` into a folder that exists, with repeated and spoilt rows."""
    (folder / f"{name}.csv").write_bytes(csv_bytes(with_duplicates(table, rng), SPOILT_ROWS[name], rng))
