"""Scoring every open lead of a history as of an instant, with what was known before it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.extract import Extract
from predictive_scoring.config.score import parse_as_of
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.reasons import reasons
from predictive_scoring.features.compute import compute
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.schema import NOT_SCORED, SCORES
from predictive_scoring.snapshots.population import population_at
from predictive_scoring.sources.extract import extract

BATCH_ROWS = 50_000


def score(bundle: Bundle, source: str | Path, as_of: str | date = "latest") -> pd.DataFrame:
    """Return the scores of every lead open at `as_of`, best first, one row a lead with the columns of the contract.

    Parameters
    ----------
    source
        A source file. It is read into a temporary folder and nothing of it is kept.
    as_of
        A date or an instant (UTC if it carries no offset), or "latest": the end of the history.

    Raises
    ------
    ConfigurationError, DataContractError, SourceUnreachableError
        As the source file or the data behind it demand.
    """
    with tempfile.TemporaryDirectory(prefix="predictive-scoring-") as scratch:
        history = extract(Path(source), Path(scratch) / "history", Extract())
        scored, _ = score_history(bundle, history, as_of_instant(as_of, history))
        frame: pd.DataFrame = pa.Table.from_batches(scored, schema=SCORES).to_pandas()
        return frame


def score_history(
    bundle: Bundle, history: History, as_of: datetime, batch_rows: int = BATCH_ROWS, only: str | None = None
) -> tuple[Iterator[pa.RecordBatch], pa.Table]:
    """Return the scores in batches, best first, and the table of leads that are not scored, each with its reason.

    Parameters
    ----------
    only
        A lead's id: score that lead alone.
    """
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    if only is not None:
        population = population.filter(pc.equal(population["lead_id"], only))
    is_open = pc.equal(population["status"], "open")
    features = compute(history, population.filter(is_open), bundle.catalogue)
    return _batches(bundle, features, as_of, batch_rows), _not_scored(
        bundle, population.filter(pc.invert(is_open)), as_of
    )


def as_of_instant(as_of: str | date, history: History) -> datetime:
    """Return the instant meant by a date, an instant or "latest".

    Raises
    ------
    ConfigurationError
        If it is neither.
    """
    end = history.facts.observed_until
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC) if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    if isinstance(as_of, date):
        return datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    if as_of == "latest":
        return end or _today()
    try:
        return parse_as_of(as_of)
    except ValueError:
        raise ConfigurationError(
            "as_of: not a date or an instant",
            found=repr(as_of),
            expected="like 2025-04-01 or 2025-04-01T06:00:00+02:00",
        ) from None


def _batches(bundle: Bundle, features: pa.Table, as_of: datetime, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield scored batches; ranks need every chance first, which is cheap beside the reasons."""
    frame = to_frame(features, bundle.catalogue)
    lead_ids = features["lead_id"].combine_chunks()
    probability = bundle.scorer.probability(bundle.scorer.raw(frame))
    order = np.lexsort((np.argsort(np.argsort(lead_ids.to_numpy(zero_copy_only=False))), -probability))
    now = datetime.now(UTC)
    for start in range(0, len(order), batch_rows):
        rows = order[start : start + batch_rows]
        ranks = np.arange(start + 1, start + len(rows) + 1)
        keys = _Keys(lead_ids.take(pa.array(rows)), ranks, probability[rows], as_of, now)
        yield _batch(bundle, frame.iloc[rows], keys)


@dataclass(frozen=True)
class _Keys:
    lead_id: pa.Array
    rank: NDArray[np.int64]
    probability: NDArray[np.float64]
    as_of: datetime
    scored_at: datetime


def _batch(bundle: Bundle, frame: pd.DataFrame, keys: _Keys) -> pa.RecordBatch:
    found = bundle.explain(frame)
    low, high = bundle.scorer.interval(found.raw, bundle.terms.interval_level)
    n_rows = len(frame)

    def repeat(value: object, type_: pa.DataType) -> pa.Array:
        return pa.repeat(pa.scalar(value, type_), n_rows)

    columns = {
        "lead_id": keys.lead_id,
        "as_of": repeat(keys.as_of, SCORES.field("as_of").type),
        "target": repeat(bundle.terms.target_name, pa.string()),
        "probability": keys.probability,
        "probability_low": low,
        "probability_high": high,
        "score": found.score,
        "rank": keys.rank,
        "grade": _grades(bundle, frame, keys.probability),
        "fit": found.fit,
        "engagement": found.engagement,
        "base_probability": np.full(n_rows, found.base),
        "reasons": reasons(found.points, bundle.catalogue, frame, bundle.texts, bundle.levels),
        "model_version": repeat(bundle.version, pa.string()),
        "scored_at": repeat(keys.scored_at, SCORES.field("scored_at").type),
    }
    arrays = [pa.array(columns[field.name], type=field.type) for field in SCORES]
    return pa.record_batch(arrays, schema=SCORES)


def _grades(bundle: Bundle, frame: pd.DataFrame, probability: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return the letters; `?` where nothing is known of a lead but its age and the calendar."""
    telling = [
        feature.name for feature in bundle.catalogue.features if feature.source in {"activity", "attribute", "stage"}
    ]
    known = frame[telling]
    silent = (known.isna() | known.eq(0)).all(axis=1).to_numpy() if telling else np.zeros(len(frame), dtype=bool)
    return np.where(silent, "?", bundle.grade(probability))


def _not_scored(bundle: Bundle, closed: pa.Table, as_of: datetime) -> pa.Table:
    n_rows = closed.num_rows
    return pa.table(
        [
            closed["lead_id"],
            pa.repeat(pa.scalar(as_of, NOT_SCORED.field("as_of").type), n_rows),
            pa.repeat(pa.scalar(bundle.terms.target_name, pa.string()), n_rows),
            closed["status"],
            closed["detail"],
        ],
        schema=NOT_SCORED,
    )


def _today() -> datetime:
    """Return the day of scoring, for a table whose rows carry no time."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
