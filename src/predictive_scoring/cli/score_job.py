"""What `score` does and says."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from predictive_scoring.cli.progress import LogFormat, progress, say
from predictive_scoring.cli.scoring import opened, reading
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.params import load_params
from predictive_scoring.config.score import Score
from predictive_scoring.errors import PredictiveScoringError
from predictive_scoring.project.machine import in_words
from predictive_scoring.project.signals import STOPPED
from predictive_scoring.scoring.changes import Previous
from predictive_scoring.scoring.grading import AGREEMENT, agreed_grading
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.scoring.measures import OnRows, Stopwatch
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.run_key import manifest_of
from predictive_scoring.scoring.summary import ScoringSummary
from predictive_scoring.scoring.write import Run, refuse_other_things
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import scratch_beside, sole_writer


@dataclass(frozen=True)
class ScoreJob:
    """What is asked of `score`."""

    model: str
    source: Path
    as_of: str
    wish: Wish
    metrics: Path | None = None
    log_format: LogFormat = "auto"
    as_json: bool = False
    agreement: Path = AGREEMENT  # it need not be there
    since: Path | None = None  # an earlier run's folder of scores


def score_lines(job: ScoreJob) -> Iterator[str]:
    """Write the folder of scores and yield the row accounting."""
    folder = job.wish.folder
    with _measured(job), progress(job.log_format) as on_rows:
        summary = _score(job, on_rows)
    if job.log_format == "json":
        say(
            "done", already_done=summary.already_done, rows=summary.rows(), **(manifest_of(folder) or {}).get("run", {})
        )
    if job.as_json:
        yield json.dumps({"already_done": summary.already_done, **(manifest_of(folder) or {})})
        return
    yield from summary.lines()
    yield f"next: predictive-scoring report --scores {folder} --lang en --out report.html"


def _score(job: ScoreJob, on_rows: OnRows) -> ScoringSummary:
    """Lock first, so that a folder that cannot be written, or is being written, is known before any work."""
    folder, watch, started_at = job.wish.folder, Stopwatch(), datetime.now(UTC)
    refuse_other_things(folder)
    with sole_writer(folder), scratch_beside(folder) as scratch:
        with watch.part("open"):
            bundle = opened(job.model)
        with watch.part("read"):
            history = extract(job.source, scratch / "history", reading(bundle))
        as_of = as_of_instant(job.as_of, history)
        work, engine = _settings()
        grading = agreed_grading(job.agreement, as_of)
        run = Run(bundle, history, as_of, work.batch_rows, grading, work=work, engine=engine, started_at=started_at)
        since = Previous.load(job.since, bundle, as_of) if job.since else None
        return run_scoring(replace(run, watch=watch, on_rows=on_rows, since=since), job.wish)


def _settings() -> tuple[Score, Engine]:
    """Return how the project wants to score, and where; outside of a project, as by default."""
    project = Path("params.yaml")
    if not project.is_file():
        return Score(), Engine()
    params = load_params(project)
    return params.score, params.engine


@contextmanager
def _measured(job: ScoreJob) -> Iterator[None]:
    """Write the metrics, if asked, however the run ends; a failure to do so never hides that of the run."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            _write_metrics(job, _exit_code(error))
        raise
    _write_metrics(job, 0)


def _exit_code(error: BaseException) -> int:
    refusal = in_words(error) if isinstance(error, (OSError, MemoryError)) else error
    if isinstance(refusal, PredictiveScoringError):
        return refusal.exit_code
    if isinstance(error, KeyboardInterrupt):
        return STOPPED + int(*error.args or (signal.SIGINT,))  # the listener says which signal it was
    return 1


def _write_metrics(job: ScoreJob, exit_code: int) -> None:
    from predictive_scoring.scoring.metrics import write_metrics  # noqa: PLC0415  (only who asks pays for the import)

    if job.metrics is not None:
        write_metrics(job.metrics, exit_code=exit_code, manifest=None if exit_code else manifest_of(job.wish.folder))
