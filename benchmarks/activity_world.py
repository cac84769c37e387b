"""A history of any size, with heavy tails, made by script: what `features.py` measures with.

Activities of a lead are lognormal: median 15, mean 50, the 99th percentile about 550, the largest of a million leads
some tens of thousands. The four tables lie as the extract stage writes them: sorted by account and by when a row became
known, in row groups of 122,880 rows.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from predictive_scoring.contract.history import (
    ACCOUNTS,
    ACTIVITIES,
    INSTANT,
    LEADS,
    OUTCOMES,
    Attribute,
    History,
    HistoryFacts,
    RowAccount,
)
from predictive_scoring.snapshots.instants import DAY, to_datetime

KINDS = ("page_view", "email_sent", "email_open", "email_click", "pricing_page_view", "form_submit", "call", "webinar")
SHARES = (0.40, 0.20, 0.15, 0.08, 0.07, 0.05, 0.03, 0.02)
DIRECTIONS = (0, 1, 0, 0, 0, 0, 1, 0)  # of each kind: 0 inbound, 1 outbound
N_TOPICS = 40
MEDIAN, SIGMA = 15.0, 1.55  # of a lead's activities; the mean is 50
LEADS_AN_ACCOUNT = 5
START = 19_358 * DAY  # 2023-01-01
N_DAYS = 730
ROW_GROUP = 122_880
CHUNK = 2_000_000  # activities made at a time
ATTRIBUTES = (
    Attribute(table="leads", name="channel", type="category", known="at_creation"),
    Attribute(table="leads", name="country", type="category", known="at_creation"),
    Attribute(table="leads", name="budget", type="number", known="at_creation"),
    Attribute(table="accounts", name="industry", type="category", known="at_creation"),
    Attribute(table="accounts", name="employees", type="number", known="at_creation"),
)
LEVELS = {"channel": 7, "country": 60, "industry": 18}


@dataclass(frozen=True)
class Size:
    """How large a history is.

    Attributes
    ----------
    n_activities
        About so many.
    largest_share
        Of all leads that lie at one account; 0: the even case.
    """

    n_leads: int
    n_activities: int
    largest_share: float = 0.0

    @property
    def name(self) -> str:
        """A folder's name."""
        return f"{self.n_leads}-{self.n_activities}-{self.largest_share:g}"


def make_history(folder: Path, size: Size, seed: int = 11) -> History:
    """Write a history and return it; one that stands there whole is taken as it is."""
    if (folder / "history.json").is_file():
        return History.load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    n_accounts = max(1, size.n_leads // LEADS_AN_ACCOUNT)
    account_no = rng.integers(0, n_accounts, size.n_leads)
    account_no[: int(size.largest_share * size.n_leads)] = n_accounts // 2
    account_no.sort()
    created = START + rng.integers(0, N_DAYS * DAY, size.n_leads)
    scale = size.n_activities / size.n_leads / (MEDIAN * np.exp(SIGMA**2 / 2))
    n_rows = np.round(scale * MEDIAN * np.exp(SIGMA * rng.standard_normal(size.n_leads))).astype(np.int64)
    _write_small_tables(folder, account_no, created, n_accounts, rng)
    _write_activities(folder / "activities.parquet", account_no, created, n_rows, rng)
    facts = HistoryFacts(
        name="benchmark",
        description="made for a benchmark",
        licence="made by benchmarks/features.py",
        simulated=True,
        observed_until=to_datetime(START + (N_DAYS + 200) * DAY),
        attributes=ATTRIBUTES,
        rows={"leads": RowAccount(read=size.n_leads, kept=size.n_leads)},
    )
    history = History(folder, facts)
    history.save_facts()
    return history


def _write_small_tables(
    folder: Path, account_no: NDArray[np.int64], created: NDArray[np.int64], n_accounts: int, rng: np.random.Generator
) -> None:
    n_leads = len(account_no)
    account_id = np.char.add("A", np.arange(n_accounts).astype(str))
    lead_id = pa.array(np.char.add("L", np.arange(n_leads).astype(str)), pa.string())
    nothing = {field.name: pa.nulls(n_leads, field.type) for field in LEADS}
    leads = {
        **nothing,
        "lead_no": pa.array(np.arange(n_leads)),
        "account_no": pa.array(account_no),
        "lead_id": lead_id,
        "account_id": pa.array(account_id, pa.string()).take(pa.array(account_no)),
        "created_at": pa.array(created).cast(INSTANT),
        "row_number": pa.array(np.arange(n_leads) + 1),
        "email_kind": pa.array(["business", "free"]).take(pa.array(rng.integers(0, 2, n_leads))),
    }
    accounts = {"account_no": pa.array(np.arange(n_accounts)), "account_id": pa.array(account_id, pa.string())}
    for attribute in ATTRIBUTES:
        table, n_rows = (leads, n_leads) if attribute.table == "leads" else (accounts, n_accounts)
        table[attribute.name] = _values(attribute, n_rows, rng)
    _write(folder / "leads.parquet", pa.table(leads), LEADS)
    _write(folder / "accounts.parquet", pa.table(accounts), ACCOUNTS)
    won = np.flatnonzero(rng.random(n_leads) < 0.05)
    when = pa.array(created[won] + rng.integers(DAY, 180 * DAY, len(won))).cast(INSTANT)
    outcomes: dict[str, Any] = {field.name: pa.nulls(len(won), field.type) for field in OUTCOMES}
    outcomes |= {"lead_no": pa.array(won), "lead_id": lead_id.take(pa.array(won)), "occurred_at": when}
    outcomes |= {"known_at": when, "stage": pa.repeat(pa.scalar("won"), len(won))}
    _write(folder / "outcomes.parquet", pa.table(outcomes), OUTCOMES)


def _values(attribute: Attribute, n_rows: int, rng: np.random.Generator) -> pa.Array:
    gone = rng.random(n_rows) < 0.1
    if attribute.type == "number":
        return pa.array(np.round(rng.lognormal(4, 1.5, n_rows), 2), mask=gone)
    n_levels = LEVELS[attribute.name]
    codes = pa.array((n_levels * rng.random(n_rows) ** 2).astype(np.int32), mask=gone)
    return pa.array([f"{attribute.name} {level}" for level in range(n_levels)]).take(codes)


def _write(path: Path, table: pa.Table, schema: pa.Schema) -> None:
    fields = [*schema, *(table.schema.field(name) for name in table.schema.names if name not in schema.names)]
    wanted = pa.schema(fields)
    pq.write_table(table.select(wanted.names).cast(wanted), path, compression="zstd", write_page_checksum=True)


def _write_activities(
    path: Path,
    account_no: NDArray[np.int64],
    created: NDArray[np.int64],
    n_rows: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Write the activities, whole accounts at a time; rows wait for a row group to be full."""
    ends = np.append(np.flatnonzero(np.diff(account_no)) + 1, len(account_no))
    options = {"compression": "zstd", "write_page_checksum": True, "use_dictionary": ["kind", "topic", "direction"]}
    waiting = ACTIVITIES.empty_table()
    before = np.concatenate([[0], np.cumsum(n_rows)])
    start = 0
    with pq.ParquetWriter(path, ACTIVITIES, **options) as writer:
        while start < len(account_no):
            place = np.searchsorted(before[ends], before[start] + CHUNK, side="right")
            stop = int(ends[max(place - 1, np.searchsorted(ends, start, side="right"))])
            made = _activities(account_no[start:stop], start, created[start:stop], n_rows[start:stop], rng)
            waiting = pa.concat_tables([waiting, made])
            whole = len(waiting) // ROW_GROUP * ROW_GROUP
            writer.write_table(waiting.slice(0, whole), row_group_size=ROW_GROUP)
            waiting, start = waiting.slice(whole), stop
        writer.write_table(waiting, row_group_size=ROW_GROUP)


def _activities(
    account_no: NDArray[np.int64],
    first_lead: int,
    created: NDArray[np.int64],
    n_rows: NDArray[np.int64],
    rng: np.random.Generator,
) -> pa.Table:
    """Return activities of leads: most in the first days, one in ten recorded late, one in fifty of no lead."""
    lead = np.repeat(np.arange(len(n_rows)), n_rows)
    n = len(lead)
    occurred = created[lead] + (rng.random(n) ** 2 * 180 * DAY).astype(np.int64)
    late = np.where(rng.random(n) < 0.1, rng.exponential(DAY, n), 0.0).astype(np.int64)
    kind = rng.choice(len(KINDS), n, p=SHARES).astype(np.int32)
    topic = rng.integers(0, N_TOPICS, n).astype(np.int32)
    known = occurred + late
    order = np.lexsort((known, account_no[lead]))
    lead, kind = lead[order], kind[order]
    words = pa.array([f"topic {number}" for number in range(N_TOPICS)])
    columns = [
        pa.array(account_no[lead]),
        pa.array(lead + first_lead, mask=rng.random(n) < 0.02),
        pa.array(occurred[order]).cast(INSTANT),
        pa.array(known[order]).cast(INSTANT),
        pa.array(KINDS).take(pa.array(kind)),
        words.take(pa.array(topic[order], mask=rng.random(n) < 2 / 3)),
        pa.array(["inbound", "outbound"]).take(pa.array(np.array(DIRECTIONS, np.int32)[kind])),
        pa.nulls(n, pa.float64()),
    ]
    return pa.table(columns, schema=ACTIVITIES)


def looks_of(history: History, n_weeks: int, seed: int = 5) -> pa.Table:
    """Return one look a lead at a random instant of its first half year, or weekly ones from a week after its creation.

    Returns
    -------
    pyarrow.Table
        lead_no, account_no, lead_id, as_of, in the order of lead_no and as_of.
    """
    leads = pq.read_table(history.path("leads"), columns=["lead_no", "account_no", "lead_id", "created_at"])
    created = leads["created_at"].cast(pa.int64()).to_numpy()
    if n_weeks == 1:
        as_of = created + np.random.default_rng(seed).integers(DAY, 180 * DAY, len(created))
        return leads.drop_columns(["created_at"]).append_column("as_of", pa.array(as_of).cast(INSTANT))
    rows = np.repeat(np.arange(len(created)), n_weeks)
    as_of = created[rows] + np.tile((1 + np.arange(n_weeks)) * 7 * DAY, len(created))
    table = leads.drop_columns(["created_at"]).take(pa.array(rows))
    return table.append_column("as_of", pa.array(as_of).cast(INSTANT))
