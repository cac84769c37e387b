"""A person is at the furthest stage of buying that they touched themselves, by kind or by topic."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from history_builder import write_history
from predictive_scoring.agreement import journey
from predictive_scoring.agreement.definition import Journey, Touches
from predictive_scoring.agreement.journey import BuyingStage, journeys_at
from predictive_scoring.contract.history import History

START = datetime(2024, 1, 1, tzinfo=UTC)
JOURNEY = Journey(
    awareness=Touches(kinds=("visit",)),
    consideration=Touches(kinds=("download",), topics=("cases",)),
    decision=Touches(topics=("prices", "it's")),
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def _rows(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    lot = random.Random(seed)
    leads = [{"lead_id": f"L{n}", "created_at": day(lot.randrange(9))} for n in range(8)]
    activities = [
        {
            "lead_id": f"L{lot.randrange(8)}",
            "occurred_at": at,
            "recorded_at": at + timedelta(days=lot.choice((0, 0, 5))),
            "kind": lot.choice(("visit", "download", "mail")),
            "topic": lot.choice((None, "cases", "prices", "it's", "news")),
            "direction": lot.choice((None, "inbound", "outbound")),
        }
        for at in (day(lot.randrange(40)) for _ in range(25))
    ]
    return leads, activities


def _by_hand(leads: list[dict[str, Any]], activities: list[dict[str, Any]], as_of: datetime) -> list[tuple[int, Any]]:
    found = []
    for lead in leads:
        if lead["created_at"] < as_of:
            touched = []
            for row in activities:
                known_at = max(row["occurred_at"], row["recorded_at"])
                if row["lead_id"] == lead["lead_id"] and row["direction"] != "outbound" and known_at < as_of:
                    late = 3 if row["topic"] in ("prices", "it's") else 0
                    middle = 2 if row["kind"] == "download" or row["topic"] == "cases" else 0
                    touched.append((max(late, middle, int(row["kind"] == "visit")), known_at))
            stage = max((stage for stage, _ in touched), default=0)
            since = min(at for s, at in touched if s == stage) if stage else None
            found.append((stage, since))
    return found


def _found(history: History, as_of: datetime) -> list[tuple[int, Any]]:
    table = journeys_at(history, JOURNEY, as_of)
    return list(zip(table["stage"].to_pylist(), table["since"].to_pylist(), strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_stages_are_those_of_a_walk_through_the_rows(seed: int, tmp_path: Path) -> None:
    leads, activities = _rows(seed)
    history = write_history(tmp_path, leads=leads, activities=activities)
    for as_of in (day(5), day(20), day(60)):
        assert _found(history, as_of) == _by_hand(leads, activities, as_of)


def test_the_planted_bug_of_the_nearest_stage_instead_of_the_furthest_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journey, "_touched", lambda touches: "kind = 'visit'" if touches.kinds else "false")
    leads, activities = _rows(0)
    history = write_history(tmp_path, leads=leads, activities=activities)
    assert _found(history, day(60)) != _by_hand(leads, activities, day(60))


def test_who_touched_nothing_is_nowhere_on_the_way(tmp_path: Path) -> None:
    sent = [{"lead_id": "L0", "occurred_at": day(1), "kind": "visit", "direction": "outbound"}]
    history = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": day(0)}], activities=sent)
    assert _found(history, day(9)) == [(BuyingStage.UNKNOWN, None)]
    assert journeys_at(history, Journey(), day(9))["stage"].to_pylist() == [BuyingStage.UNKNOWN]
