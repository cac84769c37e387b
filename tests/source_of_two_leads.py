"""A source file over two leads, for what reads a source by itself."""

import json
from pathlib import Path

LEADS = "id,at,channel\nL1,2024-02-01,referral\nL2,2024-02-02,ads\n"
ACTIVITIES = "id,at,kind\nL1,2024-02-05,page_view\nL1,2024-02-06,demo_request\n"
OUTCOMES = "id,at,stage\n"


def write(folder: Path, leads: str = LEADS) -> Path:
    """Write the files and return the source file; JSON is YAML."""
    for name, text in (("leads", leads), ("activities", ACTIVITIES), ("outcomes", OUTCOMES)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    channel = {"channel": {"type": "category", "known": "at_creation"}}
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at"}, "attributes": channel},
        "activities": {"path": "activities.csv", "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"}},
        "outcomes": {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
    }
    source = folder / "two.yaml"
    known = {"name": "two", "description": "two leads", "licence": "internal", "timezone": "UTC"}
    source.write_text(json.dumps({**known, "exported_at": "2024-03-01", "tables": tables}), encoding="utf-8")
    return source
