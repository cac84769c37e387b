"""What an agreement names is in the history, or is refused with what may have been meant."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from history_builder import write_history
from predictive_scoring.agreement import names
from predictive_scoring.agreement.definition import Agreement, load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError

START = datetime(2024, 1, 1, tzinfo=UTC)
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
        leads=[{"lead_id": "L0", "created_at": START, "account_id": "A0", "budget": 5.0, "rating": "hot"}],
        accounts=[{"account_id": "A0", "employees": 70.0, "industry": "retail"}],
        activities=[
            {"lead_id": "L0", "occurred_at": START, "kind": "demo", "topic": "prices"},
            {"lead_id": "L0", "occurred_at": START, "kind": "visit"},
        ],
        outcomes=[{"lead_id": "L0", "occurred_at": START, "stage": "won"}],
        attributes=[
            Attribute(table="leads", name="budget", type="number", known="at_creation"),
            Attribute(table="leads", name="rating", type="category", known="at_export"),
            Attribute(table="accounts", name="employees", type="number", known="at_creation"),
            Attribute(table="accounts", name="industry", type="category", known="at_creation"),
        ],
    )


def test_an_agreement_whose_names_are_in_the_history_is_not_refused(history: History) -> None:
    refuse_unknown_names(history, Agreement.model_validate({"versions": [GOOD]}))


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


def test_every_unknown_name_of_every_version_is_listed_at_once(history: History) -> None:
    later = GOOD | {"valid_from": "2025-01-01", "own_actions": ["demo", "visti"], "hand_off": {"questions": ["bugdet"]}}
    with pytest.raises(ConfigurationError) as refused:
        refuse_unknown_names(history, Agreement.model_validate({"versions": [GOOD, later]}))
    assert "agreement: 2 names" in str(refused.value)
    assert str(refused.value).count("version 2025-01-01") == 2


def test_without_the_look_at_when_it_was_written_a_rating_by_sales_would_pass(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Agreement.model_validate({"versions": [GOOD | {"hand_off": {"questions": ["rating"]}}]})
    monkeypatch.setattr(names.Attribute, "may_be_a_feature", True)
    refuse_unknown_names(history, asked)


def test_a_flat_table_has_no_life_cycle_to_agree_on(tmp_path: Path) -> None:
    flat = write_history(tmp_path, leads=[{"lead_id": "L0", "created_at": START}], flat=True)
    with pytest.raises(ConfigurationError, match="no life cycle"):
        refuse_unknown_names(flat, Agreement.model_validate({"versions": [GOOD]}))


def test_the_demos_agreement_can_be_read() -> None:
    assert load_agreement(Path(__file__).parents[3] / "data" / "agreement.yaml").versions
