"""What a history must keep as a whole: each rule is broken once, and kept by an honest history."""

from datetime import timedelta
from pathlib import Path

import pytest

from history_builder import write_history
from planted_history import END, START, WON, Planted
from predictive_scoring.audit.auditing import target_findings
from predictive_scoring.audit.finding import Finding, accept, refuse
from predictive_scoring.audit.rules import history_findings
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import DataContractError, LeakSuspectedError


def broken(history: History) -> dict[str, Finding]:
    with open_engine() as engine:
        return {each.id: each for each in history_findings(engine, history)}


def about_labels(history: History, target: Target = WON) -> dict[str, Finding]:
    with open_engine() as engine:
        return {each.id: each for each in target_findings(engine, history, target, 20) if not each.is_leak}


def leads(n: int, **same: object) -> list[dict]:
    return [{"lead_id": f"L{i}", "created_at": START + timedelta(days=i), **same} for i in range(n)]


def test_an_honest_history_breaks_no_rule(tmp_path: Path) -> None:
    history = Planted(n_leads=300).write(tmp_path)
    assert (broken(history), about_labels(history)) == ({}, {})


def test_B04_ids_that_differ_by_case_or_spaces_only_are_counted(tmp_path: Path) -> None:
    rows = [
        {"lead_id": name, "created_at": START + timedelta(days=i)} for i, name in enumerate(["a1", "A1", "a1 ", "b"])
    ]
    found = broken(write_history(tmp_path, leads=rows, observed_until=END))["key.near_duplicate_ids"]
    assert (found.severity, found.n) == ("warn", 3)


def test_B11_an_account_with_a_third_of_the_leads_warns(tmp_path: Path) -> None:
    rows = leads(60)
    for place, row in enumerate(rows):
        row["account_id"] = "big" if place % 3 == 0 else f"A{place}"
    found = broken(write_history(tmp_path, leads=rows, observed_until=END))["key.large_account"]
    assert (found.severity, found.n, found.column) == ("warn", 20, "account_id")
    assert "big" not in " ".join(found.lines())


def test_C17_leads_of_one_day_cannot_be_split(tmp_path: Path) -> None:
    rows = [{"lead_id": f"L{i}", "created_at": START + timedelta(minutes=i)} for i in range(60)]
    found = broken(write_history(tmp_path, leads=rows, observed_until=END))["time.one_day"]
    assert (found.severity, found.n, found.examples) == ("refuse", 60, ("2024-01-01",))


def test_C17_an_import_that_created_many_leads_at_once_warns(tmp_path: Path) -> None:
    rows = leads(40) + [{"lead_id": f"M{i}", "created_at": START} for i in range(20)]
    found = broken(write_history(tmp_path, leads=rows, observed_until=END))["time.import_burst"]
    assert (found.severity, found.n) == ("warn", 21)


def test_C18_months_of_silence_warn_with_the_day_they_begin(tmp_path: Path) -> None:
    rows = leads(40)
    rows += [{"lead_id": f"M{i}", "created_at": START + timedelta(days=120 + i)} for i in range(5)]
    found = broken(write_history(tmp_path, leads=rows, observed_until=END))["time.silence"]
    assert (found.severity, found.n, found.examples) == ("warn", 81, ("2024-02-09",))


def test_C18_a_silence_in_which_an_activity_lies_is_none(tmp_path: Path) -> None:
    rows = [*leads(40), {"lead_id": "M", "created_at": START + timedelta(days=90)}]
    visit = {"lead_id": "L1", "occurred_at": START + timedelta(days=65), "kind": "page_view"}
    assert "time.silence" not in broken(write_history(tmp_path, leads=rows, activities=[visit], observed_until=END))


@pytest.mark.parametrize(("minutes", "is_told"), [(0, True), (1, False)])
def test_activities_without_a_time_of_day_warn(tmp_path: Path, minutes: int, is_told: bool) -> None:
    calls = [
        {"lead_id": "L1", "occurred_at": START + timedelta(days=i, minutes=i * minutes), "kind": "call"}
        for i in range(60)
    ]
    found = broken(write_history(tmp_path, leads=leads(60), activities=calls, observed_until=END))
    assert ("time.days_only" in found) is is_told
    assert not is_told or (found["time.days_only"].n, "'call'" in found["time.days_only"].what) == (60, True)


def test_dates_that_count_as_known_at_the_end_of_their_day_do_not_warn(tmp_path: Path) -> None:
    days = [START + timedelta(days=i) for i in range(60)]
    calls = [
        {"lead_id": "L1", "occurred_at": day, "recorded_at": day + timedelta(hours=23), "kind": "call"} for day in days
    ]
    assert "time.days_only" not in broken(
        write_history(tmp_path, leads=leads(60), activities=calls, observed_until=END)
    )


@pytest.mark.parametrize(
    ("after", "is_told"), [(timedelta(), True), (timedelta(hours=9), True), (timedelta(days=1, microseconds=-1), False)]
)
def test_an_attribute_that_is_known_from_a_day_on_warns(tmp_path: Path, after: timedelta, is_told: bool) -> None:
    """Nine hours after midnight is midnight elsewhere; the last microsecond of a day is how its end is known."""
    budget = Attribute(table="leads", name="budget", type="number", known="at_instant", header="Budget")
    rows = [
        {**row, "budget": 5.0, "budget__known_at": START + timedelta(days=i) + after} for i, row in enumerate(leads(60))
    ]
    found = broken(write_history(tmp_path, leads=rows, attributes=[budget], observed_until=END))
    assert ("time.days_only" in found) is is_told
    assert not is_told or (found["time.days_only"].n, found["time.days_only"].column) == (60, "Budget")


def test_an_attribute_that_is_known_from_an_instant_on_does_not_warn(tmp_path: Path) -> None:
    budget = Attribute(table="leads", name="budget", type="number", known="at_instant", header="Budget")
    rows = [
        {**row, "budget": float(i), "budget__known_at": START + timedelta(days=i, minutes=17 * i)}
        for i, row in enumerate(leads(60))
    ]
    found = broken(write_history(tmp_path, leads=rows, attributes=[budget], observed_until=END))
    assert "time.days_only" not in found


def test_D01_D02_empty_and_constant_columns_warn_by_the_users_name(tmp_path: Path) -> None:
    declared = [
        Attribute(table="leads", name=name, type="category", known="at_creation", header=name.upper())
        for name in ("nothing", "same", "gaps")
    ]
    rows = leads(40, same="x")
    rows[0]["gaps"] = "x"
    found = broken(write_history(tmp_path, leads=rows, attributes=declared, observed_until=END))
    assert found["value.empty_column"].column == "NOTHING"
    assert found["value.constant_column"].column == "SAME"


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        (Target(stage="wno", horizon_days=30), "label.stage_never_occurs"),
        (Target(stage="won", horizon_days=900), "label.immature"),
    ],
)
def test_C16_labels_that_cannot_be_are_refused(tmp_path: Path, target: Target, identity: str) -> None:
    found = about_labels(Planted(n_leads=100).write(tmp_path), target)[identity]
    assert found.severity == "refuse"
    with pytest.raises(DataContractError, match=identity):
        refuse([found])


def test_of_many_stages_a_few_are_named(tmp_path: Path) -> None:
    rows = leads(40)
    ended = [{"lead_id": row["lead_id"], "occurred_at": END, "stage": f"Ana{i:02}"} for i, row in enumerate(rows)]
    history = write_history(tmp_path, leads=rows, outcomes=ended, observed_until=END)
    fix = about_labels(history)["label.stage_never_occurs"].fix
    assert "Ana19 and 20 more" in fix
    assert "Ana20" not in fix


def test_an_end_stage_that_never_occurs_warns(tmp_path: Path) -> None:
    target = Target(stage="won", horizon_days=30, end_stages=("lost", "dead"))
    assert about_labels(Planted(n_leads=100).write(tmp_path), target)["label.end_stage_never_occurs"].column == "dead"


def test_E02_few_conversions_warn_before_any_training(tmp_path: Path) -> None:
    planted = Planted(n_leads=300)
    kept = set(list(planted.won_at)[:12])
    planted.outcomes = [row for row in planted.outcomes if row["stage"] == "lost" or row["lead_id"] in kept]
    assert about_labels(planted.write(tmp_path))["label.few_conversions"].severity == "warn"


def test_E01_a_flat_table_of_one_class_is_refused(tmp_path: Path) -> None:
    rows = [{"lead_id": f"L{i}", "created_at": None, "converted": False} for i in range(30)]
    found = about_labels(write_history(tmp_path, leads=rows, flat=True, ordering="none"), Target(stage="converted"))
    assert found["label.one_class"].severity == "refuse"


def test_E03_a_flat_table_whose_outcomes_are_blank_is_refused(tmp_path: Path) -> None:
    rows = [{"lead_id": f"L{i}", "created_at": None, "converted": None} for i in range(30)]
    found = about_labels(write_history(tmp_path, leads=rows, flat=True, ordering="none"), Target(stage="converted"))
    assert found["label.unknown"].n == 30


def test_leads_that_are_created_when_they_convert_warn(tmp_path: Path) -> None:
    planted = Planted(n_leads=400)
    created = {lead["lead_id"]: lead["created_at"] for lead in planted.leads}
    for row in planted.outcomes:
        if row["stage"] == "won":
            row["occurred_at"] = created[row["lead_id"]] + timedelta(seconds=5)
    assert about_labels(planted.write(tmp_path))["label.outcome_at_creation"].severity == "warn"


LEAK = Finding(id="leak.single_column", severity="refuse", what="column 'Tags' …", n=9, table="leads", column="Tags")
BROKEN = Finding(id="time.one_day", severity="refuse", what="all on one day", n=9)


def test_a_leak_is_accepted_by_the_name_of_its_column_and_nothing_else_is() -> None:
    with pytest.raises(LeakSuspectedError, match="Tags"):
        refuse(accept([LEAK], []))
    refuse(accept([LEAK], ["Tags"]))
    with pytest.raises(DataContractError):
        refuse(accept([BROKEN.model_copy(update={"column": "created_at"})], ["created_at"]))


def test_a_name_that_is_accepted_for_nothing_is_told() -> None:
    found = accept([LEAK], ["Tgas"])
    assert [(each.id, each.severity) for each in found] == [("leak.single_column", "refuse"), ("accept.idle", "warn")]
    assert accept([LEAK], ["Tgas"], of_every_target=False) == [LEAK], "another target may need it"


def test_what_breaks_the_contract_goes_before_a_suspicion() -> None:
    with pytest.raises(DataContractError):
        refuse([LEAK, BROKEN])
    assert (DataContractError.exit_code, LeakSuspectedError.exit_code) == (3, 5)
