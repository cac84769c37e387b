"""Whose wait for a first contact is looked at: whoever was handed over in fact, scored then, with the time behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from history_builder import write_history
from predictive_scoring.agreement.definition import Condition, Qualification, Version
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.contract.history import History
from predictive_scoring.handoff.desk import GIVEN
from predictive_scoring.handoff.question import Question, World
from predictive_scoring.handoff.waits import HandedOver, handed_over
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.job import score_history
from predictive_scoring.snapshots.instants import DAY, NEVER, to_datetime, to_micros
from small_company import CHANNEL, START

UNTIL = START + timedelta(days=100)  # the horizon is 30 days: whoever was handed over from day 70 on is immature
ASKS = ("demo_request",)
RULES = Version(
    valid_from="2024-01-01",
    own_actions=ASKS,
    mql=Qualification(any_of=(Condition(kinds=ASKS),)),
    hand_off=HandOff(contact_kinds=("call_made",)),
)
# lead: asks for a demo, is called, is won, is lost; days since START
PEOPLE: dict[str, tuple[float | None, float | None, float | None, float | None]] = {
    "called": (10, 10.5, 30, None),
    "waits": (12, None, None, None),
    "asks-again": (15, 20, None, None),
    "lost-first": (20, None, None, 19),
    "lost-told-later": (20, None, None, 25),
    "never-asked": (None, 20, 30, None),
    "before": (4, 6, None, None),
    "last-mature": (70, 71, None, None),
    "immature": (70.01, 71, 75, None),
    "after-the-end": (101, 102, None, None),
}
QUALIFIED = ["called", "waits", "asks-again", "lost-told-later", "last-mature"]
TOLD_ON = {"lost-told-later": 120}  # recorded after the end: nobody knew


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def _rows(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    asks, call, won, lost = PEOPLE[name]
    for when in (asks, None if asks is None else asks + 7 * (name == "asks-again")):
        if when is not None:
            yield "activities", {"lead_id": name, "occurred_at": day(when), "kind": "demo_request"}
    if call is not None:
        early = {"lead_id": name, "kind": "call_made", "direction": "outbound"}
        yield "activities", early | {"occurred_at": day(call)}
        yield "activities", early | {"occurred_at": day(call - 7)}  # an earlier call answers no later hand-over
    for stage, when in (("won", won), ("lost", lost)):
        if when is not None:
            told = day(TOLD_ON.get(name, when))
            yield "outcomes", {"lead_id": name, "occurred_at": day(when), "recorded_at": told, "stage": stage}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    rows: dict[str, list[dict[str, Any]]] = {"activities": [], "outcomes": []}
    for name in PEOPLE:
        for table, row in _rows(name):
            rows[table].append(row)
    asked = {name: PEOPLE[name][0] or 12 for name in PEOPLE}
    leads = [{"lead_id": name, "created_at": day(asked[name] - 3), "channel": "ads"} for name in PEOPLE]
    folder = tmp_path_factory.mktemp("waits")
    return write_history(folder, leads=leads, attributes=[CHANNEL], observed_until=day(140), **rows)  # type: ignore[arg-type]


def _asked(bundle: Bundle, given: pa.Table | None = None) -> Question:
    return Question(bundle, RULES, day(5), UNTIL, given=given)


def _names(history: History, found: HandedOver) -> list[str]:
    ids = sorted(PEOPLE)  # as the builder numbers them
    return [ids[number] for number in found.waits.whose.leads]


@pytest.fixture(scope="module")
def found(history: History, bundle: Bundle) -> HandedOver:
    question = _asked(bundle)
    return handed_over(World.of(history, question), question)


def test_without_a_record_it_is_who_first_met_the_definitions_and_was_open(history: History, found: HandedOver) -> None:
    assert found.clock == "qualification"
    assert sorted(_names(history, found)) == sorted(QUALIFIED)
    assert found.immature == 1


def test_each_waits_from_its_own_hand_over_until_the_first_call_after_it(history: History, found: HandedOver) -> None:
    rows = dict(zip(_names(history, found), range(len(QUALIFIED)), strict=True))
    waits = found.waits
    for name, row in rows.items():
        asks, call, won, _ = PEOPLE[name]
        assert asks is not None
        assert waits.since[row] == to_micros(day(asks))
        assert waits.contacted[row] == (NEVER if call is None else to_micros(day(call)))
        assert waits.converted[row] == waits.decided[row] == (NEVER if won is None else to_micros(day(won)))


def test_each_is_scored_by_what_was_known_at_its_hand_over_and_by_no_more(
    history: History, found: HandedOver, bundle: Bundle
) -> None:
    for name, chance, since in zip(_names(history, found), found.waits.chance, found.waits.since, strict=True):
        batches, _ = score_history(bundle, history, to_datetime(int(since) + 1))
        scores = pa.Table.from_batches(list(batches)).to_pylist()
        assert chance == pytest.approx(next(row["probability"] for row in scores if row["lead_id"] == name), abs=1e-12)


def test_a_record_of_hand_offs_says_whom_sales_were_given_and_when(history: History, bundle: Bundle) -> None:
    rows = [
        {"lead_id": "waits", "target": "won", "given_at": day(at), "grade": "A"} for at in (3, 14, 21)
    ]  # before the span, its first, and again
    question = _asked(bundle, pa.Table.from_pylist(rows, GIVEN))
    given = handed_over(World.of(history, question), question)
    assert (given.clock, _names(history, given)) == ("hand_off", ["waits"])
    assert given.waits.since.tolist() == [to_micros(day(14))]
    outside = _asked(bundle, pa.Table.from_pylist(rows[:1], GIVEN))
    assert handed_over(World.of(history, outside), outside).clock == "qualification"


def test_planted_an_immature_hand_over_is_counted_if_the_record_seems_longer(history: History, bundle: Bundle) -> None:
    question = _asked(bundle)
    world = World.of(history, question)
    longer = replace(world.record, complete_until=world.record.complete_until + 30 * DAY)
    counted = handed_over(replace(world, record=longer), question)
    assert "immature" in _names(history, counted)
    assert counted.immature == 0


def test_what_it_says_can_be_written_as_json_and_keeps_the_promise_beside(
    history: History, found: HandedOver, bundle: Bundle
) -> None:
    record = found.response(_asked(bundle))
    assert (record["n"], record["never"], record["promised_hours"], record["needed_hours"]) == (5, 2, 24, None)
    assert record["within"][1] == {"hours": 24, "contacted": 2}  # a day after, to the instant, is within the day
    assert np.all([band["too_few"] for band in record["bands"]])
