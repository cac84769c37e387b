"""What a model may learn from: in the end the gap too, but no lead that is judged, or calibrated, on."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.snapshots import split
from predictive_scoring.snapshots.labels import SNAPSHOTS
from predictive_scoring.snapshots.split import split_windows
from predictive_scoring.storage import write_json

START = datetime(2024, 1, 1, tzinfo=UTC)
WON = Target(stage="won", horizon_days=10)


def looks(seed: int, n_leads: int = 200, n_days: int = 200) -> Dataset:
    """Return looks at leads that live for up to twenty weeks; some are looked at too seldom to be in every window."""
    rng = np.random.default_rng(seed)
    rows = []
    for lead in range(n_leads):
        first = int(rng.integers(n_days))
        every = int(rng.choice([7, 45]))
        for day in range(first, min(n_days, first + 7 * int(rng.integers(1, 21))), every):
            look = {"lead_no": lead, "lead_id": f"l{lead}", "as_of": START + timedelta(days=day), "state": "mature"}
            rows.append({**look, "converted": bool(rng.random() < 0.3)})
    table, windows = split_windows(pa.Table.from_pylist(rows, SNAPSHOTS), WON, Split(min_positives=1), "time")
    return Dataset(table, Catalogue(features=(), concepts=()), windows)


def leads_of(rows: pa.Table) -> set[str]:
    return set(rows["lead_id"].to_pylist())


def assert_what_is_learned_stays_apart(dataset: Dataset) -> None:
    known = dataset.training_windows()
    judged, calibrating = leads_of(dataset.rows("test")), leads_of(known["calibration"])
    assert judged
    assert not judged & (leads_of(known["train"]) | leads_of(known["between"]) | calibrating)
    assert calibrating
    assert not calibrating & leads_of(known["train"])
    begins = dataset.windows.windows["calibrate"].start
    between = known["between"].to_pylist()
    assert all(look["as_of"] < begins for look in between if look["lead_id"] in calibrating)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_E18_no_lead_that_is_learned_from_is_judged_on_and_none_of_training_calibrated_on(seed: int) -> None:
    assert_what_is_learned_stays_apart(looks(seed))


def test_E18_planted_bug_a_gap_whose_leads_belong_to_no_window_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "_assign", assign_by_window_alone)
    with pytest.raises(AssertionError):
        assert_what_is_learned_stays_apart(looks(3))


def assign_by_window_alone(line: Any, bounds: list[tuple[int, int]]) -> Any:
    """Give a lead to its earliest window, as if looks in the gap before calibration were not learned from."""
    window = np.full(len(line.position), split.GAP, np.int64)
    for place, (start, end) in enumerate(bounds):
        window[(start <= line.position) & (line.position < end)] = place
    inside = window != split.GAP
    earliest = np.full(int(line.lead_no.max()) + 1, len(bounds), np.int64)
    np.minimum.at(earliest, line.lead_no[inside], window[inside])
    window[inside & (window != earliest[line.lead_no])] = len(bounds)
    return window


def test_between_holds_the_gap_and_later_looks_at_training_leads_and_is_mature() -> None:
    dataset = looks(1)
    known, windows = dataset.training_windows(), dataset.windows.windows
    train, calibrate = windows["train"], windows["calibrate"]
    assert train.end is not None
    assert calibrate.start is not None
    assert calibrate.end is not None
    moments = known["between"]["as_of"].to_pylist()
    assert all(train.end <= moment < calibrate.end for moment in moments)
    assert any(moment < calibrate.start for moment in moments)
    assert set(known["between"]["state"].to_pylist()) == {"mature"}
    keys = [set(zip(*known[name].select(["lead_id", "as_of"]).to_pydict().values(), strict=True)) for name in known]
    assert all(not one & other for one, other in pairwise(keys))


def test_a_short_history_has_nothing_between() -> None:
    dataset = looks(2)
    table, windows = split_windows(dataset.table.drop_columns(["window"]), WON, Split(min_positives=10_000), "time")
    known = Dataset(table, dataset.catalogue, windows).training_windows()
    assert "between" not in known
    assert known["calibration"].num_rows == 0


def test_windows_of_an_earlier_version_are_refused_by_name_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "won"
    folder.mkdir()
    write_json(folder / "windows.json", {**looks(2).windows.model_dump(mode="json"), "mode": "four"})
    with pytest.raises(DataContractError, match=r"windows\.json: not as this version") as refused:
        Dataset.load(folder)
    assert "dvc repro --force features@won" in str(refused.value)
