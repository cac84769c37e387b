"""Write a canonical history from lists of dicts, so that a test shows its data in sight.

Instants are ISO text or datetimes (no offset: UTC). A row of activities or outcomes is known when it occurs,
unless it carries a later `recorded_at`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

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
from predictive_scoring.contract.words import Words
from predictive_scoring.storage import write_parquet

Row = Mapping[str, Any]
ARROW_TYPES: dict[AttributeType, pa.DataType] = {
    "category": pa.string(),
    "text": pa.string(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": INSTANT,
}


def instant(value: Any) -> datetime | None:
    """Return a datetime in UTC from ISO text, a datetime or None."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_history(
    folder: Path,
    *,
    leads: Iterable[Row],
    accounts: Iterable[Row] = (),
    activities: Iterable[Row] = (),
    outcomes: Iterable[Row] = (),
    attributes: Iterable[Attribute] = (),
    words: Words | None = None,
    **facts: Any,
) -> History:
    """Write the four tables and history.json into `folder` and return the history.

    Leads are numbered in the order of account, then lead_id; a lead without an account is an account of its own,
    after the others. Other keys, e.g. `observed_until` or `flat`, go to the facts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    declared = tuple(attributes)
    lead_rows, account_rows = _numbered(list(leads), list(accounts))
    number_of_lead = {row["lead_id"]: row for row in lead_rows}
    number_of_account = {row["account_id"]: row["account_no"] for row in account_rows}
    tables = {
        "leads": (_with_attributes(LEADS, declared, "leads"), lead_rows),
        "accounts": (_with_attributes(ACCOUNTS, declared, "accounts"), account_rows),
        "activities": (ACTIVITIES, _activities(activities, number_of_lead, number_of_account)),
        "outcomes": (OUTCOMES, _outcomes(outcomes, number_of_lead)),
    }
    for name, (schema, rows) in tables.items():
        write_parquet(folder / f"{name}.parquet", pa.Table.from_pylist([_typed(row, schema) for row in rows], schema))
    known = {"name": "test", "description": "made for a test", "licence": "none", **facts}
    if "observed_until" in known:
        known["observed_until"] = instant(known["observed_until"])
    history = History(folder, HistoryFacts(attributes=declared, words=words or Words(), **known))
    history.save_facts()
    return history


def _numbered(leads: list[Row], accounts: list[Row]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    named = {lead["account_id"] for lead in leads if lead.get("account_id")} | {row["account_id"] for row in accounts}
    given = {row["account_id"]: row for row in accounts}
    numbers = {account: number for number, account in enumerate(sorted(named))}
    account_rows = [{**given.get(name, {}), "account_id": name, "account_no": numbers[name]} for name in sorted(named)]
    alone = sorted(lead["lead_id"] for lead in leads if not lead.get("account_id"))
    own = {lead_id: len(numbers) + place for place, lead_id in enumerate(alone)}
    rows = [
        {**lead, "row_number": place, "account_no": numbers.get(lead.get("account_id"), own.get(lead["lead_id"]))}
        for place, lead in enumerate(leads, start=1)
    ]
    rows.sort(key=lambda row: (row["account_no"], row["lead_id"]))
    return [{**row, "lead_no": place} for place, row in enumerate(rows)], account_rows


def _known(row: Row) -> dict[str, Any]:
    occurred = instant(row["occurred_at"])
    recorded = instant(row.get("recorded_at")) or occurred
    assert occurred is not None
    assert recorded is not None
    return {**row, "occurred_at": occurred, "known_at": max(occurred, recorded)}


def _activities(rows: Iterable[Row], leads: dict[str, Any], accounts: dict[str, int]) -> list[dict[str, Any]]:
    made = []
    for row in map(_known, rows):
        lead = leads.get(row.get("lead_id"))  # type: ignore[arg-type]
        account_no = lead["account_no"] if lead else accounts[row["account_id"]]
        made.append({**row, "account_no": account_no, "lead_no": lead["lead_no"] if lead else None})
    return sorted(made, key=lambda row: (row["account_no"], row["known_at"], *_rest(row)))


def _rest(row: Row) -> tuple[Any, ...]:
    absent = -1 if row["lead_no"] is None else row["lead_no"]
    return absent, row["occurred_at"], row["kind"], str(row.get("topic")), str(row.get("direction"))


def _outcomes(rows: Iterable[Row], leads: dict[str, Any]) -> list[dict[str, Any]]:
    made = [{**row, "lead_no": leads[row["lead_id"]]["lead_no"]} for row in map(_known, rows)]
    return sorted(made, key=lambda row: (row["lead_no"], row["occurred_at"], row["stage"]))


def _with_attributes(schema: pa.Schema, declared: tuple[Attribute, ...], table: str) -> pa.Schema:
    for attribute in declared:
        if attribute.table == table:
            schema = schema.append(pa.field(attribute.name, ARROW_TYPES[attribute.type]))
            if attribute.known == "at_instant":
                schema = schema.append(pa.field(f"{attribute.name}__known_at", INSTANT))
    return schema


def _typed(row: Row, schema: pa.Schema) -> dict[str, Any]:
    return {
        field.name: instant(row.get(field.name)) if field.type == INSTANT else row.get(field.name) for field in schema
    }
