"""Who is handed over and with what: only what was known, nobody who must not be shown, nothing invented."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from agreed_world import TARGET, agreed, before, found, history
from finished_folder import AS_OF, finished_folder, lead, reason
from predictive_scoring.agreement.states import State
from predictive_scoring.agreement.terms import Recycle
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Words
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff import opening as module
from predictive_scoring.handoff.brief import HandOffList, hand_off
from predictive_scoring.handoff.contacts import hand_offs
from predictive_scoring.handoff.desk import Desk
from predictive_scoring.handoff.dispositions import DISPOSITIONS
from predictive_scoring.handoff.nurture import warming
from predictive_scoring.handoff.opening import opening
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.replay import Candidates, replay
from predictive_scoring.handoff.situation import Situation, situation
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.handoff.workbook import COLUMNS, write_hand_off, write_workbook
from predictive_scoring.storage import read_parquet

STANDINGS = {
    "silent": "no_own_action",
    "sold": "with_sales",
    "steel": "outside_profile",
    "ready": "handed_over",
    "open-question": "missing_answers",
    "told-too-late": "missing_answers",
    "cool": "below_line",
}


def said_of(*words: tuple[str, datetime, str]) -> pa.Table:
    """Return what sales said: lead, instant, decision."""
    rows = [{"lead_id": name, "decided_at": at, "decision": decision} for name, at, decision in words]
    return pa.Table.from_pylist(rows, DISPOSITIONS)


def _standings(here: Situation, said: pa.Table | None = None) -> dict[str, str]:
    told = standings(here if said is None else replace(here, desk=Desk(said=said)))["standing"].to_pylist()
    return dict(zip(here.people["lead_id"].to_pylist(), told, strict=True))


def test_each_person_has_the_one_standing_that_the_agreement_gives_it(tmp_path: Path) -> None:
    assert _standings(found(tmp_path)) == STANDINGS


def test_where_only_mqls_are_handed_over_a_lead_of_grade_a_waits_and_is_kept_warm(tmp_path: Path) -> None:
    """`ready` asked for a demo and is an MQL; `told-too-late` has only visited."""
    whoever, only = (
        found(tmp_path / name, questions=(), **terms)
        for name, terms in (("whoever", {}), ("only", {"states": ("mql", "pql")}))
    )
    assert _standings(whoever)["told-too-late"] == "handed_over"
    assert _standings(only) == STANDINGS | dict.fromkeys(
        ("open-question", "told-too-late", "cool", "steel"), "not_qualified"
    )
    assert [lead.lead_id for lead in warming(only, standings(only))] == ["cool"]
    walked, at = only.lives, only.as_of + timedelta(days=1)
    counted = {
        states: hand_offs(only.history, walked, agreed(states=states), at).lead_no.tolist()
        for states in (("mql", "pql"), ("pql",))
    }
    assert len(counted["mql", "pql"]) == 2  # ready, and gone
    assert counted["pql",] == []


def test_whoever_did_nothing_of_their_own_is_in_no_list_however_high_the_score(tmp_path: Path) -> None:
    here = found(tmp_path)
    assert here.people["rank"].to_pylist()[0] == 2  # silent has the best score of those who may be shown
    listed = hand_off(here, "en")
    assert "silent" not in _names(listed)
    everybody_acted = np.where(here.people["state"].to_numpy() == State.CONTACT, State.LEAD, State.MQL).astype(np.int8)
    place = here.people.schema.get_field_index("state")
    planted = replace(here, people=here.people.set_column(place, "state", pa.array(everybody_acted)))
    assert "silent" in _names(hand_off(planted, "en"))  # the guard is the life cycle and nothing else


def test_whoever_opted_out_after_the_scores_were_made_appears_nowhere(tmp_path: Path) -> None:
    here = found(tmp_path)
    listed = hand_off(here, "en")
    assert "gone" not in _names(listed)
    assert listed.handed_over[0].at_the_account.startswith("3 other people")
    planted = replace(here, hidden=np.zeros(len(here.leads), bool))
    ready = next(brief for brief in hand_off(planted, "en").handed_over if brief.lead_id == "ready")
    assert ready.at_the_account.startswith("4 other people")


def test_the_planted_bug_of_a_hand_off_that_forgets_who_opted_out_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(history: History, *_: object) -> np.ndarray:
        return np.zeros(read_parquet(history.path("leads")).num_rows, bool)

    monkeypatch.setattr("predictive_scoring.handoff.situation.hidden_people", nobody)
    listed = hand_off(found(tmp_path, questions=()), "en")
    assert "gone" in _names(listed)  # it acted, has the best score and an answer: only the guard keeps it out


def _names(listed: HandOffList) -> set[str]:
    return {brief.lead_id for brief in listed.handed_over} | {brief.lead_id for brief, _ in listed.missing}


def test_capacity_is_kept_and_decided_leads_are_not_handed_over_again(tmp_path: Path) -> None:
    here = found(tmp_path, questions=(), calls_per_week=2)
    assert _standings(here) == STANDINGS | {
        "open-question": "handed_over",
        "told-too-late": "beyond_capacity",
    }
    decided = _standings(here, said=said_of(("ready", before(1), "accepted")))
    assert (decided["ready"], decided["told-too-late"]) == ("decided", "handed_over")


def test_a_rejected_lead_comes_again_once_it_acts_or_after_the_agreed_days(tmp_path: Path) -> None:
    """`ready` acted 5 and 2 days before the scores."""
    here = found(tmp_path, questions=())

    def standing(days: float, decision: str = "rejected", **rule: object) -> str:
        terms = here.version.hand_off.model_copy(update={"recycle": Recycle.model_validate(rule)})
        version = here.version.model_copy(update={"hand_off": terms})
        asked = replace(here, agreement=here.agreement.model_copy(update={"versions": (version,)}))
        return _standings(asked, said=said_of(("ready", before(days), decision)))["ready"]

    assert standing(1) == "decided"
    assert standing(3) == "handed_over"  # it has acted since: by default that is enough
    assert standing(3, on_own_action=False) == "decided"
    assert standing(31, on_own_action=False, after_days=30) == "handed_over"
    assert standing(29, on_own_action=False, after_days=30) == "decided"
    assert standing(3, "accepted") == "decided"  # whom they took is theirs
    assert standing(3, "no_contact", on_own_action=False) == "handed_over"
    assert standing(-1) == "decided"  # said after the scores, heard all the same


def test_hand_off_and_simulation_ask_the_same_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = found(tmp_path, questions=())
    day = int(timedelta(days=1).total_seconds() * 1_000_000)
    mondays = np.array([0, 7, 14, 21]) * day
    looks = Candidates(np.zeros(4, np.int64), mondays, np.ones(4), np.ones(4, bool), np.full(4, LONG_AGO),
                       Recycle(after_days=14))  # fmt: skip
    capacity = dict.fromkeys(mondays.tolist(), 1)
    assert replay(looks, capacity).rows.tolist() == [0, 2]
    said = said_of(("ready", before(1), "rejected"))
    assert _standings(here, said=said)["ready"] == "decided"

    def always(said: np.ndarray, *_: object) -> np.ndarray:
        return np.ones(len(said), bool)

    for place in ("again", "replay"):  # the planted bug shows on both sides
        monkeypatch.setattr(f"predictive_scoring.handoff.{place}.may_come_again", always)
    assert replay(looks, capacity).rows.tolist() == [0, 1, 2, 3]
    assert _standings(here, said=said)["ready"] == "handed_over"


def test_a_brief_says_what_was_known_and_no_more(tmp_path: Path) -> None:
    (brief,) = hand_off(found(tmp_path), "en").handed_over
    assert brief.person == (("channel", "web"), ("budget", "9,000"))
    assert brief.company == (("industry", "software"),)
    assert brief.why_now == ("Asked for a demo 5 days ago",)
    assert brief.but == "Small company"
    assert brief.read == (
        "visit: pricing, 1 time, on March 30, 2025",
        "demo: product tour, 1 time, on March 27, 2025",
        "visit: blog, 1 time, on March 2, 2025",
    )
    assert brief.open_questions == ("note",)
    assert brief.contact_by is not None
    assert brief.contact_by - AS_OF == before(0) - before(1)
    assert brief.opening.startswith("They are close to a decision (demo: product tour, March 27, 2025).")


def test_free_text_and_addresses_are_shown_only_where_they_are_asked_for(tmp_path: Path) -> None:
    here = found(tmp_path)
    told = json.dumps([brief.person for brief in hand_off(here, "en").handed_over])
    assert "600" not in told
    assert "600" in json.dumps([brief.person for brief in hand_off(here, "en", shown=["phone"]).handed_over])
    open_to_see = replace(here, hidden=np.zeros(len(here.leads), bool))
    assert "@" not in json.dumps([brief.person for brief, _ in hand_off(open_to_see, "en").missing])
    with pytest.raises(ConfigurationError, match="--show: unknown attributes"):
        hand_off(here, "en", shown=["rating"])


def test_those_who_lack_an_answer_are_listed_with_what_is_missing(tmp_path: Path) -> None:
    missing = {brief.lead_id: names for brief, names in hand_off(found(tmp_path), "en").missing}
    assert missing == {"open-question": ("budget",), "told-too-late": ("budget",)}


def test_the_same_brief_is_said_in_spanish(tmp_path: Path) -> None:
    (brief,) = hand_off(found(tmp_path), "es").handed_over
    assert brief.action == "Llamar hoy"
    assert brief.why_now == ("Pidió una demostración hace 5 días",)
    assert brief.read[0] == "visit: pricing, 1 vez, el 30 de marzo de 2025"
    assert brief.opening.startswith("Parece cerca de decidir (demo: product tour, 27 de marzo de 2025).")


def test_an_opening_starts_from_the_kind_that_raises_the_chance_whatever_letters_it_has(tmp_path: Path) -> None:
    here = found(tmp_path)
    seen = {"topic": None, "last_at": AS_OF}
    actions = [{"kind": "Page Visit", **seen}, {"kind": "Email Opened", **seen}]
    told = reason(0.2, "Opened an e-mail") | {"concept": "email_opened"}
    voice = Voice("en", here.history.facts.words)
    assert "Email Opened" in opening(here.version, [told], actions, voice)
    assert "Page Visit" in opening(here.version, [told | {"code": "R005"}], actions, voice)  # a category of that name


def test_an_opening_says_no_less_of_the_stage_than_they_have_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, voice = found(tmp_path), Voice("en", Words())
    actions = [
        {"kind": "visit", "topic": "blog", "last_at": AS_OF},
        {"kind": "demo", "topic": None, "last_at": before(9)},
    ]
    told = reason(0.2, "Visited 3 times") | {"concept": "visit"}
    assert opening(here.version, [told], actions, voice).startswith(
        "They are close to a decision (demo, March 23, 2025)"
    )
    real = module.stage_of  # the planted bug: by the strongest action alone, though they asked for a demo
    stages = iter(["awareness", "awareness"])
    monkeypatch.setattr(module, "stage_of", lambda version, kind, topic: next(stages, real(version, kind, topic)))
    assert opening(here.version, [told], actions, voice).startswith("They are getting to know the subject (visit: blog")


def test_an_opening_without_any_action_invents_none(tmp_path: Path) -> None:
    here = found(tmp_path)
    said = opening(here.version, [], [], Voice("en", here.history.facts.words))
    assert said == "Nothing of their own in the last months: ask first whether the subject still matters to them."


def test_a_question_that_the_history_cannot_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="questions names 'rating'"):
        standings(found(tmp_path, questions=("rating",)))


def test_scores_of_another_history_are_refused(tmp_path: Path) -> None:
    stranger = finished_folder(tmp_path / "scores", [lead(1, "nobody")])
    with pytest.raises(DataContractError, match="1 scored lead of 1 not in this history"):
        situation(history(tmp_path / "history"), stranger, agreed(), (TARGET, Snapshots()))


def test_no_cell_of_the_workbook_is_run_and_json_says_the_same(tmp_path: Path) -> None:
    listed = hand_off(found(tmp_path), "en")
    evil = replace(listed.handed_over[0], lead_id="=1+1", why_now=("@SUM(A1)",))
    write_workbook(replace(listed, handed_over=(evil,)), tmp_path / "hand-off.xlsx")
    book = openpyxl.load_workbook(tmp_path / "hand-off.xlsx")
    assert book.sheetnames == ["Hand-off", "Open questions"]
    cells = {cell.value: cell.data_type for row in book["Hand-off"].iter_rows() for cell in row}
    assert (cells["=1+1"], cells["@SUM(A1)"]) == ("s", "s")
    write_hand_off(listed, tmp_path / "hand-off.json")
    record = json.loads((tmp_path / "hand-off.json").read_text())
    assert [row["lead_id"] for row in record["handed_over"]] == ["ready"]
    assert [row["missing"] for row in record["missing_answers"]] == [["budget"], ["budget"]]
    assert sum(record["counts"].values()) == len(STANDINGS)


@pytest.mark.parametrize(("chance", "told"), [(0.5, True), (None, False)])
def test_the_workbook_has_expected_value_beside_the_chance_where_it_is_told(
    tmp_path: Path, chance: float | None, told: bool
) -> None:
    listed = hand_off(found(tmp_path), "es")
    valued = replace(listed.handed_over[0], expected_value=12345.6, probability=chance)
    write_workbook(replace(listed, handed_over=(valued,)), tmp_path / "hand-off.xlsx")
    header, row, *_ = openpyxl.load_workbook(tmp_path / "hand-off.xlsx").worksheets[0].iter_rows(values_only=True)
    cells = dict(zip(header, row, strict=True))
    assert cells.get("Valor esperado (probabilidad × importe)") == (12345.6 if told else None)
    assert len(header) == len(COLUMNS) + told


def test_spanish_joins_words_by_their_sound() -> None:
    voice = Voice("es", Words())
    assert voice.together(["visitas", "iniciativas"]) == "visitas e iniciativas"
    assert voice.together(["agua", "hielo"]) == "agua y hielo"
    assert voice.together(["a", "b", "c"]) == "a, b y c"
