"""Who is open when, what the label is, and what is never turned into a negative."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.population import population_at
from random_history import ATTRIBUTES, START, random_rows

WON = Target(stage="won", horizon_days=10, end_stages=("lost",))
CHANNEL = Attribute(table="leads", name="channel", type="category", known="at_creation")
POLICY = Snapshots(every_days=7, max_age_days=60)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one_lead(folder: Path, **rows: Any) -> History:
    """Write the history of lead 'l', created on Tuesday 2024-01-02, observed until 1 March."""
    facts = {"observed_until": "2024-03-01", "attributes": [CHANNEL], **rows}
    lead = {"lead_id": "l", "created_at": "2024-01-02", "channel": "web", **facts.pop("lead", {})}
    return write_history(folder, leads=[lead], **facts)


def status(history: History, as_of: str, policy: Snapshots = POLICY) -> str:
    return str(population_at(history, WON, policy, instant(as_of))["status"][0])


def won(at: str, recorded: str | None = None, stage: str = "won") -> dict[str, Any]:
    return {"lead_id": "l", "occurred_at": at, "recorded_at": recorded, "stage": stage}


def test_C02_a_lead_is_not_scored_at_its_own_instant_of_creation_but_just_after_it(tmp_path: Path) -> None:
    history = one_lead(tmp_path)
    assert status(history, "2024-01-02") == "not_yet_created"
    assert status(history, "2024-01-02T00:00:00.000001") == "open"


@pytest.mark.parametrize(
    ("outcome", "before", "after"),
    [
        (won("2024-01-20"), "2024-01-20", "2024-01-20T00:00:00.000001"),
        (won("2024-01-20", "2024-01-25"), "2024-01-25", "2024-01-25T00:00:00.000001"),
    ],
)
def test_F12_a_conversion_closes_the_lead_once_the_record_knows(
    tmp_path: Path, outcome: dict[str, Any], before: str, after: str
) -> None:
    history = one_lead(tmp_path, outcomes=[outcome])
    assert (status(history, before), status(history, after)) == ("open", "already_converted")


def test_an_end_stage_excludes(tmp_path: Path) -> None:
    history = one_lead(tmp_path, outcomes=[won("2024-01-20", stage="lost")])
    assert (status(history, "2024-01-20"), status(history, "2024-01-21")) == ("open", "excluded")


def test_a_stage_on_the_way_closes_nothing(tmp_path: Path) -> None:
    assert status(one_lead(tmp_path, outcomes=[won("2024-01-20", stage="mql")]), "2024-02-01") == "open"


def test_F11_who_opts_out_is_not_scored_from_then_on(tmp_path: Path) -> None:
    objection = {"lead_id": "l", "occurred_at": "2024-01-20", "kind": "opt_out"}
    history = one_lead(tmp_path, activities=[objection])
    assert (status(history, "2024-01-20"), status(history, "2024-01-21")) == ("open", "opt_out")


def test_a_boolean_attribute_can_say_opt_out_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    flag = Attribute(table="leads", name="do_not_call", type="boolean", known="at_instant")
    lead = {"do_not_call": True, "do_not_call__known_at": "2024-01-20"}
    history = one_lead(tmp_path, lead=lead, attributes=[CHANNEL, flag])
    policy = Snapshots(opt_out_attributes=("do_not_call",))
    assert (status(history, "2024-01-20", policy), status(history, "2024-01-21", policy)) == ("open", "opt_out")
    with pytest.raises(ConfigurationError, match="do_not_cal'"):
        status(history, "2024-01-20", Snapshots(opt_out_attributes=("do_not_cal",)))


def test_a_lead_is_too_old_one_microsecond_after_its_greatest_age(tmp_path: Path) -> None:
    history = one_lead(tmp_path)
    assert (status(history, "2024-03-02"), status(history, "2024-03-02T00:00:00.000001")) == ("open", "too_old")


def test_F14_a_lead_of_which_nothing_is_known_is_not_scored_until_something_is(tmp_path: Path) -> None:
    visit = {"lead_id": "l", "occurred_at": "2024-01-20", "kind": "page_view"}
    history = one_lead(tmp_path, lead={"channel": None}, activities=[visit])
    assert (status(history, "2024-01-20"), status(history, "2024-01-21")) == ("no_data", "open")


def states(history: History, policy: Snapshots = POLICY) -> dict[str, tuple[str, bool | None]]:
    table = training_snapshots(history, WON, policy).to_pylist()
    return {f"{row['as_of']:%m-%d}": (row["state"], row["converted"]) for row in table}


def test_C15_a_lead_is_looked_at_on_mondays_and_young_weeks_are_never_negative(tmp_path: Path) -> None:
    found = states(one_lead(tmp_path, observed_until="2024-02-01"))
    assert found == {
        "01-08": ("mature", False),
        "01-15": ("mature", False),
        "01-22": ("mature", False),  # 22 January and 10 days is 1 February: just matured
        "01-29": ("immature", None),
    }


def test_C14_the_label_window_takes_its_first_instant_and_leaves_its_last(tmp_path: Path) -> None:
    at_the_look = states(one_lead(tmp_path / "a", outcomes=[won("2024-01-15")]))
    assert at_the_look == {"01-08": ("mature", True), "01-15": ("mature", True)}
    at_the_end = states(one_lead(tmp_path / "b", outcomes=[won("2024-01-18")]))
    assert at_the_end == {"01-08": ("mature", False), "01-15": ("mature", True)}


def test_C19_a_late_record_counts_for_the_label_and_what_was_decided_unknown_is_set_aside(tmp_path: Path) -> None:
    found = states(one_lead(tmp_path, outcomes=[won("2024-01-12", recorded="2024-01-22")]))
    assert found == {"01-08": ("mature", True), "01-15": ("decided", None), "01-22": ("decided", None)}


def test_an_early_conversion_of_an_immature_week_is_told_apart(tmp_path: Path) -> None:
    found = states(one_lead(tmp_path, observed_until="2024-01-17", outcomes=[won("2024-01-16")]))
    assert found == {"01-08": ("immature", True), "01-15": ("immature", True)}


JUDGED = Target(stage="won", horizon_days=10, end_stages=("lost", "gone"), only_judged=True)


def judged(history: History) -> dict[str, tuple[str, bool | None]]:
    table = training_snapshots(history, JUDGED, POLICY).to_pylist()
    return {f"{row['as_of']:%m-%d}": (row["state"], row["converted"]) for row in table}


def test_silence_is_no_no_where_only_the_judged_are_learned_from(tmp_path: Path) -> None:
    silent = judged(one_lead(tmp_path / "silent", observed_until="2024-02-01"))
    assert silent == dict.fromkeys(("01-08", "01-15", "01-22"), ("unjudged", None)) | {"01-29": ("immature", None)}
    refused = judged(one_lead(tmp_path / "refused", outcomes=[won("2024-01-22", stage="gone")]))
    assert refused == {"01-08": ("unjudged", None), "01-15": ("mature", False), "01-22": ("mature", False)}
    bought = judged(one_lead(tmp_path / "bought", outcomes=[won("2024-01-19")]))
    assert bought == {"01-08": ("unjudged", None), "01-15": ("mature", True)}
    late = judged(one_lead(tmp_path / "late", outcomes=[won("2024-01-12", recorded="2024-01-16", stage="lost")]))
    assert late == {"01-08": ("mature", False), "01-15": ("unjudged", None)}  # said before the look: nothing is left


@pytest.mark.parametrize("seed", range(4))
def test_labels_of_the_judged_are_those_of_a_loop_over_the_outcomes(tmp_path: Path, seed: int) -> None:
    rows = random_rows(np.random.default_rng(seed), n_leads=60)
    history = write_history(
        tmp_path, **rows, attributes=ATTRIBUTES, observed_until=START + timedelta(days=130),
    )  # type: ignore[arg-type]  # fmt: skip
    usual = training_snapshots(history, JUDGED.model_copy(update={"only_judged": False}), POLICY).to_pylist()
    said = [(each["lead_id"], each["stage"], each["occurred_at"]) for each in rows["outcomes"]]
    n_unjudged = 0
    for row, before in zip(training_snapshots(history, JUDGED, POLICY).to_pylist(), usual, strict=True):
        until = row["as_of"] + timedelta(days=10)
        answered = any(
            lead == row["lead_id"] and stage in ("won", "lost", "gone") and row["as_of"] <= at < until
            for lead, stage, at in said
        )
        if before["state"] == "mature" and not answered:
            before |= {"state": "unjudged", "converted": None}
            n_unjudged += 1
        assert row == before
    assert n_unjudged


def test_whom_nobody_can_refuse_nobody_judges() -> None:
    for wrong in ({"horizon_days": 30}, {"end_stages": ("lost",)}):
        with pytest.raises(ValueError, match="only_judged: needs horizon_days, and end_stages that say no"):
            Target.model_validate({"stage": "sql", "only_judged": True, **wrong})


def test_the_creation_clock_starts_just_after_creation(tmp_path: Path) -> None:
    history = one_lead(tmp_path, observed_until="2024-01-20")
    table = training_snapshots(history, WON, Snapshots(clock="creation", every_days=7))
    assert [str(at) for at in table["as_of"].to_pylist()] == [
        "2024-01-02 00:00:00.000001+00:00",
        "2024-01-09 00:00:00.000001+00:00",
        "2024-01-16 00:00:00.000001+00:00",
    ]
    assert table["age_days"].to_pylist()[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_training_looks_at_exactly_those_whom_the_population_calls_open(tmp_path: Path, seed: int) -> None:
    rows = random_rows(np.random.default_rng(seed), n_leads=30)
    until = START + timedelta(days=130)
    history = write_history(tmp_path, **rows, attributes=ATTRIBUTES, observed_until=until)  # type: ignore[arg-type]
    policy = Snapshots(every_days=7, max_age_days=40)
    table = training_snapshots(history, WON, policy)
    looked_at = set(zip(table["lead_no"].to_pylist(), table["as_of"].to_pylist(), strict=True))
    mondays = [instant("2023-12-25") + timedelta(days=7 * week) for week in range(22)]
    expected = set()
    for monday in mondays:
        if monday <= until:
            population = population_at(history, WON, policy, monday).to_pylist()
            expected |= {(row["lead_no"], monday) for row in population if row["status"] == "open"}
    assert looked_at == expected
    assert looked_at


def flat(folder: Path, created: list[str | None], converted: list[bool | None]) -> History:
    leads = [
        {"lead_id": f"l{i}", "created_at": at, "converted": told, "channel": "web"}
        for i, (at, told) in enumerate(zip(created, converted, strict=True))
    ]
    return write_history(folder, leads=leads, flat=True, ordering="rows", attributes=[CHANNEL])


def test_a_flat_table_has_one_snapshot_a_lead_and_an_unknown_outcome_is_immature(tmp_path: Path) -> None:
    table = training_snapshots(flat(tmp_path, [None] * 3, [True, False, None]), Target(stage="yes"), POLICY)
    assert table["state"].to_pylist() == ["mature", "mature", "immature"]
    assert table["converted"].to_pylist() == [True, False, None]
    assert table["as_of"].to_pylist() == [None] * 3
    assert table["row_number"].to_pylist() == [1, 2, 3]


def test_a_flat_lead_is_looked_at_just_after_creation_in_training_and_in_scoring(tmp_path: Path) -> None:
    history = flat(tmp_path, ["2024-01-02", "2024-02-02"], [True, None])
    trained = training_snapshots(history, Target(stage="yes"), POLICY)["as_of"].to_pylist()
    population = population_at(history, Target(stage="yes"), POLICY, instant("2024-02-01"))
    assert trained[0] == population["as_of"].to_pylist()[0] == instant("2024-01-02") + timedelta(microseconds=1)
    assert population["status"].to_pylist() == ["open", "not_yet_created"]


def test_a_history_without_leads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataContractError, match="no leads"):
        training_snapshots(write_history(tmp_path, leads=[]), WON, POLICY)


@pytest.mark.parametrize(("minutes", "first"), [(0, "2024-01-02T00:00:00.000001"), (30, "2024-01-02T00:30:00")])
def test_by_the_clock_of_creation_the_first_look_is_as_late_as_declared(
    tmp_path: Path, minutes: int, first: str
) -> None:
    policy = Snapshots(clock="creation", every_days=7, max_age_days=20, first_look_minutes=minutes)
    looks = training_snapshots(one_lead(tmp_path), WON, policy)["as_of"].to_pylist()
    assert looks == [instant(first) + timedelta(days=7 * week) for week in range(3)]


def test_a_late_first_look_sees_what_happened_in_the_minutes_before_it(tmp_path: Path) -> None:
    """A lead that converted within them is never looked at."""
    history = one_lead(tmp_path, outcomes=[won("2024-01-02T00:10:00")])
    late = Snapshots(clock="creation", every_days=7, max_age_days=20, first_look_minutes=30)
    at_once = late.model_copy(update={"first_look_minutes": 0})
    assert training_snapshots(history, WON, at_once).num_rows == 1
    assert training_snapshots(history, WON, late).num_rows == 0


def test_a_dated_history_needs_a_horizon(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="horizon_days is missing"):
        training_snapshots(one_lead(tmp_path), Target(stage="won"), POLICY)
