"""A feature at `as_of` does not move when anything that happens or becomes known from then on is changed.

Many small companies lie in one history, so a thousand examples take a few computations. The guard is itself guarded:
code with planted leaks must fail it. A mutated copy of a module's own text is run, kernels without the compiler, so
what is tested is the line that a careless edit would change.
"""

import re
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from every_feature import EVERY_FEATURE
from features_by_hand import ByHand
from history_builder import write_history
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.features import account_sweep, evidence, looks, lookup, standing, sweep
from predictive_scoring.features import catalogue as catalogue_module
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
MICROSECOND = timedelta(microseconds=1)
N_COMPANIES, N_WORLDS = 50, 24  # examples in one computation, and computations: 1,200 examples
Rows = dict[str, list[dict[str, Any]]]


def known_at(row: dict[str, Any]) -> Any:
    """Return when a generated row became known."""
    return max(row["occurred_at"], row.get("recorded_at") or row["occurred_at"])


def company(seed: int, name: str) -> tuple[Rows, Rows]:
    """Return the rows of a few leads and accounts, and the same with another future."""
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, n_leads=4, n_activities=24)
    for row in rows["leads"]:
        at_once = {"lead_id": row["lead_id"], "kind": "page_view", "direction": "inbound", "topic": "t3"}
        rows["activities"] += [  # exactly at the instant, and just before it but on record only then
            {**at_once, "occurred_at": AS_OF},
            {**at_once, "occurred_at": AS_OF - MICROSECOND, "recorded_at": AS_OF},
            {**at_once, "occurred_at": AS_OF - timedelta(days=30), "kind": "email_open", "direction": "outbound"},
        ]
    other = with_another_future(rows, rng)
    return named(rows, name), named(other, name)


def named(rows: Rows, name: str) -> Rows:
    """Return the rows under ids of their own."""
    ids = ("lead_id", "account_id")
    return {
        table: [{k: f"{name}-{v}" if k in ids and v else v for k, v in row.items()} for row in some]
        for table, some in rows.items()
    }


def with_another_future(rows: Rows, rng: np.random.Generator) -> Rows:
    """Return the rows with everything known at or after `AS_OF` dropped, altered or replaced by other rows."""
    other = random_rows(rng, n_leads=4, n_activities=24)
    changed: Rows = {"leads": [dict(row) for row in rows["leads"]], "accounts": rows["accounts"]}
    for table in ("activities", "outcomes"):
        past = [row for row in rows[table] if known_at(row) < AS_OF]
        future = [{**row, "kind": "page_view"} if table == "activities" else row for row in other[table]]
        late = [{**row, "recorded_at": AS_OF + timedelta(hours=int(rng.integers(0, 9)))} for row in other[table]]
        changed[table] = past + [row for row in future if known_at(row) >= AS_OF] + late
    new = {"lead_id": rows["leads"][0]["lead_id"], "kind": "brand_new", "topic": "tomorrow", "recorded_at": AS_OF}
    changed["activities"] += [{**new, "occurred_at": AS_OF - timedelta(hours=hour)} for hour in range(40)]
    for row in changed["leads"]:
        if row["budget__known_at"] >= AS_OF:
            row["budget"] = float(rng.integers(1000))
    newcomer = {**changed["leads"][0], "lead_id": "newcomer", "account_id": "a0", "created_at": AS_OF}
    changed["leads"].append(newcomer)
    return changed


def scored(folder: Path, rows: Rows, catalogue: Catalogue | None = None) -> tuple[dict[str, dict[str, Any]], Catalogue]:
    """Return status and features of every lead at `AS_OF`, by its id."""
    history = write_history(folder, **rows, attributes=ATTRIBUTES)  # type: ignore[arg-type]
    catalogue = catalogue or declare(history, WON, AS_OF, EVERY_FEATURE)
    population = population_at(history, WON, Snapshots(max_age_days=80), AS_OF)
    features = compute(history, population, catalogue).to_pylist()
    status = population["status"].to_pylist()
    # A lead that does not exist yet may have features of any kind: it is never scored.
    pairs = zip(features, status, strict=True)
    return {row["lead_id"]: {**row, "status": told} for row, told in pairs if told != "not_yet_created"}, catalogue


def assert_blind(folder: Path, seeds: Iterable[int]) -> None:
    """Compare a history of many companies with another that differs only in what was not known before `AS_OF`."""
    one: Rows = {"leads": [], "accounts": [], "activities": [], "outcomes": []}
    two: Rows = {table: [] for table in one}
    for place, seed in enumerate(seeds):
        for whole, part in zip((one, two), company(seed, f"c{place}"), strict=True):
            for table, some in part.items():
                whole[table].extend(some)
    before, catalogue = scored(folder / "one", one)
    after, _ = scored(folder / "two", two, catalogue)
    assert before.keys() == after.keys()
    for lead, row in before.items():
        moved = {
            name: (value, after[lead][name]) for name, value in row.items() if repr(value) != repr(after[lead][name])
        }
        assert not moved, f"{lead} saw the future: {moved}"
    _, again = scored(folder / "two", two)
    assert again == catalogue, "the catalogue itself looked ahead"


@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=N_COMPANIES, max_size=N_COMPANIES))
@settings(max_examples=N_WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
def test_C01_future_blind_no_feature_and_no_status_sees_the_future(tmp_path: Path, seeds: list[int]) -> None:
    assert_blind(tmp_path, seeds)


CLOCK = "events.known[event] < as_of"
UNTOLD = "            if not events.known[event] < as_of:\n                continue\n"
ANSWER = "answer_here = events.occurred[event] if events.direction[event] == 0 else answer_here"
LEAKS: dict[str, tuple[ModuleType, list[tuple[str, str]]]] = {
    "what is on record at the very instant is counted": (sweep, [(CLOCK, CLOCK.replace("<", "<="))]),
    "windows are closed at both ends": (
        sweep,
        [(CLOCK, CLOCK.replace("<", "<=")), ("occurred[rows[upto]] < as_of", "occurred[rows[upto]] <= as_of")],
    ),
    "the record's clock is not read": (sweep, [(CLOCK, "events.occurred[event] < as_of")]),
    "a reply is credited before it is on record": (
        sweep,
        [(UNTOLD, UNTOLD.replace("continue", ANSWER + "\n                continue"))],
    ),
    "colleagues are counted at the very instant": (account_sweep, [(CLOCK, CLOCK.replace("<", "<="))]),
    "the account's total includes what the lead does later": (account_sweep, [(f" and {CLOCK}", "")]),
    "stages and colleagues are known at the very instant": (lookup, [("as_of[i])", 'as_of[i], side="right")')]),
    "an attribute is read before it was written": (
        standing,
        [("since[looks.lead_no] < looks.as_of", "looks.as_of < NEVER")],
    ),
    "colleagues to come are counted": (
        standing,
        [("creations.count(looks.account_no, looks.as_of)", "creations.count(looks.account_no, looks.as_of + 1)")],
    ),
    "the topics were chosen with later data": (
        evidence,
        [('_add_counts(counted.topics, rows["topic"])', '_add_counts(counted.topics, batch["topic"])')],
    ),
    "the kinds were chosen with later data": (evidence, [("< limit)\n        rows", "< limit * 2)\n        rows")]),
}
KERNELS = ("sweep", "account_sweep", "lookup")
USERS: dict[ModuleType, tuple[ModuleType, str]] = {  # who uses a module or a function of it, under which name
    sweep: (compute_module, "sweep"),
    account_sweep: (compute_module, "account_sweep"),
    lookup: (looks, "lookup"),
    standing: (compute_module, "readers"),
    evidence: (catalogue_module, "gather"),
}


def planted(monkeypatch: pytest.MonkeyPatch, module: ModuleType, edits: list[tuple[str, str]]) -> None:
    """Run an edited copy of a module from here on."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{module.__name__} no longer holds {old!r}"
        text = text.replace(old, new)
    text = re.sub(r"@njit\(.*\)\n", "", text).replace("from numba import njit\n", "")
    mutated = ModuleType(f"mutated_{module.__name__.rsplit('.', 1)[1]}")
    monkeypatch.setitem(sys.modules, mutated.__name__, mutated)  # where dataclasses look for it
    exec(compile(text, mutated.__name__, "exec"), mutated.__dict__)
    user, name = USERS[module]
    monkeypatch.setattr(user, name, mutated if name in KERNELS else getattr(mutated, name))


@pytest.mark.parametrize("leak", LEAKS)
def test_future_blind_catches_a_planted_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: str) -> None:
    planted(monkeypatch, *LEAKS[leak])
    with pytest.raises(AssertionError, match=r"saw the future|looked ahead"):
        assert_blind(tmp_path, range(20))


@pytest.mark.parametrize("module", USERS, ids=lambda module: module.__name__.rsplit(".", 1)[1])
def test_future_blind_passes_on_a_copy_without_a_leak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    planted(monkeypatch, module, [])
    assert_blind(tmp_path, range(20))


def colleagues_differ_from_the_loop(folder: Path) -> bool:
    rows = random_rows(np.random.default_rng(5))
    history = write_history(folder, **rows, attributes=ATTRIBUTES)  # type: ignore[arg-type]
    catalogue = declare(history, WON, AS_OF, SETTINGS)
    population = population_at(history, WON, Snapshots(), AS_OF)
    names = [name for name in catalogue.names if name.startswith("colleagues__count")]
    by_hand = ByHand(history)
    expected = [by_hand.row(catalogue, lead, AS_OF) for lead in population["lead_no"].to_pylist()]
    found = compute(history, population, catalogue).select(names).to_pylist()
    return [{name: float(row[name]) for name in names} for row in expected] != found


def test_colleagues_that_include_the_lead_itself_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not colleagues_differ_from_the_loop(tmp_path / "right")
    planted(
        monkeypatch,
        account_sweep,
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
