"""A few leads with the kinds, stages and attributes that a source file speaks of: enough to declare every feature."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import (
    ACCOUNTS,
    ACTIVITIES,
    INSTANT,
    LEADS,
    OUTCOMES,
    Attribute,
    AttributeType,
    History,
    HistoryFacts,
)
from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.storage import write_parquet

FIRST: Final = datetime(2020, 1, 6, 9, tzinfo=UTC)
AS_OF: Final = FIRST + timedelta(days=1000)  # more than two years: seasons are declared too
N_LEADS: Final = 4  # two at each company, so that there are colleagues
COLUMN_TYPES: Final[dict[AttributeType, pa.DataType]] = {
    "category": pa.string(), "text": pa.string(), "number": pa.float64(), "boolean": pa.bool_(), "date": INSTANT
}  # fmt: skip


def reference_history(source: Source, target: Target, folder: Path) -> History:
    """Write a made-up history into `folder` and return it: every kind, stage and attribute of a source occurs in it.

    Kinds and stages are those that the source has words for. The first lead does everything, ten days and more before
    `AS_OF`; one lead was won long ago. Nothing in it says how frequent anything is.
    """
    attributes = tuple(
        Attribute(
            table="leads" if table == "leads" else "accounts", name=name, type=given.type,
            known="at_instant" if isinstance(given.known, KnownFrom) else "at_creation",
        )
        for table, parts in source.tables.given.items()
        for each in parts
        for header, name in each.attribute_names.items()
        if (given := each.attributes[header]).known != "at_export"
    )  # fmt: skip
    facts = HistoryFacts(
        name=source.name, description=source.description, licence=source.licence, words=source.words,
        attributes=attributes, observed_until=AS_OF,
    )  # fmt: skip
    history = History(folder, facts)
    write_parquet(history.path("leads"), _leads(facts))
    write_parquet(history.path("accounts"), _accounts(facts))
    write_parquet(history.path("activities"), _activities(list(source.words.kinds)))
    stages = [stage for stage in source.words.stages if stage not in (target.stage, *target.end_stages)]
    write_parquet(history.path("outcomes"), _outcomes(stages, target.stage))
    history.save_facts()
    return history


def _leads(facts: HistoryFacts) -> pa.Table:
    created = [FIRST, FIRST, AS_OF - timedelta(days=100), AS_OF - timedelta(days=50)]
    rows = [
        {
            "lead_no": n, "account_no": n // 2, "lead_id": f"lead-{n}", "account_id": f"account-{n // 2}",
            "created_at": created[n], "row_number": n + 1, "email_kind": "business" if n % 2 else "free",
        }
        | _values(facts, "leads", n)
        for n in range(N_LEADS)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, _with_attributes(LEADS, facts, "leads"))


def _accounts(facts: HistoryFacts) -> pa.Table:
    rows = [
        {"account_no": n, "account_id": f"account-{n}"} | _values(facts, "accounts", n) for n in range(N_LEADS // 2)
    ]
    return pa.Table.from_pylist(rows, _with_attributes(ACCOUNTS, facts, "accounts"))


def _activities(kinds: list[str]) -> pa.Table:
    rows = [
        {
            "account_no": lead_no // 2, "lead_no": lead_no, "occurred_at": at, "known_at": at, "kind": kind,
            "topic": "a topic", "direction": "inbound" if place % 2 else "outbound",
        }
        for lead_no in (2, 3)
        for at in (AS_OF - timedelta(days=20 * lead_no - 30, hours=n) for n in range(2))
        for place, kind in enumerate(kinds)
    ]  # fmt: skip
    order = [(name, "ascending") for name in ("account_no", "known_at", "lead_no", "kind")]
    return pa.Table.from_pylist(rows, ACTIVITIES).sort_by(order)


def _outcomes(stages: list[str], won: str) -> pa.Table:
    reached = [(2, AS_OF - timedelta(days=12), stage) for stage in stages] + [(3, AS_OF - timedelta(days=5), won)]
    rows = [
        {"lead_no": lead_no, "lead_id": f"lead-{lead_no}", "occurred_at": at, "known_at": at, "stage": stage}
        for lead_no, at, stage in reached
    ]
    return pa.Table.from_pylist(rows, OUTCOMES).sort_by([("lead_no", "ascending"), ("occurred_at", "ascending")])


def _values(facts: HistoryFacts, table: str, n: int) -> dict[str, Any]:
    """Return an attribute value of each type; two neighbours differ, or there would be nothing to learn."""
    given: dict[AttributeType, Any] = {
        "text": "Head of Marketing" if n % 2 == 0 else "Buyer", "number": 50.0 * (n + 1), "boolean": n % 2 == 0,
        "date": FIRST - timedelta(days=365 * (n + 1)),
    }  # fmt: skip
    found = {}
    for attribute in facts.attributes:
        levels = list(facts.words.values.get(attribute.name, {})) or ["one", "another"]
        if attribute.table == table:
            found[attribute.name] = levels[n % len(levels)] if attribute.type == "category" else given[attribute.type]
            found[f"{attribute.name}__known_at"] = FIRST if n % 2 == 0 else None  # read where there is such a column
    return found


def _with_attributes(schema: pa.Schema, facts: HistoryFacts, table: str) -> pa.Schema:
    for attribute in facts.attributes:
        if attribute.table == table:
            schema = schema.append(pa.field(attribute.name, COLUMN_TYPES[attribute.type]))
            if attribute.known == "at_instant":
                schema = schema.append(pa.field(f"{attribute.name}__known_at", INSTANT))
    return schema
