"""What conversions brought is read off the record: a lead has one amount, that of its first time at the stage."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from history_builder import write_history
from predictive_scoring.config.targets import Target
from predictive_scoring.snapshots.amounts import Amounts

WON = Target(stage="won", horizon_days=30)
OUTCOMES = [
    {"lead_id": "once", "stage": "won", "occurred_at": "2024-02-01", "amount": 500.0},
    {"lead_id": "twice", "stage": "won", "occurred_at": "2024-02-01", "amount": 100.0},
    {"lead_id": "twice", "stage": "won", "occurred_at": "2024-03-01", "amount": 900.0},
    {"lead_id": "empty", "stage": "won", "occurred_at": "2024-02-01", "amount": 0.0},
    {"lead_id": "refund", "stage": "won", "occurred_at": "2024-02-01", "amount": -20.0},
    {"lead_id": "late", "stage": "won", "occurred_at": "2024-02-01", "recorded_at": "2024-06-01", "amount": 70.0},
    {"lead_id": "another stage", "stage": "sql", "occurred_at": "2024-02-01", "amount": 3.0},
]
LEADS = ["once", "twice", "empty", "refund", "late", "another stage", "still open"]


@pytest.fixture(scope="module")
def amounts(tmp_path_factory: pytest.TempPathFactory) -> Amounts:
    leads = [{"lead_id": name, "created_at": "2024-01-01"} for name in LEADS]
    return Amounts.of(write_history(tmp_path_factory.mktemp("amounts"), leads=leads, outcomes=OUTCOMES), WON)


def looks(*names: str, converted: bool | None = True) -> pa.Table:
    return pa.table({"lead_id": list(names), "converted": pa.array([converted] * len(names), pa.bool_())})


def test_a_lead_has_the_amount_of_its_first_time_at_the_stage(amounts: Amounts) -> None:
    found = amounts.of_rows(looks(*LEADS))
    np.testing.assert_array_equal(found, [500, 100, np.nan, np.nan, 70, np.nan, np.nan])


def test_a_look_that_does_not_convert_or_is_not_known_to_brings_nothing(amounts: Amounts) -> None:
    assert np.isnan(amounts.of_rows(looks("once", converted=False))).all()
    assert np.isnan(amounts.of_rows(looks("once", converted=None))).all()


def test_an_amount_that_was_recorded_after_the_end_of_training_teaches_nothing(amounts: Amounts) -> None:
    end = datetime(2024, 6, 1, tzinfo=UTC)
    np.testing.assert_array_equal(amounts.of_rows(looks("once", "late"), known_before=end), [500, np.nan])


def test_each_look_at_a_lead_has_its_amount(amounts: Amounts) -> None:
    assert amounts.of_rows(looks("twice", "twice", "once")).tolist() == [100, 100, 500]
