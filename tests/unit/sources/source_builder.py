"""Small sources, written where a test can see them."""

import json
from pathlib import Path

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet

LENIENT = Extract(max_quarantine_share=1.0)
LEADS = {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at"}}
ACTIVITIES = {"path": "activities.csv", "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"}}
OUTCOMES = {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}}
TWO_LEADS = "id,at\nL1,2024-01-01\nL2,2024-01-02\n"
NO_OUTCOMES = "id,at,stage\n"


def write_source(folder: Path, tables: dict, files: dict[str, str | bytes], **keys: object) -> Path:
    """Write files and the source file over them; JSON is YAML."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    path = folder / "acme.yaml"
    path.write_text(json.dumps({"name": "acme", "licence": "internal", "timezone": "UTC", "tables": tables, **keys}))
    return path


def extract_leads(folder: Path, leads: str | bytes, table: dict | None = None, **keys: object) -> History:
    """Extract a source of leads with no outcomes; every row may be bad."""
    tables = {"leads": {**LEADS, **(table or {})}, "outcomes": OUTCOMES}
    path = write_source(folder, tables, {"leads.csv": leads, "outcomes.csv": NO_OUTCOMES}, **keys)
    return extract(path, folder / "history", LENIENT)


def extract_all(folder: Path, leads: str, activities: str, outcomes: str, /, **tables: dict) -> History:
    """Extract a source of three tables; every row may be bad."""
    given = {
        "leads": {**LEADS, **tables.get("leads", {})},
        "activities": {**ACTIVITIES, **tables.get("activities", {})},
        "outcomes": {**OUTCOMES, **tables.get("outcomes", {})},
    }
    files = {"leads.csv": leads, "activities.csv": activities, "outcomes.csv": outcomes}
    return extract(write_source(folder, given, files), folder / "history", LENIENT)


def rows_of(history: History, table: str) -> list[dict]:
    """Return a table of a history, or its quarantine, as dictionaries."""
    return read_parquet(history.folder / f"{table}.parquet").to_pylist()


def column(history: History, table: str, name: str) -> list:
    """Return one column."""
    return [row[name] for row in rows_of(history, table)]


def broken(history: History) -> list[tuple[int, str]]:
    """Return line and rule of each quarantined row."""
    return [(row["line"], row["rule"]) for row in rows_of(history, "quarantine")]
