"""Each feature against the same definition written as a plain loop over rows."""

from datetime import timedelta
from pathlib import Path

import pytest

from every_feature import EVERY_FEATURE
from features_by_hand import ByHand
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.plan import OF_ANSWERS, OF_CLOCK
from predictive_scoring.snapshots.labels import training_snapshots
from random_history import START, random_history

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))


def assert_equal_to_the_loop(history: History, catalogue: Catalogue, snapshots: object) -> int:
    """Compare every value of every snapshot; return how many."""
    by_hand = ByHand(history)
    table = compute(history, snapshots, catalogue)  # type: ignore[arg-type]
    lead_no = snapshots["lead_no"].to_pylist()  # type: ignore[index]
    n_values = 0
    for lead, row in zip(lead_no, table.to_pylist(), strict=True):
        expected = by_hand.row(catalogue, lead, row["as_of"])
        for name, value in expected.items():
            close = row[name] == value or row[name] == pytest.approx(value, abs=1e-9, rel=1e-9)
            assert close, f"{name} of lead {lead} at {row['as_of']}: {row[name]!r}, by hand {value!r}"
            n_values += 1
    return n_values


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("clock", ["calendar", "creation"])
def test_every_feature_equals_the_plain_loop_on_random_histories(tmp_path: Path, seed: int, clock: str) -> None:
    history = random_history(tmp_path, seed)
    catalogue = declare(history, WON, START + timedelta(days=100), EVERY_FEATURE)
    policy = Snapshots.model_validate({"clock": clock, "every_days": 6, "max_age_days": 80})
    snapshots = training_snapshots(history, WON, policy)
    n_values = assert_equal_to_the_loop(history, catalogue, snapshots)
    assert n_values == len(snapshots) * len(catalogue.features) > 1000
    statistics = {feature.statistic for feature in catalogue.features}
    assert statistics >= {*OF_ANSWERS, *OF_CLOCK, "pair", "band", "happened_after", "acceleration", "active_people"}
