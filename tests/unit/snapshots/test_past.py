"""What could have been learned from at an instant of the past."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.split import Split
from predictive_scoring.contract.history import INSTANT
from predictive_scoring.snapshots.instants import micros_of, to_micros
from predictive_scoring.snapshots.past import past_of

START, HORIZON = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=30)
SPLIT = Split(min_positives=5)


def looks(n_leads: int = 400, n_weeks: int = 60) -> pa.Table:
    """Return weekly looks at leads that are open for six weeks; every fifth lead converts."""
    rows = [
        (f"L{lead:04d}", START + timedelta(days=7 * (lead * n_weeks // n_leads + week)), lead % 5 == 0 and week > 2)
        for lead in range(n_leads)
        for week in range(6)
    ]
    lead_id, as_of, converted = zip(*rows, strict=True)
    return pa.table(
        {
            "lead_id": lead_id,
            "as_of": pa.array(as_of, INSTANT),
            "state": ["mature"] * len(rows),
            "converted": converted,
        }
    )


def test_only_what_was_known_then_is_learned_from() -> None:
    table, until = looks(), START + timedelta(days=300)
    past = past_of(table, until, HORIZON, SPLIT)
    as_of = micros_of(table["as_of"])[past.all]
    assert len(past.rows) == 3
    assert as_of.max() + 30 * 86_400_000_000 <= to_micros(until)


def test_planted_bug_labels_of_looks_whose_horizon_is_not_over_would_be_seen() -> None:
    table, until = looks(), START + timedelta(days=300)
    careless = past_of(table, until, timedelta(0), SPLIT)
    as_of = micros_of(table["as_of"])[careless.all]
    assert as_of.max() + 30 * 86_400_000_000 > to_micros(until)


def test_no_lead_that_is_learned_from_calibrates_and_a_horizon_lies_between_windows() -> None:
    table = looks()
    past = past_of(table, START + timedelta(days=400), HORIZON, SPLIT)
    leads, as_of = np.array(table["lead_id"].to_pylist()), micros_of(table["as_of"])
    assert not set(leads[past.rows["train"]]) & set(leads[past.rows["calibration"]])
    gap = 30 * 86_400_000_000
    assert as_of[past.rows["train"]].max() + gap <= as_of[past.rows["calibration"]].min()


def test_every_look_that_was_known_is_for_something_and_the_gap_and_later_looks_lie_between() -> None:
    table, until = looks(), START + timedelta(days=400)
    past = past_of(table, until, HORIZON, SPLIT)
    leads, as_of = np.array(table["lead_id"].to_pylist()), micros_of(table["as_of"])
    known = np.flatnonzero(as_of + 30 * 86_400_000_000 <= to_micros(until))
    assert past.all.tolist() == known.tolist()
    train, between, calibration = (past.rows[use] for use in ("train", "between", "calibration"))
    early, late = as_of[train].max(), as_of[calibration].min()
    in_the_gap = (early < as_of[between]) & (as_of[between] < late)
    assert in_the_gap.any()
    assert set(leads[between[~in_the_gap]]) <= set(leads[train])


def test_a_short_past_has_no_windows_of_its_own_and_before_all_there_is_nothing() -> None:
    table = looks()
    short = past_of(table, START + timedelta(days=120), HORIZON, SPLIT)
    assert set(short.rows) == {"train"}
    assert len(short.all) > 0
    assert len(past_of(table, START, HORIZON, SPLIT).all) == 0


@pytest.mark.parametrize("keep", ["leads", "accounts"])
def test_E18_a_past_keeps_together_what_the_split_does(keep: str) -> None:
    """Every other late lead is of the account of an early one; only by accounts is none on two sides."""
    table = looks()
    n = len(set(table["lead_id"].to_pylist()))
    number = np.array([int(lead[1:]) for lead in table["lead_id"].to_pylist()])
    table = table.append_column("account_no", pa.array(np.where(number % 2, number, number % (2 * n // 3))))
    past = past_of(table, START + timedelta(days=400), HORIZON, Split(min_positives=5, keep=keep))  # type: ignore[arg-type]
    whose = table["account_no"].to_numpy()
    both = set(whose[past.rows["train"]]) & set(whose[past.rows["calibration"]])
    assert bool(both) is (keep == "leads")


def test_a_past_has_windows_only_where_the_split_would_have_them() -> None:
    shares = {"calibrate_share": 0.2, "test_share": 0.4}
    assert set(past_of(looks(), START + timedelta(days=400), HORIZON, Split(min_positives=5, **shares)).rows) == {
        "train"
    }
