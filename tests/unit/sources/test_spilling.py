"""A history larger than the memory the engine may take lies on disk for the time being, and comes out the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from source_builder import write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import MachineError
from predictive_scoring.sources.extract import extract

N_ACTIVITIES, N_LEADS = 300_000, 15_000
ROOMY_GB, TIGHT_GB = 4.0, 0.05
LEADS = {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at", "account_id": "account"}}
ACTIVITIES = {
    "path": "activities.csv",
    "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind", "topic": "on"},
}
WHOLE = {"read": {"footer": "Total"}}  # where it ends is known at its end: the text is kept in the engine until then
OUTCOMES = {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    leads = (f"L{i:05},2024-01-01,A{i // 5:05}\n" for i in range(N_LEADS))
    activities = (
        f"L{i * 7919 % N_LEADS:05},2024-02-{1 + i % 28:02} {i % 24:02}:{i % 60:02},{'call' if i % 3 else 'visit'},"
        f"subject {i}\n"
        for i in range(N_ACTIVITIES)
    )
    files = {
        "leads.csv": "".join(["id,at,account\n", *leads]),
        "activities.csv": "".join(["id,at,kind,on\n", *activities, "Total,,,\n"]),
        "outcomes.csv": "id,at,stage\nL00001,2024-03-01,won\n",
    }
    tables = {"leads": LEADS, "activities": {**ACTIVITIES, **WHOLE}, "outcomes": OUTCOMES}
    return write_source(tmp_path_factory.mktemp("large"), tables, files)


@pytest.fixture
def spilled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the bytes of the engine's own files on disk, after each statement that left any."""
    found: list[int] = []
    plain = Engine.execute

    def watched(engine: Engine, statement: str) -> None:
        plain(engine, statement)
        if n_bytes := engine.scalar("select sum(size) from duckdb_temporary_files()"):
            found.append(n_bytes)

    monkeypatch.setattr(Engine, "execute", watched)
    return found


def history_within(memory_limit_gb: float, source: Path, folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of the history; the limit may be lower than a project can declare."""
    limits = {**dict(Extract()), "memory_limit_gb": memory_limit_gb}
    history = extract(source, folder, Extract.model_construct(**limits))
    assert history.facts.rows["activities"].kept == N_ACTIVITIES
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_beyond_its_limit_the_engine_spills_and_the_history_is_the_same_bytes(
    source: Path, tmp_path: Path, spilled: list[int]
) -> None:
    roomy = history_within(ROOMY_GB, source, tmp_path / "roomy")
    assert spilled == [], "the larger limit is to be the one that needs no disk"
    assert history_within(TIGHT_GB, source, tmp_path / "tight") == roomy
    assert max(spilled) > 5_000_000


def test_planted_bug_an_engine_that_may_not_spill_does_not_finish(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without this the test above could pass because the limit was never reached."""
    monkeypatch.setattr(Engine, "execute", without_a_disk(Engine.execute))
    with pytest.raises(MachineError, match=rf"needs more memory than {TIGHT_GB} GB"):
        history_within(TIGHT_GB, source, tmp_path / "tight")


def without_a_disk(plain: Callable[[Engine, str], None]) -> Callable[[Engine, str], None]:
    """Return an `execute` for engines that keep nothing on disk."""

    def execute(engine: Engine, statement: str) -> None:
        if "create table quarantine" in statement:  # the first that extract says
            plain(engine, "set temp_directory = ''")
        plain(engine, statement)

    return execute
