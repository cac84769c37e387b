"""A job of every night says that a table was cut, as `check` does."""

from datetime import timedelta
from pathlib import Path

from planted_history import START, Planted
from predictive_scoring.scoring.cut_tables import cut_tables

CUT = START + timedelta(days=250)


def test_C18_a_table_that_ends_before_the_others_is_told_by_the_job_from_then_on(tmp_path: Path) -> None:
    planted = Planted(n_leads=600)
    planted.activities = [row for row in planted.activities if row["occurred_at"] < CUT]
    history = planted.write(tmp_path / "cut")
    [told] = cut_tables(history, CUT + timedelta(days=60))
    assert told.startswith("activities: nothing after")
    assert cut_tables(history, CUT - timedelta(days=60)) == [], "what is missing later is not missing yet"
    assert cut_tables(Planted(n_leads=600).write(tmp_path / "whole"), CUT + timedelta(days=60)) == []
