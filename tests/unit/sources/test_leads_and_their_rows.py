"""Which lead a row belongs to, and what its stages and early activities mean."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from source_builder import (
    ACTIVITIES,
    LEADS,
    LENIENT,
    NO_OUTCOMES,
    OUTCOMES,
    TWO_LEADS,
    broken,
    column,
    extract_all,
    rows_of,
    write_source,
)

from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import write_parquet


def test_B07_ids_that_are_numbers_here_and_text_there_are_the_same(tmp_path: Path) -> None:
    accounts = pa.table({"no": pa.array([7, 80], pa.int64()), "size": pa.array([10.0, 20.0])})
    write_parquet(tmp_path / "accounts.parquet", accounts)
    leads = pa.table({"id": ["L1", "L2"], "at": ["2024-01-01"] * 2, "company": pa.array([7.0, None], pa.float64())})
    write_parquet(tmp_path / "leads.parquet", leads)
    tables = {
        "leads": {"path": "leads.parquet", "columns": {**LEADS["columns"], "account_id": "company"}},
        "accounts": {
            "path": "accounts.parquet",
            "columns": {"account_id": "no"},
            "attributes": {"size": {"type": "number", "known": "at_creation"}},
        },
        "activities": {**ACTIVITIES, "columns": {"account_id": "no", "occurred_at": "at", "kind": "kind"}},
        "outcomes": OUTCOMES,
    }
    files = {"activities.csv": "no,at,kind\n7,2024-02-01,visit\n", "outcomes.csv": NO_OUTCOMES}
    history = extract(write_source(tmp_path, tables, files), tmp_path / "history", LENIENT)
    assert column(history, "leads", "account_id") == ["7", None]
    assert column(history, "accounts", "account_id") == ["7", "80"]
    assert broken(history) == []


def statuses(history: History, as_of: str) -> tuple[list[bool], list[str]]:
    won = Target(stage="won", horizon_days=30, end_stages=("lost",))
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    looks = training_snapshots(history, won, Snapshots()).to_pylist()
    before = [row["converted"] for row in looks if row["as_of"] == datetime(2024, 1, 8, tzinfo=UTC)]
    return before, population_at(history, won, Snapshots(), instant)["status"].to_pylist()


def test_B08_who_won_and_then_lost_has_won(tmp_path: Path) -> None:
    visit, stages = "id,at,kind\nL1,2024-01-02,visit\n", "id,at,stage\nL1,2024-01-20,won\nL1,2024-01-25,lost\n"
    files = visit, stages + "L1,2024-05-01,mql\n"
    history = extract_all(tmp_path, "id,at\nL1,2024-01-01\n", *files)
    assert statuses(history, "2024-02-01") == ([True], ["already_converted"])
    assert len(rows_of(history, "leads")) == 1


def test_B08_who_lost_and_then_won_converted_too_but_was_not_looked_at_in_between(tmp_path: Path) -> None:
    visit, stages = "id,at,kind\nL1,2024-01-02,visit\n", "id,at,stage\nL1,2024-01-20,lost\nL1,2024-01-30,won\n"
    history = extract_all(tmp_path, "id,at\nL1,2024-01-01\n", visit, stages + "L1,2024-05-01,mql\n")
    assert statuses(history, "2024-01-25") == ([True], ["excluded"])


EARLY = "id,at,kind\nL1,2023-12-01,visit\nL1,2024-01-01,visit\nL2,2024-01-05,visit\n"


def test_C04_an_activity_before_its_lead_is_its_history_and_told(tmp_path: Path) -> None:
    history = extract_all(tmp_path, TWO_LEADS, EARLY, NO_OUTCOMES)
    assert len(rows_of(history, "activities")) == 3
    assert "activities: 1 row from before the lead was created, kept as its history" in history.facts.notes


def test_C04_an_activity_before_its_lead_is_quarantined_where_the_source_file_says_so(tmp_path: Path) -> None:
    history = extract_all(tmp_path, TWO_LEADS, EARLY, NO_OUTCOMES, activities={"before_creation": "quarantine"})
    assert broken(history) == [(2, "activity_before_creation")], "at the very instant of creation is not before it"
    assert len(rows_of(history, "activities")) == 2
