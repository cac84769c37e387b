"""What knows the outcome is found by name, from which strength on, and what is honest is left alone."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from planted_history import HONEST, START, WON, Planted
from predictive_scoring.audit import auditing, columns, kinds
from predictive_scoring.audit.auditing import target_findings
from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine


def leaks(history: History) -> list[Finding]:
    """Return the leaks that refuse the history."""
    with open_engine() as engine:
        return [each for each in target_findings(engine, history, WON, 20) if each.is_leak and each.refuses]


def named(history: History) -> list[tuple[str, str | None]]:
    return [(each.id, each.column) for each in leaks(history)]


@pytest.mark.parametrize("seed", range(5))
def test_an_honest_history_of_ten_random_columns_is_not_refused(tmp_path: Path, seed: int) -> None:
    planted = Planted(seed)
    planted.fill("form complete", won=0.9, others=0.8)
    assert len([each for each in planted.attributes if each.name in HONEST]) == 10
    assert named(planted.write(tmp_path)) == []


@pytest.mark.parametrize(("share", "is_caught"), [(1.0, True), (0.5, True), (0.25, True), (0.02, False)])
def test_E09_a_field_filled_when_a_lead_converts_is_caught_from_thirty_leads_on(
    tmp_path: Path, share: float, is_caught: bool
) -> None:
    planted = Planted()
    planted.fill("contract no", won=share, others=0.0)
    n_filled = sum(lead["contract no"] is not None for lead in planted.leads)
    assert (n_filled >= 36) == is_caught
    assert named(planted.write(tmp_path)) == ([("leak.filled_with_outcome", "contract no")] if is_caught else [])


@pytest.mark.parametrize(("others", "is_caught"), [(0.05, True), (0.15, True), (0.3, True), (0.7, False)])
def test_E09_a_field_that_is_filled_for_others_too_is_caught_while_it_still_tells_them_apart(
    tmp_path: Path, others: float, is_caught: bool
) -> None:
    planted = Planted()
    planted.fill("owner team", won=0.95, others=others)
    assert bool(leaks(planted.write(tmp_path))) is is_caught


def test_E09_planted_bug_without_a_look_at_who_is_filled_the_field_would_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted()
    planted.fill("contract no", won=0.25, others=0.0)
    history = planted.write(tmp_path)
    assert leaks(history)
    monkeypatch.setattr(columns, "certainty", lambda column, converted, account: None)
    assert leaks(history) == []


def test_D18_one_column_that_separates_the_outcome_is_refused_by_the_name_the_user_knows(tmp_path: Path) -> None:
    planted = Planted()
    planted.fill("grade", won=0.0, others=0.0, header="Lead Grade")
    for lead in planted.leads:
        good = lead["lead_id"] in planted.won_at
        lead["grade"] = str(planted.rng.choice(["A", "B"], p=[0.9, 0.1] if good else [0.1, 0.9]))
    found = leaks(planted.write(tmp_path))
    assert [(each.id, each.column, each.table) for each in found] == [("leak.single_column", "Lead Grade", "leads")]
    assert "Lead Grade: {known: at_export}" in found[0].fix


def test_a_number_that_separates_the_outcome_in_any_direction_is_refused(tmp_path: Path) -> None:
    planted = Planted()
    planted.fill("minutes", won=0.0, others=0.0, type="number")
    for lead in planted.leads:
        middle = lead["lead_id"] in planted.won_at
        lead["minutes"] = float(
            planted.rng.normal(0, 1) if middle else planted.rng.choice([-4, 4]) + planted.rng.normal()
        )
    assert named(planted.write(tmp_path)) == [("leak.single_column", "minutes")]


def test_C19_a_field_named_after_the_latest_state_is_refused_for_less(tmp_path: Path) -> None:
    planted = Planted()
    for name in ("Last Status", "Colour"):
        planted.fill(name, won=0.0, others=0.0)
        for lead in planted.leads:
            good = lead["lead_id"] in planted.won_at
            lead[name] = str(planted.rng.choice(["a", "b"], p=[0.75, 0.25] if good else [0.25, 0.75]))
    assert named(planted.write(tmp_path)) == [("leak.overwritten", "Last Status")]


@pytest.mark.parametrize("days_before", [-2, 0, 2])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_E09_a_kind_that_comes_with_the_outcome_is_caught(tmp_path: Path, days_before: int, share: float) -> None:
    planted = Planted()
    for lead_id, at in planted.won_at.items():
        if planted.rng.random() < share:
            planted.act(lead_id, at - timedelta(days=days_before), "contract_signed")
    found = named(planted.write(tmp_path))
    when = "with" if days_before > 0 else "after"
    assert found == [(f"leak.kind_{when}_outcome", "contract_signed")]


def test_a_kind_of_customers_that_other_leads_have_too_is_honest(tmp_path: Path) -> None:
    planted = Planted()
    for lead in planted.leads:
        if lead["lead_id"] in planted.won_at:
            planted.act(lead["lead_id"], planted.won_at[lead["lead_id"]] + timedelta(days=1), "product_login")
        elif planted.rng.random() < 0.5:
            planted.act(lead["lead_id"], lead["created_at"] + timedelta(days=3), "product_login")
    assert named(planted.write(tmp_path)) == []


def test_planted_bug_without_a_look_at_the_others_the_honest_kind_would_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted()
    for lead_id, at in planted.won_at.items():
        planted.act(lead_id, at + timedelta(days=1), "product_login")
    for lead in planted.leads[:500]:
        planted.act(lead["lead_id"], lead["created_at"], "product_login")
    history = planted.write(tmp_path)
    assert leaks(history) == []
    for name in ("MOSTLY", "TIMES_THE_ODDS"):
        monkeypatch.setattr(kinds, name, 0.0)
    assert leaks(history)


def test_a_stage_that_comes_with_the_outcome_is_caught(tmp_path: Path) -> None:
    planted = Planted()
    for lead_id, at in planted.won_at.items():
        planted.outcomes.append({"lead_id": lead_id, "occurred_at": at - timedelta(minutes=1), "stage": "approved"})
    assert named(planted.write(tmp_path)) == [("leak.stage_with_outcome", "approved")]


def test_a_kind_that_comes_with_a_lost_lead_warns(tmp_path: Path) -> None:
    planted = Planted()
    for row in [row for row in planted.outcomes if row["stage"] == "lost"][::20]:
        planted.act(row["lead_id"], row["occurred_at"], "rejection_letter")
    with open_engine() as engine:
        found = list(target_findings(engine, planted.write(tmp_path), WON, 20))
    assert [(each.id, each.severity) for each in found if each.is_leak] in (
        [], [("leak.kind_after_outcome", "warn")]
    )  # fmt: skip


def test_a_value_that_becomes_known_with_the_outcome_is_refused_and_one_known_before_is_not(tmp_path: Path) -> None:
    planted = Planted()
    for name, days_before in (("discount", 0), ("budget", 4)):
        planted.fill(name, won=0.0, others=0.0, known="at_instant")
        for lead in planted.leads:
            at = planted.won_at.get(lead["lead_id"])
            if at or planted.rng.random() < 0.3:
                lead[name] = "yes"
                lead[f"{name}__known_at"] = (at or lead["created_at"] + timedelta(days=9)) - timedelta(days=days_before)
    assert named(planted.write(tmp_path)) == [("leak.known_with_outcome", "discount")]


def test_ids_of_two_lists_give_the_class_away(tmp_path: Path) -> None:
    planted = Planted()
    renamed = {
        lead["lead_id"]: f"{'9' if lead['lead_id'] in planted.won_at else '1'}{lead['lead_id'][1:]}"
        for lead in planted.leads
    }
    for rows in (planted.leads, planted.activities, planted.outcomes):
        for row in rows:
            row["lead_id"] = renamed[row["lead_id"]]
    assert named(planted.write(tmp_path)) == [("leak.id_range", "lead_id")]


def test_ids_that_run_with_time_are_honest_while_more_convert_each_month(tmp_path: Path) -> None:
    planted = Planted(n_leads=2500)
    order = sorted(planted.leads, key=lambda lead: lead["created_at"])
    numbers = {lead["lead_id"]: f"{place:06d}" for place, lead in enumerate(order)}
    late = START + timedelta(days=200)
    lost = {lead["lead_id"] for lead in planted.leads if lead["created_at"] < late and planted.rng.random() < 0.9}
    planted.outcomes = [row for row in planted.outcomes if row["stage"] == "lost" or row["lead_id"] not in lost]
    for rows in (planted.leads, planted.activities, planted.outcomes):
        for row in rows:
            row["lead_id"] = numbers[row["lead_id"]]
    assert named(planted.write(tmp_path)) == []


def test_a_column_that_only_tells_early_leads_from_late_ones_is_honest_and_a_judge_without_time_would_refuse_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted(n_leads=2500)
    planted.fill("campaign", won=0.0, others=0.0)
    late = START + timedelta(days=300)
    for lead in planted.leads:
        lead["campaign"] = "autumn" if lead["created_at"] > late else "spring"
    planted.outcomes = [
        row for row in planted.outcomes
        if row["stage"] == "lost" or row["occurred_at"] > late or planted.rng.random() < 0.02
    ]  # fmt: skip
    history = planted.write(tmp_path)
    monkeypatch.setattr(columns, "MAX_AUC", 0.7)
    assert named(history) == []
    real = columns.separation
    monkeypatch.setattr(columns, "separation", lambda levels, won, block, group: real(levels, won, block * 0, group))
    assert [column for _, column in named(history)] == ["campaign"]


def test_a_column_of_a_thousand_values_gains_nothing_by_chance() -> None:
    rng = np.random.default_rng(0)
    converted = rng.random(5000) < 0.2
    found = columns.separation(rng.integers(0, 1000, 5000), converted, np.zeros(5000, np.int64), np.arange(5000))
    assert 0.45 < found.auc < 0.55


def test_a_company_whose_contacts_all_convert_together_is_no_leak_and_forty_companies_are(tmp_path: Path) -> None:
    planted = Planted()
    planted.fill("region", won=0.0, others=0.0)
    for lead in planted.leads:
        lead["account_id"] = f"company of {lead['lead_id']}"
    winners = [lead for lead in planted.leads if lead["lead_id"] in planted.won_at][:60]
    for lead in winners:
        lead["region"] = "north"
        lead["account_id"] = "one company"
    assert named(planted.write(tmp_path / "one")) == []
    for place, lead in enumerate(winners):
        lead["account_id"] = f"company {place}"
    assert named(planted.write(tmp_path / "many")) == [("leak.filled_with_outcome", "region")]


def linked(folder: Path, won: float, others: float) -> History:
    """Return an honest history in which these shares of the leads have an account; three leads share one."""
    planted = Planted()
    for number, lead in enumerate(planted.leads):
        share = won if lead["lead_id"] in planted.won_at else others
        lead["account_id"] = f"A{number // 3}" if planted.rng.random() < share else None
    return planted.write(folder)


@pytest.mark.parametrize(("won", "others"), [(1.0, 0.0), (0.9, 0.1), (0.3, 0.0)])
def test_E09_an_account_that_a_lead_gets_by_converting_is_refused(tmp_path: Path, won: float, others: float) -> None:
    history = linked(tmp_path, won, others)
    assert named(history) == [("leak.account_with_outcome", "account_id")]
    (found,) = leaks(history)
    assert "take account_id out" in found.fix


BROUGHT_ALONG = [(1.0, 1.0), (0.8, 0.8), (0.9, 0.6), (0.0, 0.0), (0.75, 0.5), (0.85, 0.4), (0.95, 0.4)]


@pytest.mark.parametrize(("won", "others"), BROUGHT_ALONG)
def test_an_account_that_leads_bring_along_is_not_refused(tmp_path: Path, won: float, others: float) -> None:
    """Of those who write from work more have an account, by their domain, and more of them buy."""
    assert named(linked(tmp_path, won, others)) == []


def test_E09_planted_bug_without_a_look_at_the_link_such_an_account_would_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = linked(tmp_path, 1.0, 0.0)
    monkeypatch.setattr(auditing, "account_link_findings", lambda _: [])
    assert named(history) == []
