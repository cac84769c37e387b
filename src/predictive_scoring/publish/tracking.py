"""Runs, metrics and models in MLflow: a SQLite store beside the project, no telemetry, no pickle."""

import fcntl
import logging
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predictive_scoring.storage import read_json, write_json

if TYPE_CHECKING:
    from mlflow import MlflowClient

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
STORE = "mlflow.db"
ARTIFACTS = "mlruns"


def store_address(project: Path) -> str:
    """Return where runs are kept: the variable MLFLOW_TRACKING_URI if it is set, else SQLite in the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(project / STORE).resolve()}"


def client(project: Path) -> "MlflowClient":
    """Return a client of the store, whose tables exist.

    The first process makes the tables under a lock: two that do so at once leave a store broken for good.
    """
    import mlflow  # noqa: PLC0415  (seconds to import; only those who track pay for it)

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it reports each table it makes
    address = store_address(project)
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    with (project / f".{STORE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connected = mlflow.MlflowClient(address, address)
        connected.search_experiments(max_results=1)
    return connected


@dataclass(frozen=True)
class Run:
    """A run in the store, open for writing."""

    project: Path
    run_id: str

    def log(self, *, params: Mapping[str, Any] | None = None, metrics: Mapping[str, Any] | None = None) -> None:
        """Write parameters and metrics; nested mappings become dotted names, what is no finite number is left out."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        flat = dict(flatten(metrics or {}))
        numbers = {key: float(value) for key, value in flat.items() if isinstance(value, (int, float, bool))}
        connected = client(self.project)
        connected.log_batch(
            self.run_id,
            metrics=[Metric(key, value, 0, 0) for key, value in numbers.items() if math.isfinite(value)],
            params=[Param(key, str(value)[:500]) for key, value in flatten(params or {})],
        )

    def tag(self, tags: Mapping[str, str]) -> None:
        """Write tags."""
        from mlflow.entities import RunTag  # noqa: PLC0415

        client(self.project).log_batch(self.run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    def log_json(self, record: Mapping[str, Any], name: str) -> None:
        """Write a record as a JSON artifact."""
        client(self.project).log_dict(self.run_id, dict(record), name)

    def log_figures(self, figures: Mapping[str, Any], under: str) -> None:
        """Write matplotlib figures as PNG."""
        connected = client(self.project)
        for name, figure in figures.items():
            connected.log_figure(self.run_id, figure, f"{under}/{name}")


@contextmanager
def tracked(target: str, experiment: str, *, new: bool = False, project: Path = Path()) -> Iterator[Run]:
    """Yield the run of a target's candidate: a new one, or the one that trained it, continued.

    The run ends as FINISHED, as KILLED if the process is told to stop, or as FAILED. Which run it was is noted in a
    file beside the models that is not an output of the pipeline: outputs must not vary.
    """
    connected = client(project)
    note = project / "models" / f"{target}.run.json"
    run_id = None if new or not note.is_file() else str(read_json(note)["run_id"])
    if run_id is not None and _exists(connected, run_id):
        connected.update_run(run_id, status="RUNNING")
    else:
        run_id = str(connected.create_run(_experiment(connected, project, experiment), run_name=target).info.run_id)
        write_json(note, {"run_id": run_id})
    status = "FAILED"
    try:
        yield Run(project, run_id)
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        connected.set_terminated(run_id, status)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield leaf values under dotted names.

    Examples
    --------
    >>> dict(flatten({"auc": {"value": 0.7, "low": 0.6}}))
    {'auc.value': 0.7, 'auc.low': 0.6}
    """
    for key, value in tree.items():
        name = f"{prefix}{key}".replace("%", "pct")
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}.")
        elif value is not None and not isinstance(value, (list, tuple)):
            yield name, value


def _exists(connected: "MlflowClient", run_id: str) -> bool:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        connected.get_run(run_id)
    except MlflowException:
        return False
    return True


def _experiment(connected: "MlflowClient", project: Path, name: str) -> str:
    found = connected.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(connected.create_experiment(name, artifact_location=(project / ARTIFACTS).resolve().as_uri()))
