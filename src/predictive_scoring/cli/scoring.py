"""What `explain` and `verify` do and say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from predictive_scoring.cli.language import language_tag
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import load_params
from predictive_scoring.config.regions import regions_of
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.signing import signature_state
from predictive_scoring.scoring.grading import agreed_grading
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.scoring.trace import Wanted, trace
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder


def opened(model: str) -> Bundle:
    """Return the verified bundle behind a folder's path or an address of the registry."""
    if model.startswith("models:/"):
        from predictive_scoring.publish.registry import bundle_folder  # noqa: PLC0415  (imports MLflow)

        return Bundle.load(bundle_folder(Path(), model))
    return Bundle.load(model)


def reading(bundle: Bundle) -> Extract:
    """Return how to read a source for a model: rows as it learned from them, limits as the project here sets them."""
    as_learned, project = bundle.terms.extract, Path("params.yaml")
    if not project.is_file():
        return as_learned
    limits = load_params(project).extract.model_dump(exclude={"same_email", "automatic"})
    return as_learned.model_copy(update=limits)


def _actionable() -> tuple[str, ...] | None:
    """Return what the project here says that its team can bring about, None where it says nothing."""
    project = Path("params.yaml")
    return load_params(project).score.actionable if project.is_file() else None


@dataclass(frozen=True)
class ExplainJob:
    """What is asked of `explain`."""

    model: str
    source: Path
    as_of: str
    lead_id: str
    agreement: Path
    since: Path | None = None  # an earlier run's folder of scores
    lang: str = "en"
    as_json: bool = False


def explain_lines(job: ExplainJob) -> Iterator[str]:
    """Yield one lead's way from raw rows to sentences."""
    from predictive_scoring.cli.explaining import trace_lines  # noqa: PLC0415  (imports rich's tables)

    tag = language_tag(job.lang)
    bundle = opened(job.model).spoken_in(regions_of([tag]))
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", reading(bundle))
        instant = as_of_instant(job.as_of, history)
        grading = agreed_grading(job.agreement, instant)
        found = trace(bundle, history, instant, job.lead_id, Wanted(grading, job.since, _actionable()))
    if job.as_json:
        yield json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    else:
        yield from trace_lines(found, tag)


def verify_lines(model: str, *, as_json: bool) -> Iterator[str]:
    """Check a bundle and yield what was checked."""
    bundle = opened(model)  # refuses what does not match its manifest or its golden rows
    manifest, n_golden = bundle.manifest, bundle.n_golden_rows
    signature = signature_state(manifest)
    if as_json:
        found = {"files": len(manifest.files), "signature": signature, "golden_rows": n_golden}
        yield json.dumps({"model_version": bundle.version, **found, "ok": True})
        return
    n_bytes = sum(sealed.size for sealed in manifest.files.values())
    yield f"{bundle.version}: {len(manifest.files)} files, {n_bytes:,} bytes, every one as its manifest says"
    yield f"signature: {signature}"
    yield "model: read in a child process with limits of time and memory, before it was read here"
    yield f"golden rows: {n_golden} of {n_golden} score as they did where the bundle was made"
    yield from (f"note: {note.en}" for note in bundle.notes)
