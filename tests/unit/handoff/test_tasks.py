"""A brief becomes a task in the CRM: once, with the vendors' own clients, against a server on this machine."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import agreed_world
from crm_server import Crm, crm_server
from finished_folder import AS_OF
from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.tasks import tasks_of
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.scoring import crm_sink, crm_tasks
from predictive_scoring.scoring.crm_tasks import make_tasks, task_door
from predictive_scoring.storage import read_parquet

CRMS: list[crm_sink.Crm] = ["hubspot", "salesforce"]
TOKEN = "pat-na1-open-sesame"


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    with crm_server() as server:
        own = SimpleNamespace(sleep=lambda _seconds: None, time=time.time)  # other threads sleep as they did
        monkeypatch.setattr("urllib3.util.retry.time", own)
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.address)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", server.address)
        yield server


def _made(found: Situation, to: crm_sink.Crm, record: Path) -> tuple[list[str], list[str | None], int]:
    tasks = tasks_of(hand_off(found, "en"), found.version.hand_off)
    made, n_before = make_tasks(tasks, to, task_door(to), record)
    return made["status"].to_pylist(), made["why"].to_pylist(), n_before


@pytest.fixture
def found(tmp_path: Path) -> Situation:
    """Three leads to call: one of grade B."""
    scores = agreed_world.scores(tmp_path / "s", **{"told-too-late": "B"})
    agreement, terms = agreed_world.agreed(questions=()), (agreed_world.TARGET, agreed_world.Snapshots())
    return agreed_world.situation(agreed_world.history(tmp_path / "h"), scores, agreement, terms)


def test_hubspot_gets_a_task_a_call_with_its_promise_its_brief_and_its_contact(
    found: Situation, crm: Crm, tmp_path: Path
) -> None:
    assert _made(found, "hubspot", tmp_path / "record.parquet") == (["written"] * 3, [None] * 3, 0)
    (body,) = crm.bodies
    first = body["inputs"][0]
    assert first["associations"] == [
        {"to": {"id": "ready"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
    ]
    task = first["properties"]
    assert task["hs_task_subject"] == "Call today: lead ready, grade A"
    assert task["hs_timestamp"] == (AS_OF + timedelta(hours=24)).isoformat()
    assert (task["hs_task_priority"], task["hs_task_type"], task["hs_task_status"]) == ("HIGH", "CALL", "NOT_STARTED")
    for said in ("WHY NOW<br>Asked for a demo 5 days ago", "A WAY TO BEGIN<br>They are close", "budget: 9,000"):
        assert said in task["hs_task_body"]
    assert crm.taken["told-too-late"]["hs_task_priority"] == "MEDIUM"
    assert crm.tokens == {f"Bearer {TOKEN}"}


def test_salesforce_gets_a_task_a_call_whose_name_is_the_lead(found: Situation, crm: Crm, tmp_path: Path) -> None:
    assert _made(found, "salesforce", tmp_path / "record.parquet")[0] == ["written"] * 3
    task = crm.taken["ready"]
    assert (task["attributes"], task["Status"], task["Priority"]) == ({"type": "Task"}, "Not Started", "High")
    assert task["ActivityDate"] == "2025-04-02"
    assert "WHY NOW\nAsked for a demo 5 days ago" in task["Description"]
    assert crm.taken["told-too-late"]["Priority"] == "Normal"


def test_a_task_speaks_spanish(found: Situation) -> None:
    task = tasks_of(hand_off(found, "es"), found.version.hand_off).to_pylist()[0]
    assert task["subject"] == "Llamar hoy: lead ready, nivel A"
    assert "POR QUÉ AHORA\nPidió una demostración hace 5 días" in task["body"]


def test_what_a_person_wrote_is_no_markup_in_hubspot(found: Situation, crm: Crm, tmp_path: Path) -> None:
    listed = hand_off(found, "en")
    evil = replace(listed.handed_over[0], but="<img src=x onerror=alert(1)>")
    tasks = tasks_of(replace(listed, handed_over=(evil,), lead_ids=listed.lead_ids[:1]), found.version.hand_off)
    make_tasks(tasks, "hubspot", task_door("hubspot"), tmp_path / "record.parquet")
    assert "<img" not in crm.taken["ready"]["hs_task_body"]
    assert "&lt;img" in crm.taken["ready"]["hs_task_body"]


@pytest.mark.parametrize("to", CRMS)
def test_a_second_run_makes_no_task_twice_and_the_record_names_nobody(
    to: crm_sink.Crm, found: Situation, crm: Crm, tmp_path: Path
) -> None:
    record = tmp_path / "record.parquet"
    assert _made(found, to, record)[2] == 0
    crm.bodies.clear()
    assert _made(found, to, record) == ([], [], 3)
    assert crm.bodies == []
    assert read_parquet(record).num_rows == 3
    assert "ready" not in str(read_parquet(record).to_pydict())
    record.unlink()  # the planted bug of a command that keeps no record: everything is made again
    assert _made(found, to, record)[0] == ["written"] * 3
    assert len(crm.bodies) == 1


@pytest.mark.parametrize("to", CRMS)
def test_a_lead_that_the_crm_does_not_have_fails_alone_and_is_tried_again(
    to: crm_sink.Crm, found: Situation, crm: Crm, tmp_path: Path
) -> None:
    crm.unknown = {"open-question"}
    status, why, _ = _made(found, to, tmp_path / "record.parquet")
    assert status == ["written", "failed", "written"]
    assert why[1] == {"hubspot": "OBJECT_NOT_FOUND", "salesforce": "ENTITY_IS_DELETED"}[to]
    crm.unknown = set()
    assert _made(found, to, tmp_path / "record.parquet") == (["written"], [None], 2)


@pytest.mark.parametrize("to", CRMS)
@pytest.mark.parametrize(("status", "n_asked"), [(429, 2), (503, 2), (500, 1), (504, 1)])
def test_only_an_answer_that_says_that_nothing_was_made_is_asked_again(
    to: crm_sink.Crm, status: int, n_asked: int, found: Situation, crm: Crm, tmp_path: Path
) -> None:
    crm.failures += [(status, {})]
    made, why, _ = _made(found, to, tmp_path / "record.parquet")
    assert made == (["written"] if n_asked == 2 else ["failed"]) * 3
    assert why == ([None] if n_asked == 2 else [f"HTTP {status}"]) * 3
    assert len(crm.bodies) == n_asked - 1


@pytest.mark.parametrize("to", CRMS)
def test_a_refused_token_stops_at_once_and_what_was_made_stays_on_record(
    to: crm_sink.Crm, found: Situation, crm: Crm, tmp_path: Path
) -> None:
    record = tmp_path / "record.parquet"
    _made(found, to, record)
    crm.failures += [(401, {})]
    later = replace(found, finished=replace(found.finished, manifest={"as_of": "2025-04-08T00:00:00+00:00"}))
    with pytest.raises(SourceUnreachableError, match="access denied") as refused:
        _made(later, to, record)
    assert TOKEN not in str(refused.value)
    assert read_parquet(record).num_rows == 3


@pytest.mark.parametrize("to", CRMS)
def test_whoever_opted_out_gets_no_task(to: crm_sink.Crm, found: Situation, crm: Crm, tmp_path: Path) -> None:
    _made(found, to, tmp_path / "record.parquet")
    assert "gone" not in crm.taken
    planted = replace(
        found,
        people=agreed_world.situation(  # the planted bug: the kind that says so was forgotten
            found.history, tmp_path / "s", found.agreement,
            (agreed_world.TARGET, agreed_world.Snapshots(opt_out_kinds=("something_else",))),
        ).people,
        hidden=np.zeros(len(found.leads), bool),
    )  # fmt: skip
    _made(planted, to, tmp_path / "other.parquet")
    assert "gone" in crm.taken


def test_whom_nobody_is_to_call_gets_no_task(tmp_path: Path) -> None:
    left = agreed_world.found(tmp_path, questions=())
    listed = hand_off(left, "en")
    listed = replace(listed, handed_over=tuple(replace(brief, contact_by=None) for brief in listed.handed_over))
    assert len(listed.handed_over) == 3
    assert tasks_of(listed, left.version.hand_off).num_rows == 0
    assert tasks_of(listed, left.version.hand_off).schema == crm_tasks.TASKS


def test_a_brief_has_the_expected_value_where_the_model_tells_it(found: Situation) -> None:
    brief = hand_off(found, "en").handed_over[0]
    assert brief.expected_value is None
    assert "value" not in brief.chance(Voice("en", found.history.facts.words))
    valued = replace(brief, expected_value=12345.6)
    assert valued.chance(Voice("en", found.history.facts.words)).endswith(" · Expected value: 12,300")
    assert valued.chance(Voice("es", found.history.facts.words)).endswith(" · Valor esperado: 12.300")
    hidden = replace(valued, probability=None)  # the chances did not hold
    assert "value" not in hidden.chance(Voice("en", found.history.facts.words))
