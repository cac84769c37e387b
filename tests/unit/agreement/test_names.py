"""What an agreement names is in the history, or is refused with what may have been meant."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from history_builder import write_history
from predictive_scoring.agreement import names
from predictive_scoring.agreement.definition import Agreement, load_agreement
from predictive_scoring.agreement.doubts import doubts
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.contract.words import Language, Word, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.told_check import doubts_told
from predictive_scoring.handoff.voice import Voice

START = datetime(2024, 1, 1, tzinfo=UTC)
NO_STAGES: dict[str, list[str]] = {"sql": [], "opportunity": [], "customer": [], "lost": []}
GOOD: dict[str, Any] = {
    "valid_from": "2024-01-01",
    "own_actions": ["demo", "visit"],
    "mql": {"any_of": [{"kinds": ["demo"]}]},
    "stages": {"sql": [], "opportunity": [], "customer": ["won"], "lost": []},
    "profile": [{"attribute": "employees", "at_least": 50}, {"attribute": "industry", "any_of": ["retail"]}],
    "journey": {"decision": {"kinds": ["demo"], "topics": ["prices"]}},
    "hand_off": {"questions": ["budget"]},
}


@pytest.fixture
def history(tmp_path: Path) -> History:
    return write_history(
        tmp_path / "history",
        leads=[
            {"lead_id": "L0", "created_at": START, "account_id": "A0", "budget": 5.0, "rating": "hot", "source": "fair"}
        ],
        accounts=[{"account_id": "A0", "employees": 70.0, "industry": "retail", "uses": "Kafka; Spark"}],
        activities=[
            {"lead_id": "L0", "occurred_at": START, "kind": "demo", "topic": "prices"},
            {"lead_id": "L0", "occurred_at": START, "kind": "visit"},
        ],
        outcomes=[{"lead_id": "L0", "occurred_at": START, "stage": "won"}],
        attributes=[
            Attribute(table="leads", name="budget", type="number", known="at_creation"),
            Attribute(table="leads", name="rating", type="category", known="at_export"),
            Attribute(table="leads", name="source", type="category", known="at_creation"),
            Attribute(table="accounts", name="uses", type="category", known="at_creation"),
            Attribute(table="accounts", name="employees", type="number", known="at_creation"),
            Attribute(table="accounts", name="industry", type="category", known="at_creation"),
        ],
    )


def test_an_agreement_whose_names_are_in_the_history_is_not_refused(history: History) -> None:
    refuse_unknown_names(history, Agreement.model_validate({"versions": [GOOD]}))
    several = [{"attribute": "uses", "any_of": ["Kafka", "Spark"], "separator": ";"}]
    refuse_unknown_names(history, Agreement.model_validate({"versions": [{**GOOD, "profile": several}]}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"own_actions": ["demo", "visit", "visits"]}, "own_actions: no kind 'visits'; did you mean 'visit'?"),
        ({"journey": {"decision": {"topics": ["price"]}}}, "topics: no topic 'price'; did you mean 'prices'?"),
        ({"stages": {"customer": ["wonn"]}}, "stages.customer: no stage 'wonn'; did you mean 'won'?"),
        ({"hand_off": {"contact_kinds": ["call"]}}, "hand_off.contact_kinds: no kind 'call'"),
        ({"profile": [{"attribute": "employes", "at_least": 1}]}, "did you mean 'employees'?"),
        ({"profile": [{"attribute": "budget", "at_least": 1}]}, "is an attribute of leads, not of accounts"),
        ({"profile": [{"attribute": "industry", "any_of": ["retial"]}]}, "did you mean 'retail'?"),
        ({"profile": [{"attribute": "industry", "at_least": 3}]}, "is a category: at_least and at_most need a number"),
        ({"profile": [{"attribute": "employees", "any_of": ["70"]}]}, "is a number: any_of needs a category"),
        ({"profile": [{"attribute": "rating", "table": "leads", "any_of": ["hot"]}]}, "known: at_export"),
        ({"origin": {"outbound": {"attribute": "rating", "any_of": ["hot"]}}}, "origin.outbound: 'rating' is declared"),
        ({"origin": {"outbound": {"attribute": "budget", "any_of": ["5"]}}}, "origin.outbound: 'budget' is a number"),
        (
            {"origin": {"outbound": {"attribute": "source", "any_of": ["fare"]}}},
            "no value 'fare'; did you mean 'fair'?",
        ),
        ({"profile": [{"attribute": "uses", "any_of": ["Kafka"]}]}, "uses: no value 'Kafka'"),
        ({"profile": [{"attribute": "uses", "any_of": ["Kafke"], "separator": ";"}]}, "did you mean 'Kafka'?"),
        ({"hand_off": {"questions": ["rating"]}}, "hand_off.questions: 'rating' is declared `known: at_export`"),
    ],
)
def test_a_name_that_the_history_does_not_know_is_refused_with_what_was_meant(
    history: History, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_unknown_names(history, Agreement.model_validate({"versions": [GOOD | change]}))
    assert said in str(refused.value)
    assert refused.value.exit_code == 2


BOTH = GOOD | {"hand_off": {"contact_kinds": ["visit"]}}


def test_a_kind_that_is_own_act_and_our_contact_at_once_is_refused(history: History) -> None:
    with pytest.raises(ConfigurationError, match="contact_kinds: 'visit' is among own_actions too, and 1 row of it"):
        refuse_unknown_names(history, Agreement.model_validate({"versions": [BOTH]}))


def test_a_kind_of_which_each_row_says_who_began_may_be_both(tmp_path: Path) -> None:
    acts: list[dict[str, Any]] = [
        {"lead_id": "L0", "occurred_at": START, "kind": "mail", "direction": "inbound"},
        {"lead_id": "L0", "occurred_at": START, "kind": "mail", "direction": "outbound"},
        {"lead_id": "L0", "occurred_at": START, "kind": "visit"},
    ]
    told: dict[str, Any] = {"valid_from": "2024-01-01", "own_actions": ["mail", "visit"], "stages": NO_STAGES}
    agreed = Agreement.model_validate({"versions": [told | {"hand_off": {"contact_kinds": ["mail"]}}]})
    leads = [{"lead_id": "L0", "created_at": START}]
    refuse_unknown_names(write_history(tmp_path / "directed", leads=leads, activities=acts), agreed)
    one_more = [*acts, {"lead_id": "L0", "occurred_at": START, "kind": "mail"}]
    with pytest.raises(ConfigurationError, match="'mail' is among own_actions too, and 1 row of it"):
        refuse_unknown_names(write_history(tmp_path / "not", leads=leads, activities=one_more), agreed)


def test_without_that_look_every_visit_would_be_an_answered_call(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "undirected", lambda *_: {})
    refuse_unknown_names(history, Agreement.model_validate({"versions": [BOTH]}))


def test_every_unknown_name_of_every_version_is_listed_at_once(history: History) -> None:
    later = GOOD | {"valid_from": "2025-01-01", "own_actions": ["demo", "visti"], "hand_off": {"questions": ["bugdet"]}}
    with pytest.raises(ConfigurationError) as refused:
        refuse_unknown_names(history, Agreement.model_validate({"versions": [GOOD, later]}))
    assert "agreement: 2 problems with history" in str(refused.value)
    assert str(refused.value).count("version 2025-01-01") == 2


def test_without_the_look_at_when_it_was_written_a_rating_by_sales_would_pass(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Agreement.model_validate({"versions": [GOOD | {"hand_off": {"questions": ["rating"]}}]})
    monkeypatch.setattr(names.Attribute, "may_be_a_feature", True)
    refuse_unknown_names(history, asked)


def _doubts(history: History, language: Language = "en", **change: Any) -> list[str]:
    version = {key: value for key, value in (GOOD | change).items() if value is not None}
    found = doubts(history, Agreement.model_validate({"versions": [version]}))
    return list(doubts_told(found, Voice(language, Words())))


def test_a_default_that_finds_nothing_is_said_with_what_stays_empty_and_what_to_write(history: History) -> None:
    found = _doubts(history, stages=None)
    assert [line.split(";")[0] for line in found] == [
        "version 2024-01-01: no outcome is called 'sql': nobody will ever be accepted by sales",
        "version 2024-01-01: no outcome is called 'opportunity': nobody will ever be an opportunity",
        "version 2024-01-01: no outcome is called 'lost': nobody will ever be lost",
        "version 2024-01-01: no activity is called 'call_made' or 'email_sent': nobody will ever count as contacted, "
        "in time or later",
    ]
    assert "write stages.sql (this history has won), [] if there is no such stage" in found[0]
    assert "write hand_off.contact_kinds (this history has demo, visit)" in found[3]


def test_L02_doubts_are_said_in_spanish_and_names_stay_as_they_are_written(history: History) -> None:
    found = _doubts(history, "es", stages=None)
    assert found[0] == (
        "versión del 2024-01-01: ningún resultado se llama 'sql': ventas no habrá aceptado nunca a nadie; escriba "
        "stages.sql (este historial tiene won), [] si no existe esa etapa"
    )
    assert "ninguna actividad se llama 'call_made' ni 'email_sent': nadie constará nunca como contactado" in found[3]
    english = set(re.findall("[a-zé]{4,}", " ".join(_doubts(history, stages=None))))
    data = {"call", "made", "email", "sent", "demo", "visit", "hand", "contact", "kinds", "stages", "lost",
            "opportunity"}  # fmt: skip
    assert not (english & set(re.findall("[a-zé]{4,}", " ".join(found)))) - data


def test_what_somebody_wrote_and_a_default_that_is_there_are_not_doubted(history: History) -> None:
    assert _doubts(history, hand_off={"contact_kinds": []}) == []
    assert len(_doubts(history, stages={"sql": [], "lost": []})) == 2  # opportunity, and the contacts


def test_the_words_of_the_source_file_are_names_of_the_history_too(tmp_path: Path) -> None:
    word = Word(en="call", es="llamada")
    told = write_history(
        tmp_path, leads=[{"lead_id": "L0", "created_at": START}], words=Words(kinds={"call_made": word})
    )
    assert _doubts(told) == []


def test_a_default_contact_that_is_an_own_act_of_nobody_knows_whom_is_said(tmp_path: Path) -> None:
    acts = [{"lead_id": "L0", "occurred_at": START, "kind": kind} for kind in ("email_sent", "demo", "visit")]
    leads = [{"lead_id": "L0", "created_at": START}]
    own = ["demo", "visit", "email_sent"]
    found = _doubts(write_history(tmp_path / "none", leads=leads, activities=acts), own_actions=own)
    assert found == [
        "version 2024-01-01: 'email_sent' is among own_actions, and by default a contact of ours too: 1 row of it does "
        "not say who began and counts as both; write hand_off.contact_kinds"
    ]
    ours = [act | {"direction": "outbound"} for act in acts]
    assert _doubts(write_history(tmp_path / "ours", leads=leads, activities=ours), own_actions=own) == []


def test_without_doubts_an_empty_state_would_pass_in_silence(history: History) -> None:
    silent = Agreement.model_validate({"versions": [{key: GOOD[key] for key in GOOD if key != "stages"}]})
    refuse_unknown_names(history, silent)  # the fault that was: it refuses nothing, and that was all that was said
    assert doubts(history, silent)


def test_a_flat_table_has_no_life_cycle_to_agree_on(tmp_path: Path) -> None:
    flat = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": START}], flat=True)
    with pytest.raises(ConfigurationError, match="no life cycle"):
        refuse_unknown_names(flat, Agreement.model_validate({"versions": [GOOD]}))


def test_the_demos_agreement_can_be_read() -> None:
    assert load_agreement(Path(__file__).parents[3] / "data" / "agreement.yaml").versions
