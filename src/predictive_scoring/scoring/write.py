"""A folder of scores that appears whole or not at all, its manifest written last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from predictive_scoring import __version__
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.describe import describe, instant_notes
from predictive_scoring.scoring.job import BATCH_ROWS, score_history
from predictive_scoring.scoring.schema import SCORES
from predictive_scoring.storage import PRIVATE, publishing_folder, sha256_of, write_json, write_parquet

MANIFEST = "manifest.json"
FILES = frozenset({"scores.parquet", "not_scored.parquet", "about.json", MANIFEST})


@dataclass(frozen=True)
class ScoringSummary:
    """What became of every row of the leads table."""

    folder: Path
    as_of: datetime
    n_read: int
    n_collapsed: int
    n_scored: int
    n_not_scored: dict[str, int]
    n_quarantined: dict[str, int]
    n_left_out: int = 0  # by the source file's own wish
    notes: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether rows read = identical duplicates + left out + scored + not scored + quarantined."""
        aside = self.n_collapsed + self.n_left_out + sum(self.n_quarantined.values())
        return self.n_read == aside + self.n_scored + sum(self.n_not_scored.values())

    def lines(self) -> Iterator[str]:
        """Yield the account in words."""
        instant = f"{self.as_of:%Y-%m-%d %H:%M} UTC"
        n_leads = self.n_scored + sum(self.n_not_scored.values())
        yield f"scored {self.n_scored:,} of {n_leads:,} leads as of {instant} -> {self.folder}"
        yield from (f"note: {note}" for note in self.notes)
        not_scored = ", ".join(f"{reason} {count:,}" for reason, count in self.n_not_scored.items())
        yield f"not scored: {not_scored or 'none'}"
        quarantined = ", ".join(f"{rule} {count:,}" for rule, count in self.n_quarantined.items())
        yield f"quarantined: {quarantined or 'none'}; identical duplicates: {self.n_collapsed:,}"
        if self.n_left_out:
            yield f"left out by the source file: {self.n_left_out:,}"


def write_scores(
    bundle: Bundle, history: History, as_of: datetime, folder: Path, batch_rows: int = BATCH_ROWS
) -> ScoringSummary:
    """Score every open lead into `folder` and return the row accounting.

    Writes scores.parquet (page checksums on), not_scored.parquet, about.json and, last, manifest.json. Scores that
    stand there already are replaced.

    Raises
    ------
    ConfigurationError
        If anything else stands at `folder`: it would be lost.
    """
    refuse_other_things(folder)
    batches, not_scored = score_history(bundle, history, as_of, batch_rows)
    with publishing_folder(folder) as draft:
        n_scored = _write_batches(draft / "scores.parquet", batches)
        write_parquet(draft / "not_scored.parquet", not_scored)
        write_json(draft / "about.json", describe(bundle, history, as_of).model_dump(mode="json"))
        summary = _summary(bundle, folder, as_of, history, (n_scored, not_scored))
        if not summary.adds_up:
            raise AssertionError(f"rows are lost or counted twice: {summary}")
        write_json(draft / MANIFEST, _manifest(draft, bundle, summary))
    return summary


def refuse_other_things(folder: Path) -> None:
    """Refuse a path at which something stands that scoring did not write; nothing is deleted.

    Raises
    ------
    ConfigurationError
        Counting what is there.
    """
    if not folder.exists():
        return
    others = {path.name for path in folder.iterdir()} - FILES if folder.is_dir() else {folder.name}
    if others:
        raise ConfigurationError(
            f"{folder}: not a folder of scores",
            found=f"{len(others)} other file(s) or folder(s)",
            fix="give a new folder, for instance one a night: scores/2025-04-01",
        )


def _write_batches(path: Path, batches: Any) -> int:
    n_rows = 0
    with pq.ParquetWriter(path, SCORES, compression="zstd", write_page_checksum=True) as writer:
        for batch in batches:
            writer.write_batch(batch)
            n_rows += batch.num_rows
    path.chmod(PRIVATE)
    return n_rows


def _summary(
    bundle: Bundle, folder: Path, as_of: datetime, history: History, rows: tuple[int, pa.Table]
) -> ScoringSummary:
    n_scored, not_scored = rows
    leads = history.facts.rows["leads"]
    reasons = pc.value_counts(not_scored["reason"].combine_chunks()).to_pylist()
    return ScoringSummary(
        folder=folder,
        as_of=as_of,
        n_read=leads.read,
        n_collapsed=leads.collapsed,
        n_scored=n_scored,
        n_not_scored={item["values"]: item["counts"] for item in sorted(reasons, key=lambda item: item["values"])},
        n_quarantined=leads.quarantined,
        n_left_out=sum(leads.left_out.values()),
        notes=tuple(note.en for note in instant_notes(bundle, history, as_of)),
    )


def _manifest(draft: Path, bundle: Bundle, summary: ScoringSummary) -> dict[str, Any]:
    return {
        "as_of": summary.as_of.isoformat(),
        "target": bundle.terms.target_name,
        "model_version": bundle.version,
        "package_version": __version__,
        "rows": {
            "read": summary.n_read,
            "identical_duplicates": summary.n_collapsed,
            "scored": summary.n_scored,
            "not_scored": summary.n_not_scored,
            "quarantined": summary.n_quarantined,
            "left_out": summary.n_left_out,
        },
        "files": {
            path.name: {"sha256": sha256_of(path), "size": path.stat().st_size} for path in sorted(draft.iterdir())
        },
    }
