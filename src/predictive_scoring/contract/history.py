"""The canonical history: a folder of four tables that every later stage reads, and the facts about them.

Column types are the same for every source. Ids are text. Instants are `timestamp[us, UTC]`. `account_no` and `lead_no`
are integers local to the folder: an account's leads lie together, a lead without an account is an account of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from predictive_scoring.config.base import Block
from predictive_scoring.contract.words import Words
from predictive_scoring.storage import read_json, read_parquet, write_json

AttributeType = Literal["category", "number", "boolean", "date", "text"]
TableName = Literal["leads", "accounts", "activities", "outcomes", "merges"]  # merges are followed, then dropped
INSTANT = pa.timestamp("us", tz="UTC")

LEADS = pa.schema(
    [
        ("lead_no", pa.int64()),  # 0-based, in the order of account_no, lead_id
        ("account_no", pa.int64()),
        ("lead_id", pa.string()),
        ("account_id", pa.string()),  # null: no account
        ("created_at", INSTANT),  # null only in a flat table without it
        ("row_number", pa.int64()),  # 1-based place in the source: the order of a flat table whose rows lie in time
        ("email_kind", pa.string()),  # business, free, disposable or null; the address itself goes no further
        ("email_group", pa.string()),  # the first of the source file's `email_groups` that holds its domain
        ("merged_at", INSTANT),  # from then on it lives on in another lead; null: it was never merged
        ("converted", pa.bool_()),  # flat tables only, null where the outcome is unknown
    ]
)  # attributes follow, under their own names; `<name>__known_at` beside one that is known from an instant on
ACCOUNTS = pa.schema([("account_no", pa.int64()), ("account_id", pa.string())])  # attributes follow
ACTIVITIES = pa.schema(
    [
        ("account_no", pa.int64()),
        ("lead_no", pa.int64()),  # null: known for the account only
        ("occurred_at", INSTANT),
        ("known_at", INSTANT),  # the later of occurred_at and recorded_at
        ("kind", pa.string()),
        ("topic", pa.string()),
        ("direction", pa.string()),  # inbound, outbound or null
        ("value", pa.float64()),
    ]
)  # sorted by account_no, known_at, then every other column
OUTCOMES = pa.schema(
    [
        ("lead_no", pa.int64()),
        ("lead_id", pa.string()),
        ("occurred_at", INSTANT),
        ("known_at", INSTANT),
        ("stage", pa.string()),
        ("amount", pa.float64()),
        ("reason", pa.string()),
    ]
)  # sorted by lead_no, occurred_at, stage
QUARANTINE = pa.schema(
    [
        ("table", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("rule", pa.string()),
        ("column", pa.string()),  # the user's header; null: the rule is about the row, not about one cell
        ("text", pa.string()),
    ]
)


class Attribute(Block):
    """One attribute column of the leads or accounts table."""

    table: Literal["leads", "accounts"]
    name: str
    type: AttributeType
    known: Literal["at_creation", "at_instant", "at_export"]
    header: str = ""  # what the user's file calls it

    @property
    def spoken(self) -> str:
        """The name that the user knows it by."""
        return self.header or self.name

    @property
    def may_be_a_feature(self) -> bool:
        """Whether it is stated when the value was known."""
        return self.known != "at_export"


class NeverSeen(Block):
    """A word of the source file that no row has."""

    table: TableName
    key: str  # kinds, stages or only.<header>
    word: str


class RowAccount(Block):
    """Where a table's rows went: `read == kept + collapsed + left_out + quarantined`."""

    read: int
    kept: int
    collapsed: int = 0
    left_out: dict[str, int] = {}  # by `contract.rules.LeftOut`
    quarantined: dict[str, int] = {}  # by rule


class HistoryFacts(Block):
    """What the tables do not say of themselves; stands beside them as history.json."""

    name: str
    description: str
    licence: str
    simulated: bool = False
    ordering: Literal["time", "rows", "none"] = "time"
    flat: bool = False  # one row a lead, outcome in `leads.converted`, no activities
    observed_until: datetime | None = None  # the end of the history: later outcomes cannot be known
    attributes: tuple[Attribute, ...] = ()
    words: Words = Words()
    rows: dict[TableName, RowAccount] = {}
    email_groups: tuple[str, ...] = ()  # the groups of domains that the source file names
    counts: dict[str, int] = {}  # what was found and changed nothing, e.g. leads that share an address
    never_seen: tuple[NeverSeen, ...] = ()
    notes: tuple[str, ...] = ()  # warnings in plain words, e.g. "activities: 'recorded_at' is not given …"


@dataclass(frozen=True)
class History:
    """A folder with leads, accounts, activities and outcomes as Parquet, and history.json."""

    folder: Path
    facts: HistoryFacts

    @classmethod
    def load(cls, folder: Path) -> "History":
        """Return the history that lies in a folder."""
        return cls(folder, HistoryFacts.model_validate(read_json(folder / "history.json")))

    def save_facts(self) -> None:
        """Write history.json."""
        write_json(self.folder / "history.json", self.facts.model_dump(mode="json"))

    def path(self, table: TableName) -> Path:
        """Return the path of one table; every table is always there, if empty."""
        return self.folder / f"{table}.parquet"

    def truth(self) -> pa.Table | None:
        """Return the true chances of a simulated history (lead_id, as_of, probability), or None."""
        path = self.folder / "truth.parquet"
        return read_parquet(path) if path.is_file() else None
