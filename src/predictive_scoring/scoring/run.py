"""A scoring job: done once for the same model, history and instant, and one at a time for a folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.scoring.latest import point_latest
from predictive_scoring.scoring.run_key import holds, manifest_of
from predictive_scoring.scoring.skew import refuse_skew
from predictive_scoring.scoring.summary import ScoringSummary, summary_of
from predictive_scoring.scoring.unseen import refuse_unseen
from predictive_scoring.scoring.write import Run, replace_scores


@dataclass(frozen=True)
class Wish:
    """Where the scores go, and how."""

    folder: Path
    force: bool = False  # again, though the same run was done
    latest: bool = False  # move the pointer beside the folder


def run_scoring(run: Run, wish: Wish) -> ScoringSummary:
    """Score unless the folder holds the same run's scores, whole; then see to the pointer. The caller holds the lock.

    The pointer is moved after the folder has its name. A run killed between the two leaves it behind; the next run,
    also one that finds all done, puts it right.

    Raises
    ------
    ConfigurationError
        If changes are asked for where the engine is Spark.
    BundleRefusedError
        If the model is older than the settings allow.
    DataContractError
        If most leads have values that the model does not know, or features of the past are not what they were.
    """
    _refuse_changes_on_spark(run)
    run.bundle.refuse_if_older(run.as_of, run.work.max_model_age_days)
    summary = None if wish.force else _done(run, wish.folder)
    if summary is None:
        refuse_unseen(run.bundle, run.history, run.as_of, run.work.max_unseen_share)
        skew = refuse_skew(run.bundle, run.history, run.work.max_skew_share)
        summary = replace_scores(replace(run, skew=skew), wish.folder)
    if wish.latest:
        point_latest(wish.folder)
    return summary


def _refuse_changes_on_spark(run: Run) -> None:
    """Refuse to tell changes where the engine is Spark: the way from then to now is walked on one machine."""
    if run.since is not None and run.engine.name == "spark":
        raise ConfigurationError(
            "--since: what changed is computed on one machine, and this project's engine is spark",
            fix="score without --since, or with engine: {name: duckdb} where the history fits on this machine",
        )


def _done(run: Run, folder: Path) -> ScoringSummary | None:
    manifest = manifest_of(folder)
    return summary_of(folder, manifest) if manifest and holds(folder, run.key) else None
