"""Runs, metrics and models in MLflow: a SQLite store beside the project, no telemetry, no pickle."""

import fcntl
import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.publish.store import OPTION, STORE, check_store, store_address
from predictive_scoring.stopping import undone_if_stopped
from predictive_scoring.storage import read_json, write_json

if TYPE_CHECKING:
    from mlflow import MlflowClient

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # with its own 7, a lost server costs minutes
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
ARTIFACTS = "mlruns"
T = TypeVar("T")


def client(project: Path) -> "MlflowClient":
    """Return a client of the store, whose tables exist.

    The first process makes the tables under a lock: two that do so at once leave a store broken for good.

    Raises
    ------
    SourceUnreachableError
        If the store cannot be used.
    """
    address = store_address(project)
    check_store(address)
    import mlflow  # noqa: PLC0415  (seconds to import; only those who track pay for it)

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it reports each table it makes
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    with (project / f".{STORE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return reached(lambda: _connected(address))


def _connected(address: str) -> "MlflowClient":
    from mlflow import MlflowClient  # noqa: PLC0415

    connected = MlflowClient(address, address)
    connected.search_experiments(max_results=1)
    return connected


def reached(action: Callable[[], T]) -> T:
    """Return what an action gives.

    Raises
    ------
    SourceUnreachableError
        If MLflow cannot do it.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        return action()
    except MlflowException as error:
        raise SourceUnreachableError(
            "the store of runs failed", found=str(error).splitlines()[0][:300], fix=f"see to it, {OPTION}"
        ) from error


@dataclass(frozen=True)
class Run:
    """A run in the store, open for writing; without an id it takes what is given and notes nothing."""

    project: Path
    run_id: str | None
    required: bool = True

    def _note(self, action: Callable[["MlflowClient", str], object]) -> None:
        """Write something; where tracking is not required, a store that fails now is said and no reason to stop."""
        if self.run_id is None:
            return
        run_id = self.run_id
        try:
            connected = client(self.project)
            reached(lambda: action(connected, run_id))
        except SourceUnreachableError as error:
            if self.required:
                raise
            _say_untracked(error)

    def log(self, *, params: Mapping[str, Any] | None = None, metrics: Mapping[str, Any] | None = None) -> None:
        """Write parameters and metrics; nested mappings become dotted names, what is no finite number is left out."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        flat = dict(flatten(metrics or {}))
        numbers = {key: float(value) for key, value in flat.items() if isinstance(value, (int, float, bool))}
        figures = [Metric(key, value, 0, 0) for key, value in numbers.items() if math.isfinite(value)]
        texts = [Param(key, str(value)[:500]) for key, value in flatten(params or {})]
        self._note(lambda connected, run_id: connected.log_batch(run_id, metrics=figures, params=texts))

    def tag(self, tags: Mapping[str, str]) -> None:
        """Write tags."""
        from mlflow.entities import RunTag  # noqa: PLC0415

        written = [RunTag(key, value) for key, value in tags.items()]
        self._note(lambda connected, run_id: connected.log_batch(run_id, tags=written))

    def trial(self, number: int, params: Mapping[str, Any], loss: float | None, ended: str) -> None:
        """Write a trial of a search as a run under this one."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID  # noqa: PLC0415

        def note(connected: "MlflowClient", run_id: str) -> None:
            experiment = connected.get_run(run_id).info.experiment_id
            tags = {MLFLOW_PARENT_RUN_ID: run_id, "ended": ended}
            under = connected.create_run(experiment, run_name=f"trial {number}", tags=tags).info.run_id
            figures = [] if loss is None else [Metric("held_out_log_loss", loss, 0, 0)]
            connected.log_batch(
                under, metrics=figures, params=[Param(key, str(value)) for key, value in params.items()]
            )
            connected.set_terminated(under, "FINISHED")

        self._note(note)

    def end(self, status: str) -> None:
        """Say how the run ended."""
        self._note(lambda connected, run_id: connected.set_terminated(run_id, status))

    def log_json(self, record: Mapping[str, Any], name: str) -> None:
        """Write a record as a JSON artifact."""
        self._note(lambda connected, run_id: connected.log_dict(run_id, dict(record), name))

    def log_figures(self, figures: Mapping[str, Any], under: str) -> None:
        """Write matplotlib figures as PNG."""
        for name, figure in figures.items():
            self._note(partial(_log_figure, figure=figure, place=f"{under}/{name}"))


def _log_figure(connected: "MlflowClient", run_id: str, *, figure: Any, place: str) -> None:
    connected.log_figure(run_id, figure, place)


@contextmanager
def tracked(
    target: str, experiment: str, *, new: bool = False, required: bool = True, project: Path = Path()
) -> Iterator[Run]:
    """Yield the run of a target's candidate: a new one, or the one that trained it, continued.

    The run ends as FINISHED, as KILLED if the process is told to stop, or as FAILED. Which run it was is noted in a
    file beside the models that is not an output of the pipeline: outputs must not vary.

    Parameters
    ----------
    required
        False: a store that cannot be used is said and noted, and the work goes on without one.

    Raises
    ------
    SourceUnreachableError
        If the store cannot be used and is required.
    """
    note = project / "models" / f"{target}.run.json"
    try:
        connected = client(project)
        run_id = reached(lambda: _opened(connected, note, experiment, new=new))
    except SourceUnreachableError as error:
        if required:
            raise
        _say_untracked(error)
        write_json(note, {"run_id": None, "tracking": "failed", "found": error.what})
        yield Run(project, None, required)
        return
    run = Run(project, run_id, required)
    with undone_if_stopped(lambda: connected.set_terminated(run_id, "KILLED")):
        yield from _until_the_end(run)


def _until_the_end(run: Run) -> Iterator[Run]:
    status = "FAILED"
    try:
        yield run
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        run.end(status)


def _opened(connected: "MlflowClient", note: Path, experiment: str, *, new: bool) -> str:
    """Return the id of the run that a note names, continued, or of a new one, noted."""
    run_id = None if new or not note.is_file() else read_json(note)["run_id"]
    if run_id is not None and _exists(connected, run_id):
        connected.update_run(run_id, status="RUNNING")
        return str(run_id)
    project, target = note.parent.parent, note.name.removesuffix(".run.json")
    created = connected.create_run(_experiment(connected, project, experiment), run_name=target)
    write_json(note, {"run_id": str(created.info.run_id)})
    return str(created.info.run_id)


def _say_untracked(error: SourceUnreachableError) -> None:
    logging.getLogger(__name__).warning("tracking: failed; this run is not noted in MLflow: %s", error)


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
