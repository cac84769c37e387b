"""Who is kept out of training and scoring, by which rule, and from when on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots import exclusions
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.population import population_at
from random_history import START, random_history

WON = Target(stage="won", horizon_days=10, end_stages=("lost",))
ATTRIBUTES = (
    Attribute(table="leads", name="type", type="category", known="at_instant"),
    Attribute(table="leads", name="staff", type="boolean", known="at_creation"),
    Attribute(table="leads", name="status", type="category", known="at_export"),
    Attribute(table="accounts", name="country", type="category", known="at_creation"),
)
MONDAY = "2024-01-15"


def policy(**rules: Any) -> Snapshots:
    return Snapshots(every_days=7, max_age_days=60, exclude=Exclude(**rules))


def two_leads(folder: Path, lead: dict[str, Any] | None = None, **rows: Any) -> History:
    """Write leads 'a', with the given values, and 'b' of one account, created on 2 January, observed until 1 March."""
    leads = [
        {"lead_id": name, "account_id": "acme", "created_at": "2024-01-02", "email_kind": "business", **values}
        for name, values in (("a", lead or {}), ("b", {}))
    ]
    facts = {"observed_until": "2024-03-01", "attributes": ATTRIBUTES, "email_groups": ("own_staff",), **rows}
    return write_history(folder, leads=leads, **facts)


def verdicts(history: History, rules: Snapshots, as_of: str = MONDAY) -> list[tuple[str, str | None]]:
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    rows = population_at(history, WON, rules, instant).to_pylist()
    return [(row["status"], row["detail"]) for row in rows]


@pytest.mark.parametrize(
    ("lead", "rules", "detail"),
    [
        ({"email_group": "own_staff"}, {"email_groups": ("own_staff",)}, "email_group:own_staff"),
        ({"email_kind": "disposable"}, {"email_kinds": ("disposable",)}, "email_kind:disposable"),
        ({"staff": True}, {"leads": {"staff": ("true",)}}, "leads.staff"),
        ({"type": "José", "type__known_at": "2024-01-09"}, {"leads": {"type": ("x", " Jose\u0301 ")}}, "leads.type"),
    ],
)
def test_a_rule_keeps_out_whom_it_names_and_nobody_else(
    tmp_path: Path, lead: dict[str, Any], rules: dict[str, Any], detail: str
) -> None:
    history = two_leads(tmp_path, lead)
    assert verdicts(history, policy(**rules)) == [("excluded", detail), ("open", None)]
    assert verdicts(history, policy()) == [("open", None), ("open", None)]
    looked_at = training_snapshots(history, WON, policy(**rules))["lead_id"].to_pylist()
    assert looked_at.count("b") == 8
    assert looked_at.count("a") == (1 if "type" in rules.get("leads", {}) else 0), "the one look before it was known"


def test_a_value_of_the_account_keeps_all_its_leads_out(tmp_path: Path) -> None:
    history = two_leads(tmp_path, accounts=[{"account_id": "acme", "country": "XX"}])
    assert verdicts(history, policy(accounts={"country": ("XX",)})) == [("excluded", "accounts.country")] * 2


def test_a_value_counts_from_the_instant_it_was_known(tmp_path: Path) -> None:
    history = two_leads(tmp_path, {"type": "student", "type__known_at": "2024-01-15"})
    rules = policy(leads={"type": ("student",)})
    assert verdicts(history, rules, "2024-01-15")[0] == ("open", None)
    assert verdicts(history, rules, "2024-01-15T00:00:00.000001")[0] == ("excluded", "leads.type")


def test_a_customers_other_leads_are_kept_out_from_the_sale_on_and_only_if_asked(tmp_path: Path) -> None:
    sale = {"lead_id": "a", "occurred_at": "2024-01-10", "recorded_at": "2024-01-14", "stage": "won"}
    history = two_leads(tmp_path, outcomes=[sale])
    rules = policy(existing_customers=True)
    assert verdicts(history, rules, "2024-01-14") == [("open", None)] * 2
    assert verdicts(history, rules) == [("already_converted", None), ("excluded", "existing_customer")]
    assert verdicts(history, policy()) == [("already_converted", None), ("open", None)]


def test_B10_a_lead_that_was_merged_into_another_is_open_until_then(tmp_path: Path) -> None:
    history = two_leads(tmp_path, {"merged_at": "2024-01-15"})
    assert verdicts(history, policy(), "2024-01-15") == [("open", None)] * 2
    assert verdicts(history, policy(), "2024-01-16") == [("excluded", "merged"), ("open", None)]
    looked_at = training_snapshots(history, WON, policy()).to_pylist()
    assert [row["as_of"].day for row in looked_at if row["lead_id"] == "a"] == [8, 15]


def test_an_end_stage_is_told_before_other_rules(tmp_path: Path) -> None:
    lost = {"lead_id": "a", "occurred_at": "2024-01-10", "stage": "lost"}
    history = two_leads(tmp_path, {"email_kind": "free"}, outcomes=[lost])
    assert verdicts(history, policy(email_kinds=("free",)))[0] == ("excluded", "end_stage")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"email_groups": ("suppliers",)}, r"email_groups names \['suppliers'\]"),
        ({"leads": {"status": ("customer",)}}, "'status', which is declared `known: at_export`"),
        ({"accounts": {"type": ("x",)}}, r"exclude\.accounts names 'type'"),
    ],
)
def test_a_rule_that_asks_for_what_is_not_there_or_was_written_later_is_refused(
    tmp_path: Path, rules: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        verdicts(two_leads(tmp_path, {"status": "customer"}), policy(**rules))


RULES = policy(existing_customers=True, leads={"channel": ("c1",), "trial": ("true",)}, accounts={"industry": ("i1",)})


def test_training_and_scoring_keep_out_the_same_leads(tmp_path: Path) -> None:
    history = random_history(tmp_path, 3, n_leads=40)
    looked_at = training_snapshots(history, WON, RULES)
    assert len(looked_at) > 20
    for as_of in sorted(set(looked_at["as_of"].to_pylist())):
        scored = population_at(history, WON, RULES, as_of).to_pylist()
        trained = [row["lead_no"] for row in looked_at.to_pylist() if row["as_of"] == as_of]
        assert [row["lead_no"] for row in scored if row["status"] == "open"] == trained


def customers_who_buy_later_differ(folder: Path) -> bool:
    """Return whether a sale on the last day changes who was open in the middle."""
    leads = [{"lead_id": name, "account_id": "acme", "created_at": START, "email_kind": "free"} for name in "ab"]
    sale = {"lead_id": "a", "occurred_at": START + timedelta(days=100), "stage": "won"}
    found = []
    for place, outcomes in enumerate(([], [sale])):
        history = write_history(folder / str(place), leads=leads, outcomes=outcomes)
        rows = population_at(history, WON, policy(existing_customers=True), START + timedelta(days=50))
        found.append(rows["status"].to_pylist())
    return found[0] != found[1]


def test_a_rule_does_not_see_the_future_and_one_that_does_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not customers_who_buy_later_differ(tmp_path / "right")
    ever = exclusions.customers_from
    monkeypatch.setattr(
        "predictive_scoring.snapshots.openness.customers_from",
        lambda converted, account: np.where(ever(converted, account) < exclusions.NEVER, 0, exclusions.NEVER),
    )
    assert customers_who_buy_later_differ(tmp_path / "wrong")
