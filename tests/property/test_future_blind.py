"""A feature at `as_of` does not move when anything that happens or becomes known from then on is changed.

The guard is itself guarded: kernels with planted leaks must fail it. A mutated copy of the kernel's own text is run
without the compiler, so what is tested is the line that a careless edit would change.
"""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features_by_hand import ByHand
from history_builder import write_history
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.features import account_sweep, sweep
from predictive_scoring.features import compute as compute_module
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.snapshots.population import population_at
from random_history import ATTRIBUTES, START, random_rows

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))
SETTINGS = Features(windows_days=(7, 30), decay_days=(7,), min_kind_rows=1)
AS_OF = START + timedelta(days=75)
Rows = dict[str, list[dict[str, Any]]]


def known_at(row: dict[str, Any]) -> Any:
    """Return when a generated row became known."""
    return max(row["occurred_at"], row.get("recorded_at") or row["occurred_at"])


def with_another_future(rows: Rows, rng: np.random.Generator) -> Rows:
    """Return the rows with everything known at or after `AS_OF` dropped, altered or replaced by other rows."""
    other = random_rows(rng)
    changed: Rows = {"leads": [dict(row) for row in rows["leads"]], "accounts": rows["accounts"]}
    for table in ("activities", "outcomes"):
        past = [row for row in rows[table] if known_at(row) < AS_OF]
        future = [{**row, "kind": "page_view"} if table == "activities" else row for row in other[table]]
        late = [{**row, "recorded_at": AS_OF + timedelta(hours=int(rng.integers(0, 9)))} for row in other[table]]
        changed[table] = past + [row for row in future if known_at(row) >= AS_OF] + late
    for row in changed["leads"]:
        if row["budget__known_at"] >= AS_OF:
            row["budget"] = float(rng.integers(1000))
    return changed


def scored(folder: Path, rows: Rows, catalogue: Catalogue | None = None) -> tuple[list[dict[str, Any]], Catalogue]:
    """Return status and features of every lead at `AS_OF`."""
    history = write_history(folder, **rows, attributes=ATTRIBUTES)  # type: ignore[arg-type]
    catalogue = catalogue or declare(history, WON, AS_OF, SETTINGS)
    population = population_at(history, WON, Snapshots(max_age_days=80), AS_OF)
    features = compute(history, population, catalogue).to_pylist()
    status = population["status"].to_pylist()
    # A lead that does not exist yet may have features of any kind: it is never scored.
    pairs = zip(features, status, strict=True)
    return [{**row, "status": told} for row, told in pairs if told != "not_yet_created"], catalogue


def assert_blind(folder: Path, seed: int) -> None:
    """Compare a history with another that differs only in what was not known before `AS_OF`."""
    rng = np.random.default_rng(seed)
    rows = random_rows(rng)
    rows["activities"] += [  # something exactly at the instant, which must not be seen
        {"lead_id": row["lead_id"], "occurred_at": AS_OF, "kind": "page_view"} for row in rows["leads"]
    ]
    before, catalogue = scored(folder / "one", rows)
    other = with_another_future(rows, rng)
    after, _ = scored(folder / "two", other, catalogue)
    assert repr(before) == repr(after)
    again, _ = scored(folder / "two", other)
    assert repr(before) == repr(again), "the catalogue itself looked ahead"


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_C01_no_feature_and_no_status_sees_the_future(tmp_path: Path, seed: int) -> None:
    assert_blind(tmp_path, seed)


LEAKS = {
    "an activity at the very instant is counted": [
        ("events.known[event] < as_of", "events.known[event] <= as_of"),
        ("occurred[rows[upto]] < as_of", "occurred[rows[upto]] <= as_of"),
    ],
    "the record's clock is not read": [("events.known[event] < as_of", "events.occurred[event] < as_of")],
}


def planted(monkeypatch: pytest.MonkeyPatch, edits: list[tuple[str, str]]) -> None:
    """Run `compute` with edited kernels from here on."""
    whole = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (sweep, account_sweep))
    for old, _ in edits:
        assert old in whole, f"the kernels no longer hold {old!r}"
    for module, name in ((sweep, "sweep"), (account_sweep, "account_sweep")):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        for old, new in edits:
            text = text.replace(old, new)
        plain = re.sub(r"@njit\(.*\)\n", "", text).replace("from numba import njit\n", "")
        names: dict[str, Any] = {"__name__": f"mutated_{name}"}
        exec(compile(plain, f"mutated_{name}", "exec"), names)
        monkeypatch.setattr(compute_module, name, SimpleNamespace(**names))


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: str) -> None:
    planted(monkeypatch, LEAKS[leak])
    with pytest.raises(AssertionError, match=r"page_view|activity"):
        assert_blind(tmp_path, 1)


def test_the_uncompiled_kernel_without_a_leak_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, [])
    assert_blind(tmp_path, 1)


def colleagues_differ_from_the_loop(folder: Path) -> bool:
    rows = random_rows(np.random.default_rng(5))
    history = write_history(folder, **rows, attributes=ATTRIBUTES)  # type: ignore[arg-type]
    catalogue = declare(history, WON, AS_OF, SETTINGS)
    population = population_at(history, WON, Snapshots(), AS_OF)
    names = [name for name in catalogue.names if name.startswith("colleagues__")]
    by_hand = ByHand(history)
    expected = [by_hand.row(catalogue, lead, AS_OF) for lead in population["lead_no"].to_pylist()]
    found = compute(history, population, catalogue).select(names).to_pylist()
    return [{name: float(row[name]) for name in names} for row in expected] != found


def test_colleagues_that_include_the_lead_itself_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not colleagues_differ_from_the_loop(tmp_path / "right")
    planted(
        monkeypatch,
        [("spans.n_inside[track, a] - (0 if whole else own.counts[track, a, row])", "spans.n_inside[track, a]")],
    )
    assert colleagues_differ_from_the_loop(tmp_path / "wrong")


def test_F08_score_time_equals_training_time(tmp_path: Path) -> None:
    """The row computed for one instant, and for one lead alone, is the training row at that instant."""
    rows = random_rows(np.random.default_rng(11), n_leads=20, n_activities=300)
    history = write_history(
        tmp_path,
        **rows,
        attributes=ATTRIBUTES,
        observed_until=START + timedelta(days=130),  # type: ignore[arg-type]
    )
    policy = Snapshots(every_days=7, max_age_days=80)
    catalogue = declare(history, WON, AS_OF, SETTINGS)
    snapshots = training_snapshots(history, WON, policy)
    trained = compute(history, snapshots, catalogue).to_pylist()
    for as_of in sorted(set(snapshots["as_of"].to_pylist())):
        population = population_at(history, WON, policy, as_of)
        is_open = [status == "open" for status in population["status"].to_pylist()]
        looked_at = population.filter(is_open)
        at_once = compute(history, looked_at, catalogue).to_pylist()
        assert repr(at_once) == repr([row for row in trained if row["as_of"] == as_of])
        if len(looked_at):
            assert repr(compute(history, looked_at.slice(0, 1), catalogue).to_pylist()) == repr(at_once[:1])
