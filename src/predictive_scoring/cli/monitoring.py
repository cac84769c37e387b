"""What `monitor` does and says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from predictive_scoring.cli.scoring import opened, reading
from predictive_scoring.config.monitor import Monitor
from predictive_scoring.config.params import load_params
from predictive_scoring.config.tracking import Tracking
from predictive_scoring.monitor.page import headline
from predictive_scoring.monitor.record import PAGE, raise_alarms, row_of, write_watch
from predictive_scoring.monitor.runs import load_runs
from predictive_scoring.monitor.today import reference_of
from predictive_scoring.monitor.watch import Watch, watch
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder

PARAMS = Path("params.yaml")


@dataclass(frozen=True)
class MonitorJob:
    """What the command line asks for."""

    model: str
    source: Path
    scores: list[Path]
    as_of: str | None  # None: the instant of the latest scores, or the end of the history if there are none
    out: Path
    track: bool  # note the figures in MLflow too
    as_json: bool


def monitor_lines(job: MonitorJob) -> Iterator[str]:
    """Write the report, the page and the history; yield the verdict; raise if the scheduler must know."""
    bundle = opened(job.model)
    reference_of(bundle)  # refused before anything is read
    runs = load_runs(job.scores, bundle.terms.target_name)
    params = load_params(PARAMS) if PARAMS.is_file() else None
    settings = params.monitor if params else Monitor()
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", reading(bundle))
        instant = runs[-1].as_of if job.as_of is None and runs else as_of_instant(job.as_of or "latest", history)
        found = watch(bundle, history, runs, instant, settings)
    write_watch(found, job.out)
    if job.track:
        _note_in_mlflow(found, (params.tracking if params else Tracking()).experiment)
    if job.as_json:
        yield json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    else:
        yield from headline(found)
        yield str(job.out / PAGE)
    raise_alarms(found, settings)


def _note_in_mlflow(found: Watch, experiment: str) -> None:
    from predictive_scoring.publish.figures_over_time import note_figures  # noqa: PLC0415  (imports MLflow)

    row = row_of(found)
    tags = {name: str(row.pop(name)) for name in ("as_of", "target", "model_version")}
    note_figures(Path(), f"{experiment}/monitor", found.target, tags, row)
