"""Scores back into the CRM, through the vendors' own clients, against a server on this machine."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from crm_server import Crm, crm_server
from finished_folder import finished_folder, lead
from predictive_scoring.cli.exporting import ExportJob, export_lines
from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.scoring import crm_sink
from predictive_scoring.storage import read_parquet

CRMS = ["hubspot", "salesforce"]
BATCH = {"hubspot": 100, "salesforce": 200}
GONE = {"hubspot": "OBJECT_NOT_FOUND", "salesforce": "ENTITY_IS_DELETED"}
TOKEN = "pat-na1-open-sesame"


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    with crm_server() as server:
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.address)
        monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", server.address)
        yield server


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let retries wait for no time, and note for how long they would have waited."""
    waits: list[float] = []
    own = SimpleNamespace(sleep=waits.append, time=time.time)  # other threads of this process sleep as they did
    monkeypatch.setattr("urllib3.util.retry.time", own)
    return waits


def export(folder: Path, to: str, **more: object) -> list[str]:
    return list(export_lines(ExportJob(folder, to, **more)))  # type: ignore[arg-type]


def many(folder: Path, n: int) -> Path:
    return finished_folder(folder, [lead(rank, f"L{rank:03d}") for rank in range(1, n + 1)], opted_out=("OUT",))


@pytest.mark.parametrize("to", CRMS)
def test_leads_go_in_batches_and_the_record_names_nobody(to: str, crm: Crm, tmp_path: Path) -> None:
    said = export(many(tmp_path / "scores", 250), to)
    sizes = [len(body.get("inputs", body.get("records"))) for body in crm.bodies]
    assert sizes == [100, 100, 50] if to == "hubspot" else sizes == [200, 50]
    assert len(crm.taken) == 250
    assert "OUT" not in crm.taken
    record = tmp_path / f"scores.{to}.parquet"
    assert said == [f"250 of 250 leads -> {to}; record: {record}"]
    noted = read_parquet(record).to_pydict()
    assert set(noted["status"]) == {"written"}
    assert set(noted["crm"]) == {to}
    assert "L001" not in str(noted)
    assert crm.tokens == {f"Bearer {TOKEN}"}


def test_the_fields_are_those_of_the_documentation(crm: Crm, tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(1, "L1")])
    export(folder, "hubspot", language="es")
    assert crm.taken["L1"] == {
        "predictive_score": "100",
        "predictive_grade": "A",
        "predictive_probability": "0.5",
        "predictive_rank": "1",
        "predictive_reasons": "↑ Pidió una demostración hace 3 días",
        "predictive_as_of": "2025-04-01T00:00:00+00:00",
    }
    crm.bodies.clear()
    export(folder, "salesforce")
    assert crm.taken["L1"] == {
        "attributes": {"type": "Lead"},
        "Id": "L1",
        "Predictive_Score__c": 100,
        "Predictive_Grade__c": "A",
        "Predictive_Probability__c": 0.5,
        "Predictive_Rank__c": 1,
        "Predictive_Reasons__c": "↑ Asked for a demo 3 days ago",
        "Predictive_As_Of__c": "2025-04-01T00:00:00+00:00",
    }


@pytest.mark.parametrize("to", CRMS)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_crm_is_asked_again_after_the_time_it_names(
    to: str, status: int, crm: Crm, at_once: list[float], tmp_path: Path
) -> None:
    crm.failures += [(status, {"Retry-After": "7"}), (status, {"Retry-After": "2"})]
    export(many(tmp_path / "scores", 3), to)
    assert len(crm.taken) == 3
    assert [wait for wait in at_once if wait] == [7, 2]


@pytest.mark.parametrize("to", CRMS)
def test_planted_without_retries_the_first_busy_answer_loses_the_batch(
    to: str, crm: Crm, at_once: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_sink, "N_RETRIES", 0)
    crm.failures.append((503, {}))
    with pytest.raises(SourceUnreachableError, match="3 leads were not taken"):
        export(many(tmp_path / "scores", 3), to)


@pytest.mark.parametrize("to", CRMS)
def test_a_batch_that_fails_to_the_end_is_recorded_and_the_next_is_written(
    to: str, crm: Crm, at_once: list[float], tmp_path: Path
) -> None:
    crm.failures += [(503, {})] * (crm_sink.N_RETRIES + 1)
    with pytest.raises(SourceUnreachableError, match=f"{BATCH[to]} leads were not taken") as failed:
        export(many(tmp_path / "scores", BATCH[to] + 5), to)
    assert failed.value.exit_code == 6
    noted = read_parquet(tmp_path / f"scores.{to}.parquet").to_pydict()
    assert noted["status"] == ["failed"] * BATCH[to] + ["written"] * 5
    assert set(noted["why"][: BATCH[to]]) == {"HTTP 503"}


@pytest.mark.parametrize("to", CRMS)
def test_a_lead_that_the_crm_does_not_have_fails_alone(to: str, crm: Crm, tmp_path: Path) -> None:
    crm.unknown = {"L002"}
    with pytest.raises(SourceUnreachableError, match="1 leads were not taken"):
        export(many(tmp_path / "scores", 3), to)
    noted = read_parquet(tmp_path / f"scores.{to}.parquet").to_pydict()
    assert noted["status"] == ["written", "failed", "written"]
    assert noted["why"] == [None, GONE[to], None]


@pytest.mark.parametrize("to", CRMS)
def test_I08_a_refused_token_stops_at_once_and_is_in_no_message(
    to: str, crm: Crm, at_once: list[float], tmp_path: Path
) -> None:
    crm.failures += [(401, {})] * 9
    with pytest.raises(SourceUnreachableError, match="access denied") as refused:
        export(many(tmp_path / "scores", 450), to)
    assert TOKEN not in str(refused.value)
    assert refused.value.__cause__ is None
    assert len(crm.failures) == 8  # one request, not one a batch
    assert read_parquet(tmp_path / f"scores.{to}.parquet").num_rows == 0


@pytest.mark.parametrize("to", CRMS)
def test_credentials_that_are_missing_are_named(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUBSPOT_ACCESS_TOKEN", "SALESFORCE_ACCESS_TOKEN", "SALESFORCE_INSTANCE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=f"{to.upper()}_ACCESS_TOKEN"):
        export(many(tmp_path / "scores", 1), to)
    assert not (tmp_path / f"scores.{to}.parquet").exists()  # nothing was tried, so nothing is on record
