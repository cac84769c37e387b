"""Whom to keep warm, and what converters did next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agreed_world import OWN, agreed, found
from history_builder import write_history
from predictive_scoring.agreement.journey import BuyingStage
from predictive_scoring.handoff.nurture import decayed, next_actions, warming
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.situation import Situation

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)


def _rising(here: Situation) -> dict[str, tuple[float, float]]:
    return {lead.lead_id: (lead.before, lead.now) for lead in warming(here, standings(here))}


def test_only_leads_below_the_line_whose_engagement_rises_are_listed(tmp_path: Path) -> None:
    rising = _rising(found(tmp_path))
    assert list(rising) == ["cool"]  # `ready` rises as well, and is handed over
    was, now = rising["cool"]
    assert was == pytest.approx(0.5 ** (16 / 14))
    assert now == pytest.approx(0.5 ** (30 / 14) + 0.5 ** (2 / 14) + 0.5 ** (1 / 14))


def test_whoever_opted_out_is_not_kept_warm_either(tmp_path: Path) -> None:
    here = found(tmp_path, questions=("budget",), grades=("C",))
    assert "gone" not in _rising(here)
    assert here.hidden.sum() == 1


def test_what_became_known_later_warms_nobody(tmp_path: Path) -> None:
    late = {"lead_id": "L0", "occurred_at": AS_OF - timedelta(days=1), "recorded_at": AS_OF, "kind": "visit"}
    history = write_history(
        tmp_path, leads=[{"lead_id": "L0", "created_at": AS_OF - timedelta(days=9)}], activities=[late]
    )
    assert decayed(history, OWN, AS_OF, 1).tolist() == [0.0]
    assert decayed(history, OWN, AS_OF + timedelta(days=1), 1)[0] == pytest.approx(0.5 ** (2 / 14))


def test_the_next_action_is_the_first_of_another_kind_before_the_purchase(tmp_path: Path) -> None:
    def act(lead: str, day: int, kind: str) -> dict[str, object]:
        return {"lead_id": lead, "occurred_at": AS_OF - timedelta(days=40 - day), "kind": kind}

    rows = [
        *(act("won1", day, kind) for day, kind in ((1, "visit"), (2, "visit"), (3, "download"), (4, "demo"))),
        *(act("won2", day, kind) for day, kind in ((1, "visit"), (2, "demo"), (30, "download"))),
        *(act("won3", day, kind) for day, kind in ((1, "visit"), (25, "demo"))),  # after the purchase
        *(act("open", day, kind) for day, kind in ((1, "visit"), (2, "download"))),
    ]
    names = ("won1", "won2", "won3", "open")
    history = write_history(
        tmp_path,
        leads=[{"lead_id": name, "created_at": AS_OF - timedelta(days=60)} for name in names],
        activities=rows,
        outcomes=[{"lead_id": name, "occurred_at": AS_OF - timedelta(days=20), "stage": "won"} for name in names[:3]],
    )
    nexts = next_actions(history, agreed().versions[0], AS_OF)
    told = {(one.kind, one.n, one.of, one.share_of_others) for one in nexts[BuyingStage.AWARENESS]}
    assert told == {("download", 1, 2, 1.0), ("demo", 1, 2, 0.0)}
    assert nexts[BuyingStage.DECISION] == []  # nobody did anything else after a demo and before the purchase
    too_early = next_actions(history, agreed().versions[0], AS_OF - timedelta(days=25))
    assert too_early[BuyingStage.AWARENESS] == []  # nobody had bought by then


def test_what_was_done_between_a_purchase_and_its_record_did_not_come_before_it(tmp_path: Path) -> None:
    def day(number: int) -> datetime:
        return AS_OF - timedelta(days=40 - number)

    won = {"lead_id": "L0", "occurred_at": day(10), "recorded_at": day(30), "stage": "won"}
    history = write_history(
        tmp_path,
        leads=[{"lead_id": "L0", "created_at": day(0)}],
        activities=[{"lead_id": "L0", "occurred_at": day(n), "kind": kind} for n, kind in ((1, "visit"), (20, "demo"))],
        outcomes=[won],
    )
    assert next_actions(history, agreed().versions[0], AS_OF)[BuyingStage.AWARENESS] == []
