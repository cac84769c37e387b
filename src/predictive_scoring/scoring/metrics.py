"""A run's figures in Prometheus' text form, for the node exporter's textfile collector."""

import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from predictive_scoring.storage import SHARED, write_text

PREFIX = "predictive_scoring_"
LAST_SUCCESS = f"{PREFIX}last_success_timestamp_seconds"


def write_metrics(path: Path, *, exit_code: int, manifest: dict[str, Any] | None) -> None:
    """Write a run's figures, whole or not at all, readable by others: there is nothing of a lead in them.

    Parameters
    ----------
    exit_code
        How the run ended. One that failed keeps the instant of the last success that the file had, so that an alarm
        on its age goes off.
    manifest
        That of the scores, or None if the run failed.
    """
    registry = CollectorRegistry()
    now = time.time()
    succeeded_at = now if exit_code == 0 else _last_success(path)
    _gauge(registry, "last_run_exit_code", "Exit code of the last run.", exit_code)
    _gauge(registry, "last_run_timestamp_seconds", "When the last run ended.", now)
    if succeeded_at is not None:
        _gauge(registry, "last_success_timestamp_seconds", "When a run last ended well.", succeeded_at)
    if manifest is not None:
        _run_gauges(registry, manifest)
    write_text(path, generate_latest(registry).decode(), mode=SHARED)


def _run_gauges(registry: CollectorRegistry, manifest: dict[str, Any]) -> None:
    rows, run = manifest["rows"], manifest["run"]
    leads = Gauge(f"{PREFIX}leads", "Leads of the last run, by what became of them.", ["state"], registry=registry)
    for state in ("read", "scored", "identical_duplicates", "left_out"):
        leads.labels(state).set(rows[state])
    for state in ("not_scored", "quarantined"):
        leads.labels(state).set(sum(rows[state].values()))
    seconds = Gauge(f"{PREFIX}seconds", "Seconds of the last run, by part.", ["part"], registry=registry)
    for part, value in run["seconds"].items():
        seconds.labels(part).set(value)
    _gauge(registry, "peak_memory_bytes", "Most memory that the last run held.", run["peak_memory_mb"] * 1e6)


def _gauge(registry: CollectorRegistry, name: str, help_text: str, value: float) -> None:
    Gauge(f"{PREFIX}{name}", help_text, registry=registry).set(value)


def _last_success(path: Path) -> float | None:
    try:
        families = [*text_string_to_metric_families(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return None
    values = [sample.value for family in families for sample in family.samples if sample.name == LAST_SUCCESS]
    return values[0] if values else None
