"""A table that ends long before the others was cut; one that was often silent before, or ends with them, was not."""

from datetime import timedelta
from pathlib import Path

import pytest

from planted_history import END, START, WON, Planted
from predictive_scoring.audit import early_end
from predictive_scoring.audit.auditing import audit_target
from predictive_scoring.audit.early_end import early_end_findings
from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import open_engine
from small_company import SmallCompany

CUT = START + timedelta(days=250)


def found(history: History) -> list[Finding]:
    with open_engine() as engine:
        return list(early_end_findings(engine, history))


@pytest.mark.parametrize(("name", "harm"), [("activities", "lost interest"), ("outcomes", "not converting")])
def test_C18_a_table_that_was_cut_is_told_with_its_last_day(tmp_path: Path, name: str, harm: str) -> None:
    planted = Planted(n_leads=600)
    setattr(planted, name, [row for row in getattr(planted, name) if row["occurred_at"] < CUT])
    [told] = found(planted.write(tmp_path))
    assert (told.id, told.severity, told.table) == ("time.table_ends_early", "warn", name)
    last = max(row["occurred_at"] for row in getattr(planted, name)).date()
    assert told.examples == (str(last),)
    assert f"export {name} again" in told.fix
    assert harm in told.what


def test_planted_bug_a_look_at_all_tables_at_once_sees_no_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted(n_leads=600)
    planted.activities = [row for row in planted.activities if row["occurred_at"] < CUT]
    history = planted.write(tmp_path)
    assert found(history)
    as_one = early_end.DAYS
    for name in ("'leads'", "'outcomes'"):
        as_one = as_one.replace(name, "'activities'")
    monkeypatch.setattr(early_end, "DAYS", as_one)
    assert found(history) == []


def test_whole_tables_say_nothing(tmp_path: Path) -> None:
    assert found(Planted(n_leads=600).write(tmp_path)) == []


def test_a_table_that_was_as_silent_before_says_nothing(tmp_path: Path) -> None:
    planted = Planted(n_leads=600)
    pause = (START + timedelta(days=100), START + timedelta(days=170))
    planted.activities = [
        row for row in planted.activities if row["occurred_at"] < CUT and not pause[0] < row["occurred_at"] < pause[1]
    ]
    assert found(planted.write(tmp_path)) == []


def test_a_history_that_ends_as_a_whole_before_its_export_says_nothing_here(tmp_path: Path) -> None:
    planted = Planted(n_leads=600)
    planted.leads = [row for row in planted.leads if row["created_at"] < CUT]
    kept = {row["lead_id"] for row in planted.leads}
    for name in ("activities", "outcomes"):
        rows = [row for row in getattr(planted, name) if row["lead_id"] in kept and row["occurred_at"] < CUT]
        setattr(planted, name, rows)
    assert max(row["occurred_at"] for row in planted.activities) < END - timedelta(days=100)
    assert found(planted.write(tmp_path)) == []


def test_a_few_days_with_rows_have_no_usual_gap(tmp_path: Path) -> None:
    planted = Planted(n_leads=600)
    first = min(row["occurred_at"] for row in planted.activities).date() + timedelta(days=10)
    planted.activities = [row for row in planted.activities if row["occurred_at"].date() < first]
    assert found(planted.write(tmp_path)) == []


def test_the_check_before_training_tells_it_too(tmp_path: Path, company: SmallCompany) -> None:
    planted = Planted(n_leads=600)
    planted.activities = [row for row in planted.activities if row["occurred_at"] < CUT]
    history = planted.write(tmp_path)
    with open_engine() as engine:
        told = {each.id for each in audit_target(engine, history, company.dataset, WON, 20)}
    assert "time.table_ends_early" in told
