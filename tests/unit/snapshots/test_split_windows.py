"""Windows follow time, keep one horizon apart and share no lead."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictive_scoring.config.split import Split
from predictive_scoring.config.targets import Target
from predictive_scoring.errors import DataContractError
from predictive_scoring.snapshots import split
from predictive_scoring.snapshots.labels import SNAPSHOTS
from predictive_scoring.snapshots.split import split_windows

START = datetime(2024, 1, 1, tzinfo=UTC)
WON = Target(stage="won", horizon_days=10)
EASY = Split(min_positives=1)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"state": "mature", "converted": False, **row} for row in rows], SNAPSHOTS)


def random_snapshots(seed: int, n_leads: int = 200, n_days: int = 200) -> pa.Table:
    """Return weekly snapshots of leads that live for up to ten weeks."""
    rng = np.random.default_rng(seed)
    rows = []
    for lead in range(n_leads):
        first = int(rng.integers(n_days))
        for week in range(int(rng.integers(1, 10))):
            day = first + 7 * week
            if day < n_days:
                at = START + timedelta(days=day)
                converted = bool(rng.random() < 0.3)
                rows.append({"lead_no": lead, "lead_id": f"l{lead}", "as_of": at, "converted": converted})
    return table_of(rows)


def leads_by_window(table: pa.Table) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in table.to_pylist():
        found.setdefault(row["window"], set()).add(row["lead_no"])
    return found


def assert_apart(table: pa.Table, horizon: timedelta, names: list[str]) -> None:
    """Check that windows lie in order, one horizon apart, and share no lead."""
    rows = table.to_pylist()
    by_window = leads_by_window(table)
    for earlier, later in pairwise(names):
        last_label = max(row["as_of"] for row in rows if row["window"] == earlier) + horizon
        assert last_label <= min(row["as_of"] for row in rows if row["window"] == later)
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            assert not by_window[name] & by_window[other]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_every_label_of_a_window_is_known_before_the_next_begins_and_no_lead_is_in_two(seed: int) -> None:
    table, windows = split_windows(random_snapshots(seed), WON, EASY, "time")
    assert windows.mode == "full"
    assert_apart(table, WON.horizon, ["train", "calibrate", "test"])
    assert sum(window.snapshots for window in windows.windows.values()) + sum(windows.outside.values()) == len(table)


@pytest.mark.parametrize("planted", ["no gap", "leads on both sides"])
def test_a_planted_bug_in_the_split_is_caught(monkeypatch: pytest.MonkeyPatch, planted: str) -> None:
    if planted == "no gap":
        line = split._line
        monkeypatch.setattr(split, "_line", lambda *given: line(*given).__class__(**{**vars(line(*given)), "gap": 0}))
    else:
        monkeypatch.setattr(split, "_assign", assign_without_leads)
    table, _ = split_windows(random_snapshots(3), WON, EASY, "time")
    with pytest.raises(AssertionError):
        assert_apart(table, WON.horizon, ["train", "calibrate", "test"])


def assign_without_leads(line: Any, bounds: list[tuple[int, int]]) -> Any:
    window = np.full(len(line.position), split.GAP, np.int64)
    for place, (start, end) in enumerate(bounds):
        window[(start <= line.position) & (line.position < end)] = place
    return window


def test_a_lead_keeps_its_earliest_window_and_its_later_snapshots_are_dropped() -> None:
    days = [0, 40, 70, 99]
    rows = [{"lead_no": 0, "as_of": START + timedelta(days=day), "converted": day > 0} for day in days]
    rows += [{"lead_no": 1 + day, "as_of": START + timedelta(days=day), "converted": True} for day in range(100)]
    table, windows = split_windows(table_of(rows), Target(stage="won", horizon_days=5), EASY, "time")
    # 99 days less two gaps of 5: train until day 62.3, calibrate 67.3 to 80.65, test 85.65 …
    assert table["window"].to_pylist()[:4] == ["train", "train", "dropped", "dropped"]
    assert windows.train_until is not None
    assert windows.train_until.date().isoformat() == "2024-03-03"


@pytest.mark.parametrize(
    ("horizon", "settings", "why"),
    [
        (10, Split(min_positives=1000), "calibrate would hold"),
        (60, EASY, "two gaps"),
        (10, Split(min_positives=1, test_share=0.4), "less than half"),
    ],
)
def test_with_too_little_there_are_two_windows_only(horizon: int, settings: Split, why: str) -> None:
    target = Target(stage="won", horizon_days=horizon)
    table, windows = split_windows(random_snapshots(1), target, settings, "time")
    assert windows.mode == "short"
    assert why in str(windows.why_short)
    assert list(windows.windows) == ["train", "test"]
    assert_apart(table, target.horizon, ["train", "test"])


def test_immature_and_decided_snapshots_lie_outside_every_window() -> None:
    table = random_snapshots(2)
    state = np.where(np.arange(len(table)) % 10 == 0, "immature", "mature").astype(object)
    state[5] = "decided"
    table = table.set_column(SNAPSHOTS.get_field_index("state"), "state", pa.array(state, pa.string()))
    labelled, windows = split_windows(table, WON, EASY, "time")
    for row in labelled.to_pylist():
        assert (row["state"] == "mature") == (row["window"] not in ("immature", "decided"))
    assert windows.outside["decided"] == 1


def test_rows_in_the_order_of_time_are_cut_into_blocks_without_gaps() -> None:
    rows = [{"lead_no": i, "row_number": i + 1, "converted": i % 2 == 0} for i in range(100)]
    table, windows = split_windows(table_of(rows), Target(stage="yes"), EASY, "rows")
    assert [windows.windows[name].snapshots for name in ("train", "calibrate", "test")] == [70, 15, 15]
    assert table["window"].to_pylist()[69:71] == ["train", "calibrate"]
    assert windows.outside == {}
    assert windows.train_until is None


def test_without_order_the_window_depends_on_the_id_alone() -> None:
    rows = [{"lead_no": i, "lead_id": f"deal-{i}", "converted": i % 2 == 0} for i in range(2000)]
    table, windows = split_windows(table_of(rows), Target(stage="yes"), EASY, "none")
    turned, _ = split_windows(table_of(rows[::-1][:1500]), Target(stage="yes"), EASY, "none")
    told = dict(zip(table["lead_id"].to_pylist(), table["window"].to_pylist(), strict=True))
    assert all(told[row["lead_id"]] == row["window"] for row in turned.to_pylist())
    assert windows.windows["train"].snapshots / 2000 == pytest.approx(0.70, abs=0.04)


def test_C16_no_mature_snapshot_is_refused() -> None:
    rows = [{"lead_no": 0, "as_of": START, "state": "immature", "converted": None}]
    with pytest.raises(DataContractError, match="0 mature snapshots of 1"):
        split_windows(table_of(rows), WON, EASY, "time")


def test_C17_leads_of_a_single_day_cannot_be_split() -> None:
    rows = [{"lead_no": i, "as_of": START, "converted": i % 2 == 0} for i in range(50)]
    with pytest.raises(DataContractError, match="no lead converts in the window train"):
        split_windows(table_of(rows), WON, EASY, "time")


def test_E01_E10_a_window_without_conversions_is_refused_with_its_dates() -> None:
    rows = [{"lead_no": i, "as_of": START + timedelta(days=i), "converted": i < 20} for i in range(100)]
    with pytest.raises(DataContractError, match="no lead converts in the window test") as refused:
        split_windows(table_of(rows), WON, EASY, "time")
    assert "2024-04" in str(refused.value)
    assert windows_say_json(random_snapshots(4))


def windows_say_json(table: pa.Table) -> bool:
    _, windows = split_windows(table, WON, EASY, "time")
    return type(windows).model_validate_json(windows.model_dump_json()) == windows and bool(windows.lines())


def accounts_on_two_sides(keep: str) -> set[int]:
    """Return the accounts, of two leads each, that more than one window holds."""
    table = random_snapshots(3, n_leads=400, n_days=400)
    accounts = pa.array(table["lead_no"].to_numpy() // 2)
    table = table.set_column(table.column_names.index("account_no"), "account_no", accounts)
    settings = Split(min_positives=1, keep=keep)  # type: ignore[arg-type]
    divided, windows = split_windows(table, WON, settings, "time")
    rows = divided.to_pylist()
    held = [{row["account_no"] for row in rows if row["window"] == name} for name in windows.windows]
    assert all(len(accounts) > 1 for accounts in held)
    return {
        account for place, accounts in enumerate(held) for later in held[place + 1 :] for account in accounts & later
    }


def test_E18_no_account_is_on_two_sides_where_accounts_are_kept_together() -> None:
    assert accounts_on_two_sides("accounts") == set()
    assert len(accounts_on_two_sides("leads")) > 10, "the same check must see them"


def test_E18_without_order_an_account_has_one_window() -> None:
    rows = [
        {"lead_no": lead, "account_no": lead // 5, "lead_id": f"l{lead}", "converted": lead % 2 == 0}
        for lead in range(400)
    ]
    divided, _ = split_windows(table_of(rows), WON, Split(min_positives=1, keep="accounts"), "none")
    of_account: dict[int, set[str]] = {}
    for row in divided.to_pylist():
        of_account.setdefault(row["account_no"], set()).add(row["window"])
    assert all(len(windows) == 1 for windows in of_account.values())
    assert "dropped" not in set(divided["window"].to_pylist())
