"""Dates without a time of day: with `dates_known: end_of_day` no look sees what its own day brought."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from source_builder import ACTIVITIES, LEADS, OUTCOMES, column, write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.snapshots.attributes import known_attributes, values_at
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet

WON = Target(stage="won", horizon_days=30)
AS_OF = datetime(2024, 2, 5, 12, tzinfo=UTC)
BEFORE = "L1,2024-02-01,visit\nL2,2024-02-02,visit\nL1,2024-02-03,visit\n"
SIGNED = "L1,2024-02-05,contract_signed\n"  # in the evening of the day of the look, in truth


def history_of(folder: Path, activities: str, *, timezone: str = "UTC", outcomes: str = "", **table: str) -> History:
    folder.mkdir(exist_ok=True)
    files = {
        "leads.csv": "id,at\nL1,2024-01-01\nL2,2024-01-02\n",
        "activities.csv": "id,at,kind\n" + activities,
        "outcomes.csv": "id,at,stage\n" + outcomes,
    }
    tables = {"leads": LEADS, "activities": {**ACTIVITIES, **table}, "outcomes": {**OUTCOMES, **table}}
    path = write_source(folder, tables, files, timezone=timezone, exported_at="2024-12-01")
    return extract(path, folder / "history", Extract())


def seen_at_noon(folder: Path, activities: str, **table: str) -> list[dict]:
    history = history_of(folder, activities, **table)
    catalogue = declare(history, WON, AS_OF, Features(min_kind_rows=1))
    return compute(history, population_at(history, WON, Snapshots(), AS_OF), catalogue).to_pylist()


def test_C13_a_look_does_not_see_its_own_day_and_by_default_it_does(tmp_path: Path) -> None:
    """By default the planted leak is seen: the signature of the evening is known at noon."""
    leaking = [seen_at_noon(tmp_path / f"start{n}", BEFORE + SIGNED * n) for n in (0, 1)]
    assert leaking[0] != leaking[1]
    honest = [seen_at_noon(tmp_path / f"end{n}", BEFORE + SIGNED * n, dates_known="end_of_day") for n in (0, 1)]
    assert honest[0] == honest[1]


@pytest.mark.parametrize(
    ("timezone", "text", "known"),
    [
        ("UTC", "2024-02-05", "2024-02-05T23:59:59.999999+00:00"),
        ("UTC", "2024-02-05T00:00:01", "2024-02-05T00:00:01+00:00"),  # has a time of day
        ("Europe/Madrid", "2024-03-31", "2024-03-31T21:59:59.999999+00:00"),  # of 23 hours
        ("Europe/Madrid", "2024-10-27", "2024-10-27T22:59:59.999999+00:00"),  # of 25
    ],
)
def test_C13_a_date_is_known_a_microsecond_before_the_next_in_its_own_zone(
    tmp_path: Path, timezone: str, text: str, known: str
) -> None:
    when = {"timezone": timezone, "dates_known": "end_of_day"}
    kept = history_of(tmp_path, f"L1,{text},visit\n", outcomes=f"L1,{text},won\n", **when)
    for table in ("activities", "outcomes"):
        assert [at.astimezone(UTC).isoformat() for at in column(kept, table, "known_at")] == [known]
        assert column(kept, table, "occurred_at")[0] <= column(kept, table, "known_at")[0]


BUDGETED = {"Budget": {"type": "number", "known": {"at": "Budgeted"}}}


def leads_with_budgets(folder: Path, known: str, timezone: str = "UTC", **table: str) -> History:
    files = {"leads.csv": f"id,at,Budget,Budgeted\nL1,2024-01-01,5,{known}\n", "outcomes.csv": "id,at,stage\n"}
    tables = {"leads": {**LEADS, "attributes": BUDGETED, **table}, "outcomes": OUTCOMES}
    return extract(write_source(folder, tables, files, timezone=timezone), folder / "history", Extract())


@pytest.mark.parametrize(
    ("table", "budget"), [({}, 5.0), ({"dates_known": "start_of_day"}, 5.0), ({"dates_known": "end_of_day"}, None)]
)
def test_C13_a_look_does_not_see_an_attribute_that_was_written_on_its_own_day(
    tmp_path: Path, table: dict, budget: float | None
) -> None:
    """By default the planted leak is seen: the budget of the evening is known at noon."""
    history = leads_with_budgets(tmp_path, "2024-02-05", **table)
    numbers = read_parquet(history.path("leads"), ["lead_no", "account_no"])
    assert values_at(history, numbers, known_attributes(history), AS_OF).to_pylist() == [{"budget": budget}]


@pytest.mark.parametrize(
    ("timezone", "text", "known"),
    [
        ("Europe/Madrid", "2024-03-31", "2024-03-31T21:59:59.999999+00:00"),
        ("UTC", "2024-02-05T09:30", "2024-02-05T09:30:00+00:00"),  # has a time of day
    ],
)
def test_C13_an_attributes_date_is_known_at_its_end_in_the_zone_of_the_source(
    tmp_path: Path, timezone: str, text: str, known: str
) -> None:
    history = leads_with_budgets(tmp_path, text, timezone, dates_known="end_of_day")
    assert column(history, "leads", "budget__known_at")[0].astimezone(UTC).isoformat() == known
    assert column(history, "leads", "created_at")[0].hour == 0 or timezone != "UTC"  # creation stays as it is
