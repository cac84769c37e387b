"""What became of people by what was on record: immature is no loss, and what was recorded later is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Condition, Criterion, Qualification, Version
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.states import State
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff import contacts as contacts_module
from predictive_scoring.handoff import record as record_module
from predictive_scoring.handoff import response as response_module
from predictive_scoring.handoff.contacts import Clock, HandOffs
from predictive_scoring.handoff.eligible import Position, obstacles
from predictive_scoring.handoff.promise import HOUR
from predictive_scoring.handoff.record import Record, Terms, response, what_became
from predictive_scoring.handoff.response import Waits, response_needed
from predictive_scoring.snapshots.instants import DAY, NEVER, to_micros
from predictive_scoring.snapshots.openness import openness

START = datetime(2024, 1, 1, tzinfo=UTC)
HAND_OFF = HandOff(questions=("budget",), contact_kinds=("call",))
RULES = Version(
    valid_from="2024-01-01",
    own_actions=("visit", "demo"),
    mql=Qualification(any_of=(Condition(kinds=("demo",)),)),
    profile=(Criterion(attribute="channel", table="leads", any_of=("fair",), essential=True),),
    hand_off=HAND_OFF,
)
ASKED = Terms(horizon=30 * DAY, promised_hours=24, level=0.9)
ATTRIBUTES = [
    Attribute(table="leads", name="budget", type="number", known="at_instant"),
    Attribute(table="leads", name="channel", type="category", known="at_creation"),
]
UNTIL = START + timedelta(days=50)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def _history(folder: Path) -> History:
    leads: list[dict[str, Any]] = [
        {"lead_id": f"L{n}", "created_at": day(0), "channel": "fair", "budget": 5.0, "budget__known_at": day(1)}
        for n in range(6)
    ]
    leads[2] |= {"budget__known_at": day(12)}  # on the Monday nobody had the answer
    leads[3] |= {"channel": "web"}
    leads[4] |= {"channel": None}
    activities = [{"lead_id": f"L{n}", "occurred_at": day(1), "kind": "visit"} for n in (0, 1, 2, 3, 4)]
    activities += [
        {"lead_id": "L0", "occurred_at": day(10.5), "kind": "call", "direction": "outbound"},
        {"lead_id": "L0", "occurred_at": day(2), "kind": "call", "direction": "outbound"},  # before the hand-over
        {"lead_id": "L1", "occurred_at": day(14), "kind": "call", "direction": "outbound"},
        {"lead_id": "L2", "occurred_at": day(10.1), "kind": "call", "direction": "inbound"},  # theirs
    ]
    outcomes = [
        {"lead_id": "L0", "occurred_at": day(20), "stage": "sql"},
        {"lead_id": "L0", "occurred_at": day(39), "stage": "won"},  # within 30 days of day 10
        {"lead_id": "L1", "occurred_at": day(41), "stage": "won"},  # a day too late
        {"lead_id": "L2", "occurred_at": day(30), "recorded_at": day(60), "stage": "won"},  # nobody knew on day 50
        {"lead_id": "L5", "occurred_at": day(45), "stage": "won"},
    ]
    return write_history(folder, leads=leads, activities=activities, outcomes=outcomes, attributes=ATTRIBUTES)


def _record(history: History, until: datetime = UNTIL) -> Record:
    held = openness(history, Target(stage="won", horizon_days=30), Snapshots())
    found = lives(history, Agreement(versions=(RULES,)), Exclude())
    return Record.of(history, held, found, HAND_OFF, "won", to_micros(until))


def _at(*days: float) -> np.ndarray:
    return np.array([to_micros(day(number)) for number in days])


def test_conversions_count_within_the_horizon_and_only_if_they_were_on_record(tmp_path: Path) -> None:
    found = what_became(_record(_history(tmp_path)), np.array([0, 1, 2]), _at(10, 10, 10), ASKED)
    assert (found["handed_over"], found["mature"], found["immature"]) == (3, 3, 0)
    assert found["converted"]["n"] == 1
    assert found["converted"]["share"] == pytest.approx(1 / 3)
    assert found["accepted"]["n"] == 1  # L0 on day 20
    later = what_became(_record(_history(tmp_path / "later"), day(100)), np.array([0, 1, 2]), _at(10, 10, 10), ASKED)
    assert later["converted"]["n"] == 2


def test_whoever_had_not_the_time_is_neither_a_conversion_nor_a_loss(tmp_path: Path) -> None:
    found = what_became(_record(_history(tmp_path)), np.array([0, 4, 5]), _at(10, 30, 40), ASKED)
    assert (found["mature"], found["immature"], found["converted_so_far"]) == (1, 2, 1)
    assert (found["converted"]["n"], found["converted"]["share"]) == (1, 1.0)
    young = what_became(_record(_history(tmp_path / "young")), np.array([4, 5]), _at(30, 40), ASKED)
    assert young["converted"] == {"n": 0, "share": None, "low": None, "high": None}


def test_first_contacts_are_ours_and_come_after_the_hand_over(tmp_path: Path) -> None:
    found = what_became(_record(_history(tmp_path)), np.array([0, 1, 2]), _at(10, 10, 10), ASKED)["response"]
    assert (found["had_time"], found["within_promise"], found["never"]) == (3, 1, 1)
    assert found["median_hours"] == pytest.approx((12 + 96) / 2)
    fresh = what_became(_record(_history(tmp_path / "fresh")), np.array([5]), _at(49.5), ASKED)["response"]
    assert (fresh["had_time"], fresh["share"]) == (0, None)  # the promised day has not passed


def test_planted_a_record_that_looks_past_its_end_counts_what_nobody_knew(tmp_path: Path) -> None:
    history = _history(tmp_path)
    honest = _record(history)
    held = openness(history, Target(stage="won", horizon_days=30), Snapshots())
    peeking = replace(honest, reached=held.reached)
    asked = np.array([0, 1, 2]), _at(10, 10, 10), ASKED
    assert what_became(peeking, *asked)["converted"]["n"] == 2 > what_became(honest, *asked)["converted"]["n"]


def test_each_obstacle_is_judged_by_what_was_known_on_the_day(tmp_path: Path) -> None:
    history = _history(tmp_path)
    found = lives(history, Agreement(versions=(RULES,)), Exclude())
    everybody = np.arange(6)

    def names(on: float) -> list[set[str]]:
        at = np.full(6, to_micros(day(on)))
        kept = obstacles(history, RULES, Position.of(found, 6, everybody, at), everybody, at)
        return [{name for name, mask in kept.items() if mask[lead]} for lead in everybody]

    asked, outside = {"missing_answers"}, {"outside_profile"}
    assert names(10) == [set(), set(), asked, outside, asked, {"no_own_action"}]
    assert names(13) == [set(), set(), set(), outside, asked, {"no_own_action"}]
    assert names(25)[0] == {"with_sales"}


def test_a_simulation_hands_over_the_states_that_the_agreement_names(tmp_path: Path) -> None:
    history, everybody = _history(tmp_path), np.arange(6)
    at = np.full(6, to_micros(day(13)))
    kept = []
    for states in (("lead", "mql", "pql", "recycled"), ("mql", "pql")):
        rules = RULES.model_copy(update={"hand_off": RULES.hand_off.model_copy(update={"states": states})})
        position = Position.of(lives(history, Agreement(versions=(rules,)), Exclude()), 6, everybody, at)
        kept.append(obstacles(history, rules, position, everybody, at)["not_qualified"].tolist())
    assert kept == [[False] * 6, (position.state == State.LEAD).tolist()]
    assert any(kept[1])


def test_a_question_that_no_attribute_answers_is_refused(tmp_path: Path) -> None:
    rules = RULES.model_copy(update={"hand_off": HandOff(questions=("shoe_size",))})
    history = _history(tmp_path)
    lead, at = np.array([0]), _at(10)
    position = Position.of(lives(history, Agreement(versions=(rules,)), Exclude()), 6, lead, at)
    with pytest.raises(ConfigurationError, match="shoe_size"):
        obstacles(history, rules, position, lead, at)


def test_the_last_instant_of_the_promise_keeps_it_in_the_record_the_funnel_and_the_bands_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts() -> set[int]:
        since, contacted = _at(10, 10, 10), _at(11, 11, 11) + np.array([-1, 0, 1])
        record = replace(_record(_history(tmp_path)), until=to_micros(day(12)))
        monkeypatch.setattr(Record, "first_contact", lambda *_: contacted)
        in_the_record = response(record, np.arange(3), since, 24)
        hand_offs = HandOffs(Clock.HAND_OFF, np.arange(3), since, contacted, contacted, np.full(3, 24))
        never = np.full(3, NEVER)
        waits = Waits(Whose.alone(np.arange(3)), since, contacted, never, never, never, np.full(3, 0.5))
        bands = response_needed(waits, 90 * DAY, 0.9)
        assert not hand_offs.is_due(day(11)).any()  # a contact of this very instant is not known yet
        return {in_the_record["within_promise"], int(hand_offs.in_time().sum()), bands.within_hours[24]}

    assert counts() == {2}
    for module in (record_module, contacts_module, response_module):  # the fault that was: each by a rule of its own
        with monkeypatch.context() as planted:
            planted.setattr(module, "is_kept", lambda since, contacted, hours: contacted - since < hours * HOUR)
            assert len(counts()) == 2
