"""From batches of features to batches of scores, best first, on every core and in bounded memory."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.config.engine import Engine
from predictive_scoring.config.score import RankBy
from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.explain.reasons import Telling, reasons
from predictive_scoring.features.frame import to_frame
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.grading import cut_offs
from predictive_scoring.scoring.in_order import in_order
from predictive_scoring.scoring.packing import Packing
from predictive_scoring.scoring.ranking import Ranked, Ranking
from predictive_scoring.scoring.schema import SCORES, scores_schema
from predictive_scoring.scoring.value import refuse_untold, value_columns

THIN: Final = 3  # cut-offs that an interval reaches over: all there are
UNGRADED: Final = "?"  # too little is known of a lead
MOST_THREADS = 4  # unless more are asked for: each holds a batch under way, some 160 MB for a large model


@dataclass(frozen=True)
class Manner:
    """How to score; the scores are the same on any number of threads."""

    languages: tuple[Language, ...] = LANGUAGES  # in which reasons are said; the text of another is null
    n_threads: int | None = None  # None: a core each, up to `MOST_THREADS`
    grading: Grading | None = None  # what the letters mean; None: what the bundle says
    folder: Path | None = None  # where rows wait for their rank; None: the system's temporary folder
    engine: Engine = field(default_factory=Engine)  # who computes and explains
    rank_by: RankBy = "probability"  # who is called first
    on_explained: Callable[[int], object] = lambda _n_leads: None  # told how many leads are, after each batch

    @property
    def threads(self) -> int:
        """How many threads work."""
        n_cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        return self.n_threads or min(n_cores, MOST_THREADS)


Explained: TypeAlias = tuple[pa.Array, pd.DataFrame, Explanation]


def scored_batches(
    bundle: Bundle, features: Iterator[pa.Table], as_of: datetime, batch_rows: int, manner: Manner
) -> Iterator[pa.RecordBatch]:
    """Yield the scores of feature rows, best first.

    Parameters
    ----------
    features
        Tables with lead_id and the catalogue's features, of any size.
    """
    explained = in_order(partial(explained_rows, bundle), rechunked(features, batch_rows), manner.threads)
    yield from ranked_batches(bundle, explained, as_of, batch_rows, manner)


def ranked_batches(
    bundle: Bundle, explained: Iterator[Explained], as_of: datetime, batch_rows: int, manner: Manner
) -> Iterator[pa.RecordBatch]:
    """Yield the scores of explained rows, best first; ranks need every chance before the first row is written."""
    refuse_untold(bundle, manner.rank_by)
    packing = Packing(bundle.catalogue)
    ranking = Ranking(packing.width, manner.folder)
    by_value, n_explained = manner.rank_by == "expected_value", 0
    try:
        for ids, frame, found in explained:
            by = value_columns(bundle, frame, found.probability)["expected_value"] if by_value else None
            ranking.add(ids, found.probability, packing.pack(frame, found), by)
            n_explained += len(ids)
            manner.on_explained(n_explained)
        letters = cut_offs(bundle, manner.grading, ranking.chances())
        form = _Form(bundle, packing, as_of, datetime.now(UTC), manner.languages, letters)
        yield from in_order(form.filled, ranking.best_first(batch_rows), manner.threads)
    finally:
        ranking.close()


def rechunked(tables: Iterator[pa.Table], n_rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of `n_rows`, the last one shorter."""
    waiting: list[pa.Table] = []
    n_waiting = 0
    for table in tables:
        waiting.append(table)
        n_waiting += table.num_rows
        if n_waiting >= n_rows:
            whole = pa.concat_tables(waiting)
            for start in range(0, n_waiting - n_rows + 1, n_rows):
                yield whole.slice(start, n_rows)
            waiting, n_waiting = [whole.slice(n_waiting - n_waiting % n_rows)], n_waiting % n_rows
    if n_waiting:
        yield pa.concat_tables(waiting)


def explained_rows(bundle: Bundle, table: pa.Table) -> Explained:
    """Return ids, features and what the model says of each row."""
    frame = to_frame(table, bundle.catalogue)
    return table["lead_id"].combine_chunks(), frame, bundle.explain(frame)


@dataclass(frozen=True)
class _Form:
    """What a batch of scores is made with."""

    bundle: Bundle
    packing: Packing
    as_of: datetime
    scored_at: datetime
    languages: tuple[Language, ...]
    letters: Mapping[str, float]  # least probability of each

    def filled(self, ranked: Ranked) -> pa.RecordBatch:
        """Return the scores of some leads, each in the words and numbers of the model that speaks of it."""
        told = [
            (rows, self._filled_by(alone, ranked.take(rows), frame))
            for rows, frame, alone in self.bundle.speakers(self.packing.frame(ranked.rows))
        ]
        if len(told) == 1:
            return told[0][1]
        order = np.argsort(np.concatenate([rows for rows, _ in told]))
        (batch,) = pa.Table.from_batches([each for _, each in told]).take(pa.array(order)).combine_chunks().to_batches()
        return batch

    def _filled_by(self, bundle: Bundle, ranked: Ranked, frame: pd.DataFrame) -> pa.RecordBatch:
        found = self.packing.explanation(ranked.rows, ranked.probability, bundle.reference.base_probability)
        low, high = bundle.scorer.interval(found.raw, bundle.terms.interval_level)
        n_rows = len(frame)
        telling = Telling(bundle.levels, self.languages, bundle.evidence)

        def repeat(name: str, value: object) -> pa.Array:
            return pa.repeat(pa.scalar(value, SCORES.field(name).type), n_rows)

        columns = {
            "lead_id": ranked.lead_id,
            "as_of": repeat("as_of", self.as_of),
            "target": repeat("target", bundle.terms.target_name),
            "probability": found.probability,
            "probability_low": low,
            "probability_high": high,
            "score": found.score,
            "rank": ranked.ranks,
            "grade": grades_of(bundle, frame, (low, found.probability, high), self.letters),
            "fit": found.fit,
            "engagement": found.engagement,
            "base_probability": found.base,
            "reasons": reasons(found.points, bundle.catalogue, frame, bundle.texts, telling),
            "model_version": repeat("model_version", bundle.version),
            "scored_at": repeat("scored_at", self.scored_at),
            **value_columns(self.bundle, frame, found.probability),  # amounts are told by the shared columns
        }
        schema = scores_schema(with_value=bundle.amount is not None)
        arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
        return pa.record_batch(arrays, schema=schema)


def grades_of(
    bundle: Bundle,
    frame: pd.DataFrame,
    chances: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    letters: Mapping[str, float],
) -> NDArray[np.str_]:
    """Return the letters; `?` where the evidence is too thin for one.

    That is where nothing is known of a lead but its age and the calendar, and where the interval of its chance reaches
    from the best letter to the worst: an A that may as well be a D.

    Parameters
    ----------
    chances
        The low end, the chance itself and the high end.
    """
    thin = is_thin(chances[0], chances[2], letters)
    return np.where(is_silent(bundle, frame) | thin, UNGRADED, bundle.grade(chances[1], letters))


def is_thin(low: NDArray[np.float64], high: NDArray[np.float64], letters: Mapping[str, float]) -> NDArray[np.bool_]:
    """Return of which leads the interval of the chance reaches from the best letter to the worst.

    Examples
    --------
    >>> letters = {"A": 0.3, "B": 0.2, "C": 0.1}
    >>> is_thin(np.array([0.05, 0.15]), np.array([0.35, 0.25]), letters).tolist()
    [True, False]
    """
    least = np.array([*letters.values()])[None, :]
    places = [(chance[:, None] < least).sum(axis=1) for chance in (low, high)]
    return np.asarray(places[0] - places[1] >= THIN)


def is_silent(bundle: Bundle, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return of which leads nothing is known but their age and the calendar: no letter says anything of them."""
    telling = [f for f in bundle.catalogue.features if f.source in {"activity", "attribute", "stage"}]
    silent = np.full(len(frame), bool(telling))
    for feature in telling:
        values = frame[feature.name]
        if feature.type == "category":
            silent &= values.isna().to_numpy()
        else:
            numbers = values.to_numpy()
            silent &= np.isnan(numbers) | (numbers == 0)
    return silent
