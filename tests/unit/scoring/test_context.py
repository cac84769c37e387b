"""What stands behind the best leads: as of the instant, and nothing that leads to a person."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from history_builder import write_history
from predictive_scoring.config.score import Score
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.scoring.background import Scored, background
from predictive_scoring.scoring.context import N_ENTRIES, context
from predictive_scoring.scoring.dimensions import dimensions
from predictive_scoring.storage import write_parquet

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)
ATTRIBUTES = [
    Attribute(table="leads", name="channel", type="category", known="at_creation"),
    Attribute(table="leads", name="budget", type="number", known="at_creation"),
    Attribute(table="leads", name="nickname", type="category", known="at_creation"),
    Attribute(table="leads", name="remarks", type="text", known="at_creation"),
    Attribute(table="leads", name="rating", type="category", known="at_export"),
    Attribute(table="accounts", name="country", type="category", known="at_creation"),
    Attribute(table="accounts", name="industry", type="category", known="at_creation"),
]


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    leads = [
        {"lead_id": "L1", "account_id": "A1", "created_at": "2025-03-01", "channel": "event", "budget": 1500.0,
         "nickname": "ana@example.com", "remarks": "call Ana", "rating": "hot"},
        {"lead_id": "L2", "account_id": "A1", "created_at": "2025-03-10", "channel": "ads"},
        {"lead_id": "L3", "created_at": "2024-12-01", "channel": "ads"},
        {"lead_id": "L4", "created_at": "2024-12-05", "channel": "event"},
        {"lead_id": "L5", "account_id": "A1", "created_at": "2025-04-02", "channel": "ads"},
    ]  # fmt: skip
    accounts = [{"account_id": "A1", "country": "ES", "industry": "software"}]
    activities = [
        {"lead_id": "L1", "occurred_at": "2025-03-30T10:00", "kind": "visit"},
        {"lead_id": "L1", "occurred_at": "2025-03-30T11:00", "kind": "visit"},
        {"lead_id": "L1", "occurred_at": "2025-03-31", "kind": "demo"},
        {"lead_id": "L1", "occurred_at": "2025-03-31", "recorded_at": "2025-04-05", "kind": "late"},
        {"lead_id": "L1", "occurred_at": "2025-04-02", "kind": "future"},
    ]
    outcomes = [
        {"lead_id": "L1", "occurred_at": "2025-03-05", "stage": "mql"},
        {"lead_id": "L1", "occurred_at": "2025-04-02", "stage": "won"},
        {"lead_id": "L3", "occurred_at": "2024-12-20", "stage": "won"},
        {"lead_id": "L4", "occurred_at": "2025-02-20", "stage": "won"},
    ]
    history = write_history(tmp_path / "history", leads=leads, accounts=accounts, activities=activities,
                            outcomes=outcomes, attributes=ATTRIBUTES)  # fmt: skip
    return on_the_table(history, tmp_path / "scores.parquet")


def on_the_table(history: History, path: Path) -> Scored:
    scores = {"lead_id": ["L1", "L2"], "rank": [1, 2], "probability": [0.5, 0.25], "grade": ["A", "B"]}
    write_parquet(path, pa.table(scores))
    return Scored(
        history, path, AS_OF, Target(stage="won", horizon_days=30), dimensions(history, Score()), Words(), "A"
    )


def test_the_timeline_ends_at_the_instant_and_days_are_counted(scored: Scored) -> None:
    first, second = context(scored, 10).to_pylist()
    assert [(entry["day"], entry["kind"], entry["n"]) for entry in first["timeline"]] == [
        (date(2025, 3, 31), "demo", 1),
        (date(2025, 3, 30), "visit", 2),
    ]
    assert (first["n_activities"], first["last_at"]) == (3, datetime(2025, 3, 31, tzinfo=UTC))
    assert (first["stage"], first["account_id"], first["n_account_leads"]) == ("mql", "A1", 2)
    assert second["timeline"] is None


def test_J13_free_text_addresses_and_what_was_written_later_stay_behind(scored: Scored) -> None:
    first = context(scored, 1).to_pylist()[0]
    assert {item["name"]: item["value"] for item in first["known"]} == {"budget": "1500", "country": "ES"}
    assert (first["channel"], first["segment"]) == ("event", "software")
    assert "ana@example.com" not in str(first)


def test_only_as_many_leads_and_entries_as_are_wanted(scored: Scored, tmp_path: Path) -> None:
    busy = [{"lead_id": "L1", "occurred_at": f"2025-03-{day:02}", "kind": "visit"} for day in range(2, 30)]
    history = write_history(tmp_path / "busy", leads=[{"lead_id": "L1", "created_at": "2025-03-01"}], activities=busy)
    found = context(replace(scored, history=history, dimensions=dimensions(history, Score())), 1)
    assert found.num_rows == 1
    assert found["timeline"][0].as_py()[0]["day"] == date(2025, 3, 29)
    assert len(found["timeline"][0]) == N_ENTRIES
    assert found["n_activities"].to_pylist() == [28]


def test_leads_count_once_their_horizon_is_over(scored: Scored) -> None:
    """L4 bought after its horizon, L1 after the instant: neither is a conversion; L5 was not there yet."""
    found = background(scored)
    assert [(part.value, part.leads, part.converted, part.open) for part in found.months] == [
        ("2024-12", 2, 1, 0),
        ("2025-03", 1, 0, 2),
    ]
    ads, event = sorted(found.channels, key=lambda part: part.value or "")
    assert (ads.value, ads.leads, ads.converted, ads.open, ads.expected, ads.best) == ("ads", 1, 1, 1, 0.25, 0)
    assert (event.leads, event.converted, event.best) == (2, 0, 1)
    assert (found.channel, found.segment) == ("channel", "industry")


def test_whom_nobody_judged_is_in_no_rate_where_the_target_says_so(scored: Scored) -> None:
    """L4 reached neither stage within its horizon, nor an end stage: nothing was said of it."""
    target = Target(stage="won", horizon_days=30, end_stages=("mql",), only_judged=True)
    months = background(replace(scored, target=target)).months
    assert [(part.value, part.leads, part.converted) for part in months] == [("2024-12", 1, 1), ("2025-03", 1, 0)]
    usual = background(replace(scored, target=target.model_copy(update={"only_judged": False}))).months
    assert usual[0].leads == 2


def test_the_settings_name_other_dimensions_and_an_unknown_one_is_refused(scored: Scored) -> None:
    other = dimensions(scored.history, Score(segment="country"))
    assert other.segment is not None
    assert other.segment.name == "country"
    with pytest.raises(ConfigurationError, match=r"score\.channel: 'rating'") as refused:
        dimensions(scored.history, Score(channel="rating"))
    assert "channel" in str(refused.value)


def test_a_flat_table_has_outcomes_and_no_months(tmp_path: Path) -> None:
    leads = [{"lead_id": "L1", "channel": "ads", "converted": True}, {"lead_id": "L2", "channel": "ads"}]
    history = write_history(tmp_path / "flat", leads=leads, attributes=ATTRIBUTES[:1], flat=True)
    found = background(on_the_table(history, tmp_path / "scores.parquet"))
    assert found.months == ()
    assert [(part.value, part.leads, part.converted, part.open) for part in found.channels] == [("ads", 1, 1, 2)]
