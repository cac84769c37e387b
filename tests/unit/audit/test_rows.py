"""What to do about rows that were collapsed or quarantined is said in an order that works."""

from pathlib import Path

import pytest
import yaml

from predictive_scoring.audit import rows
from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.rows import row_findings
from predictive_scoring.config.extract import Extract
from predictive_scoring.sources.extract import extract

TWICE = "A,2024-01-01\nA,2024-01-02\n"  # neither row can be kept, so lead A is unknown
CALLS = "B,2024-01-05 10:00,call\n" * 2


def found(folder: Path, leads: str, calls: str) -> dict[tuple[str, str | None], Finding]:
    (folder / "leads.csv").write_text("id,at\nB,2024-01-01\n" + leads)
    (folder / "calls.csv").write_text("id,at,kind\n" + calls)
    (folder / "won.csv").write_text("id,at,stage\n" + "B,2024-01-09,won\n" * 2)
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at"}},
        "activities": {"path": "calls.csv", "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"}},
        "outcomes": {"path": "won.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
    }
    source = folder / "source.yaml"
    source.write_text(yaml.safe_dump({"name": "s", "licence": "internal", "timezone": "UTC", "tables": tables}))
    history = extract(source, folder / "history", Extract(max_quarantine_share=1.0))
    return {(each.id, each.table): each for each in row_findings(history, 1.0)}


def test_B01_what_keeps_events_that_look_alike_apart_is_said(tmp_path: Path) -> None:
    told = found(tmp_path, "B,2024-01-01\n", CALLS)
    assert "seconds" in told["key.exact_duplicates", "activities"].fix
    assert "`topic`" in told["key.exact_duplicates", "activities"].fix
    assert "`amount`" in told["key.exact_duplicates", "outcomes"].fix
    assert told["key.exact_duplicates", "leads"].fix == "nothing, if the export repeats rows"


def test_B02_the_row_of_a_lead_is_put_right_before_the_rows_that_followed_it(tmp_path: Path) -> None:
    told = found(tmp_path, TWICE, "A,2024-01-05 10:00,call\n")
    assert told["row.unknown_lead", "activities"].fix.startswith("put right the 2 rows of leads in quarantine first")
    assert "unknown_lead" in told["row.duplicate_key", "leads"].fix


def test_of_a_lead_that_the_export_does_not_have_nothing_is_said_to_follow(tmp_path: Path) -> None:
    told = found(tmp_path, "", "Z,2024-01-05 10:00,call\n")
    assert told["row.unknown_lead", "activities"].fix.startswith("export leads and accounts whole")


def test_planted_bug_without_the_order_the_fix_would_send_people_to_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_first", lambda rule, table, history: "")
    told = found(tmp_path, TWICE, "A,2024-01-05 10:00,call\n")
    assert told["row.unknown_lead", "activities"].fix.startswith("export leads and accounts whole")
