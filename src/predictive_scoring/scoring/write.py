"""A folder of scores that appears whole or not at all, its manifest written last."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from predictive_scoring import __version__
from predictive_scoring.agreement.definition import Grading
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.regions import language_of, regions_of
from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import joined
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.background import BACKGROUND, Scored, background
from predictive_scoring.scoring.batches import Manner
from predictive_scoring.scoring.changes import CHANGES, Change, Previous
from predictive_scoring.scoring.context import CONTEXT, context
from predictive_scoring.scoring.cut_tables import cut_tables
from predictive_scoring.scoring.describe import describe, notes_of
from predictive_scoring.scoring.dimensions import dimensions
from predictive_scoring.scoring.grading import cut_offs
from predictive_scoring.scoring.job import BATCH_ROWS, score_history
from predictive_scoring.scoring.measures import OnRows, Stopwatch, peak_memory_mb, versions
from predictive_scoring.scoring.run_key import MANIFEST, run_key
from predictive_scoring.scoring.schema import CHANGES_FILE, WHAT_IF, scores_schema
from predictive_scoring.scoring.skew import Skew
from predictive_scoring.scoring.summary import ScoringSummary
from predictive_scoring.scoring.what_if import looks_at, what_if
from predictive_scoring.scoring.worklist import COLUMNS as WORKLIST_COLUMNS
from predictive_scoring.scoring.worklist import WORKLIST, worklist
from predictive_scoring.storage import (
    PRIVATE,
    draft_of,
    read_parquet,
    scratch_beside,
    sha256_of,
    sole_writer,
    write_json,
    write_parquet,
)

OF_REASONS = (WHAT_IF, CHANGES_FILE)
FILES = frozenset(
    {"scores.parquet", "not_scored.parquet", WORKLIST, "about.json", CONTEXT, BACKGROUND, *OF_REASONS, MANIFEST}
)


@dataclass(frozen=True)
class Run:
    """One scoring of one history."""

    bundle: Bundle
    history: History
    as_of: datetime
    batch_rows: int = BATCH_ROWS
    grading: Grading | None = None  # what the two teams agreed the letters mean; None: what the bundle says
    settings: dict[str, Any] = field(default_factory=dict)  # what else changes the scores
    work: Score = field(default_factory=Score)  # languages, threads, and whom to work: without a share by lot, no list
    engine: Engine = field(default_factory=Engine)  # who computes: the scores are the same, so it is not in the key
    skew: Skew | None = None  # what became of the check for it
    watch: Stopwatch = field(default_factory=Stopwatch)
    on_rows: OnRows = lambda _part, _n_done, _n_rows: None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    since: Previous | None = None  # the run from which changes are told; None: no changes are written

    @property
    def manner(self) -> Manner:
        """How to score, as the settings say."""
        languages = tuple(language_of(tag) for tag in self.work.languages)
        return Manner(languages, self.work.n_threads, self.grading, engine=self.engine, rank_by=self.work.rank_by)

    @property
    def key(self) -> str:
        """The key of the run: equal keys, equal scores."""
        drawn = self.work.model_dump(include={"worklist_length", "explore_share", "explore_seed"})
        behind = self.work.model_dump(include={"context_leads", "channel", "segment"})
        settings = {
            "languages": self.work.languages, "worklist": drawn, "behind": behind, **self._agreed, **self.settings,
        }  # fmt: skip
        settings |= {"possible": self.work.model_dump(include={"what_if_leads", "actionable"})}
        settings |= {"since": self.since.key} if self.since else {}
        settings |= {"rank_by": self.work.rank_by} if self.work.rank_by != "probability" else {}
        return run_key(self.bundle, self.history, self.as_of, settings)

    @property
    def _agreed(self) -> dict[str, Any]:
        return {} if self.grading is None else {"grades": self.grading.model_dump()}


def write_scores(
    bundle: Bundle, history: History, as_of: datetime, folder: Path, batch_rows: int = BATCH_ROWS
) -> ScoringSummary:
    """Score every open lead into `folder` and return the row accounting.

    Writes scores.parquet (page checksums on), not_scored.parquet, about.json, what lies behind the best
    (context.parquet, background.json) and, last, manifest.json. Scores that stand there already are replaced.

    Raises
    ------
    BusyError
        If another process is writing the folder.
    ConfigurationError
        If anything else stands at `folder`: it would be lost.
    """
    refuse_other_things(folder)
    with sole_writer(folder):
        return replace_scores(Run(bundle, history, as_of, batch_rows), folder)


def replace_scores(run: Run, folder: Path) -> ScoringSummary:
    """Write the scores of a run in the place of those that stand in `folder`; the caller holds the folder's lock."""
    run = replace(run, bundle=run.bundle.spoken_in(regions_of(run.work.languages)))
    with draft_of(folder) as draft:
        manner = replace(run.manner, folder=draft, on_explained=lambda n: run.on_rows("explained", n, n_open))
        with run.watch.part("look"):
            batches, not_scored = score_history(run.bundle, run.history, run.as_of, run.batch_rows, manner=manner)
        n_open = run.history.facts.rows["leads"].kept - not_scored.num_rows
        n_scored = _write_batches(draft / "scores.parquet", batches, run, n_open)
        with run.watch.part("seal"):
            if run.work.explore_share:
                scores = read_parquet(draft / "scores.parquet", list(WORKLIST_COLUMNS))
                write_parquet(draft / WORKLIST, worklist(scores, run.work))
            write_parquet(draft / "not_scored.parquet", not_scored)
            about = describe(
                run.bundle, run.history, run.as_of, _letters(run, draft / "scores.parquet"), run.work.rank_by
            )
            write_json(draft / "about.json", about.model_dump(mode="json"))
            _write_what_lies_behind(run, draft)
            _write_more_of_reasons(run, draft)
            with scratch_beside(draft) as spill:
                summary = _summary(run, folder, n_scored, not_scored, cut_tables(run.history, run.as_of, spill))
        if not summary.adds_up:
            raise AssertionError(f"rows are lost or counted twice: {summary}")
        write_json(draft / MANIFEST, _manifest(draft, run, summary))
    return summary


def _write_more_of_reasons(run: Run, draft: Path) -> None:
    """Write what one more activity would change for the best leads, and what changed since an earlier run."""
    with scratch_beside(draft) as scratch:
        if run.work.what_if_leads:
            best = read_parquet(draft / "scores.parquet", ["lead_id", "rank"]).sort_by("rank")
            looks = looks_at(run.bundle, run.history, run.as_of, best["lead_id"][: run.work.what_if_leads])
            found = what_if(run.bundle, run.history, looks, run.work.actionable, scratch / "one_more")
            write_parquet(draft / WHAT_IF, found)
        if run.since is not None:
            change = Change(run.bundle, run.history, run.since, run.as_of, scratch / "silent")
            with pq.ParquetWriter(
                draft / CHANGES_FILE, CHANGES, compression="zstd", write_page_checksum=True
            ) as writer:
                for table in change.tables(run.batch_rows):
                    writer.write_table(table)
            (draft / CHANGES_FILE).chmod(PRIVATE)


def _write_what_lies_behind(run: Run, draft: Path) -> None:
    """Write what the page tells of leads besides their scores, unless the settings want none of it."""
    if not run.work.context_leads:
        return
    bundle, words = run.bundle, run.history.facts.words
    scored = Scored(
        history=run.history,
        scores=draft / "scores.parquet",
        as_of=run.as_of,
        target=bundle.terms.target,
        dimensions=dimensions(run.history, run.work),
        words=joined(bundle.catalogue.words, words),
        best_grade=next(iter(bundle.terms.grades), "A"),
    )
    write_parquet(draft / CONTEXT, context(scored, run.work.context_leads))
    write_json(draft / BACKGROUND, background(scored).model_dump(mode="json"))


def _letters(run: Run, scores: Path) -> dict[str, float]:
    return cut_offs(run.bundle, run.grading, read_parquet(scores, ["probability"])["probability"].to_numpy())


def refuse_other_things(folder: Path) -> None:
    """Refuse a path at which something stands that scoring did not write; nothing is deleted.

    Raises
    ------
    ConfigurationError
        Counting what is there.
    """
    if folder.is_symlink():
        raise ConfigurationError(f"{folder}: a pointer to another folder", fix="give that folder, or a new one")
    if not folder.exists():
        return
    others = {path.name for path in folder.iterdir()} - FILES if folder.is_dir() else {folder.name}
    if others:
        raise ConfigurationError(
            f"{folder}: not a folder of scores",
            found=f"{len(others)} other file(s) or folder(s)",
            fix="give a new folder, for instance one a night: scores/2025-04-01",
        )


def _write_batches(path: Path, batches: Iterator[pa.RecordBatch], run: Run, n_open: int) -> int:
    n_rows = 0
    schema = scores_schema(with_value=run.bundle.amount is not None)
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
        run.on_rows("explained", 0, n_open)
        for batch in run.watch.timed("score", batches):
            with run.watch.part("write"):
                writer.write_batch(batch)
            n_rows += batch.num_rows
            run.on_rows("written", n_rows, n_open)
    path.chmod(PRIVATE)
    return n_rows


def _summary(run: Run, folder: Path, n_scored: int, not_scored: pa.Table, cut: list[str]) -> ScoringSummary:
    leads = run.history.facts.rows["leads"]
    return ScoringSummary(
        folder=folder,
        as_of=run.as_of,
        n_read=leads.read,
        n_collapsed=leads.collapsed,
        n_scored=n_scored,
        n_not_scored=_counts(not_scored["reason"]),
        n_quarantined=leads.quarantined,
        n_left_out=sum(leads.left_out.values()),
        n_excluded=_counts(not_scored["detail"].drop_null()),
        notes=(
            *(note.en for note in notes_of(run.bundle, run.history, run.as_of)),
            *cut,
            *_slowness(run.bundle),
            *_skew(run),
        ),
    )


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(column.combine_chunks()).to_pylist()
    return {item["values"]: item["counts"] for item in sorted(counted, key=lambda item: item["values"])}


def _slowness(bundle: Bundle) -> list[str]:
    """Return why the contributions took long, if they did."""
    why = bundle.scorer.trees.why_slow
    return [] if why is None else [f"contributions come from LightGBM, many times slower than the own kernel: {why}"]


def _skew(run: Run) -> list[str]:
    """Return what is to be said of the check for skew: nothing if every feature is what it was."""
    return [run.skew.note] if run.skew and (run.skew.why_not or run.skew.shares) else []


def _manifest(draft: Path, run: Run, summary: ScoringSummary) -> dict[str, Any]:
    return {
        "as_of": summary.as_of.isoformat(),
        "target": run.bundle.terms.target_name,
        "model_version": run.bundle.version,
        "package_version": __version__,
        "run_key": run.key,
        "rows": summary.rows(),
        "notes": list(summary.notes),
        "skew": run.skew.note if run.skew else None,
        "run": {
            "started_at": run.started_at.isoformat(),
            "ended_at": datetime.now(UTC).isoformat(),
            "seconds": run.watch.rounded(),
            "peak_memory_mb": peak_memory_mb(),
            "versions": versions(),
        },
        "files": {
            path.name: {"sha256": sha256_of(path), "size": path.stat().st_size} for path in sorted(draft.iterdir())
        },
    }
