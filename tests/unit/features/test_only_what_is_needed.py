"""A nightly job reads only the parts of the history in which somebody is looked at, and finds the same features."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.snapshots import activities
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.population import population_at
from random_history import START, random_history

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))
AS_OF = START + timedelta(days=90)


def in_groups(history: History, n_rows: int) -> History:
    """Write the activities anew in row groups of so many rows."""
    path = history.path("activities")
    pq.write_table(pq.read_table(path), path, row_group_size=n_rows)
    return history


def features_of(history: History, lead_no: np.ndarray) -> list[dict[str, object]]:
    catalogue = declare(history, WON, AS_OF, Features(windows_days=(7, 30), decay_days=(7,), min_kind_rows=1))
    everyone = population_at(history, WON, Snapshots(), AS_OF)
    return compute(history, everyone.take(pa.array(lead_no)), catalogue).to_pylist()


@pytest.mark.parametrize("n_rows", [1, 5, 32])
def test_a_night_of_a_few_leads_equals_their_rows_of_the_whole(tmp_path: Path, n_rows: int) -> None:
    history = in_groups(random_history(tmp_path, 4), n_rows)
    n_leads = pq.ParquetFile(history.path("leads")).metadata.num_rows
    whole = features_of(history, np.arange(n_leads))
    for lead in range(n_leads):
        assert repr(features_of(history, np.array([lead]))) == repr(whole[lead : lead + 1])


def test_row_groups_of_accounts_that_nobody_looks_at_are_not_read(tmp_path: Path) -> None:
    history = in_groups(random_history(tmp_path, 4), 5)
    rows = pq.read_table(history.path("activities"))["account_no"].to_numpy()
    wanted = np.array([int(rows[0]), int(rows[-1])])
    stream = ActivityStream(history, ["account_no"], wanted)
    n_groups = pq.ParquetFile(history.path("activities")).metadata.num_row_groups
    assert 0 < len(stream.groups) < n_groups / 2
    found = np.concatenate([batch["account_no"].to_numpy() for batch in stream.batches()])
    for account in wanted:
        assert (found == account).sum() == (rows == account).sum()


def test_a_selection_that_forgets_the_group_an_account_ends_in_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = activities.row_groups_with
    monkeypatch.setattr(activities, "row_groups_with", lambda *asked: true(*asked)[:-1] or true(*asked))
    with pytest.raises(AssertionError):
        test_a_night_of_a_few_leads_equals_their_rows_of_the_whole(tmp_path, 5)
