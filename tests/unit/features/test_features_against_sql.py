"""Each feature, by each engine, against the oracle in plain SQL."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from every_feature import EVERY_FEATURE
from features_in_sql import NOT_IN_SQL, features_in_sql
from history_builder import write_history
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import Shards, compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.snapshots.labels import training_snapshots
from random_history import START, random_history

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))


def assert_equal_to_sql(by: Shards, history: History, snapshots: pa.Table, catalogue: Catalogue) -> int:
    """Compare every value: counts and categories exactly, others to nine digits; return how many."""
    found = compute(history, snapshots, catalogue, by)
    expected = features_in_sql(history, snapshots, catalogue)
    assert set(expected) == {f.name for f in catalogue.features if f.statistic not in NOT_IN_SQL}
    for feature in catalogue.features:
        if feature.name not in expected:
            continue
        exact = feature.unit in ("count", "level", "flag")
        for row, (value, oracle) in enumerate(
            zip(found[feature.name].to_pylist(), expected[feature.name], strict=True)
        ):
            where = f"{feature.name} of row {row}: {value!r}, in SQL {oracle!r}"
            assert (value is None) == (oracle is None), where
            assert value == oracle or (not exact and math.isclose(value, oracle, rel_tol=1e-9, abs_tol=1e-9)), where
    return len(snapshots) * len(expected)


@pytest.mark.parametrize("seed", range(2))
def test_every_feature_equals_the_oracle_in_sql(tmp_path: Path, by: Shards, seed: int) -> None:
    history = random_history(tmp_path, seed)
    catalogue = declare(history, WON, START + timedelta(days=100), EVERY_FEATURE)
    snapshots = training_snapshots(history, WON, Snapshots(every_days=6, max_age_days=80))
    assert assert_equal_to_sql(by, history, snapshots, catalogue) > 1000


def whole_day(moments: list[datetime], **also: Any) -> list[dict[str, Any]]:
    return [
        {"lead_id": "l", "occurred_at": when, "kind": "page_view", "direction": "inbound", **also} for when in moments
    ]


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        (
            "the hour that summer time skips",
            [datetime(2024, 3, 31, hour, 59, 59, 999999, tzinfo=UTC) for hour in range(4)],
        ),
        ("the hour that comes twice", [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in range(4)]),
        ("a leap day", [datetime(2024, 2, 28, 23, 59, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]),
        ("equal instants", [datetime(2024, 5, 4, 12, tzinfo=UTC)] * 3),
        ("nothing at all", []),
        ("years apart", [datetime(2008, 5, 4, tzinfo=UTC), datetime(2024, 5, 4, tzinfo=UTC)]),
    ],
)
def test_C14_odd_instants_equal_the_oracle(tmp_path: Path, by: Shards, name: str, moments: list[datetime]) -> None:
    leads = [{"lead_id": name, "created_at": "2008-01-01", "account_id": "a"} for name in ("l", "silent")]
    sent = [{**row, "kind": "email_sent", "direction": "outbound"} for row in whole_day(moments)]
    others = [{**row, "lead_id": "silent", "topic": "t0"} for row in whole_day([datetime(2008, 1, 2, tzinfo=UTC)])]
    rows = [*whole_day(moments), *sent, *others]
    history = write_history(tmp_path, leads=leads, activities=rows, observed_until="2025-01-01")
    settings = Features(windows_days=(1, 30, 365), decay_days=(7, 30), min_kind_rows=1, timezone="Europe/Madrid")
    catalogue = declare(history, WON, datetime(2025, 1, 1, tzinfo=UTC), settings)
    latest = moments[-1] if moments else datetime(2024, 5, 4, tzinfo=UTC)
    looks = [latest, latest + timedelta(microseconds=1), latest + timedelta(days=1), latest + timedelta(days=365)]
    snapshots = pa.table(
        {
            "lead_no": [lead for lead in (0, 1) for _ in looks],
            "account_no": [0] * 2 * len(looks),
            "lead_id": [lead for lead in ("l", "silent") for _ in looks],
            "as_of": pa.array(looks * 2, pa.timestamp("us", tz="UTC")),
        }
    )
    assert assert_equal_to_sql(by, history, snapshots, catalogue) > 0
