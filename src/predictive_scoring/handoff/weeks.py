"""Every open lead on every Monday, and what the model says of it by what was known then: one sweep for all weeks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.history import History
from predictive_scoring.features.compute import compute_shards
from predictive_scoring.features.frame import to_frame
from predictive_scoring.handoff.desk import WEEK
from predictive_scoring.model.points_table import PointsTable, fit_points_table
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import UNGRADED, is_silent, is_thin, rechunked
from predictive_scoring.scoring.grading import cut_offs
from predictive_scoring.snapshots.instants import Micros, instants_of
from predictive_scoring.snapshots.labels import FIRST_MONDAY
from predictive_scoring.snapshots.openness import Openness
from predictive_scoring.snapshots.population import OPEN, status_at
from predictive_scoring.storage import read_parquet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BATCH_ROWS: Final = 20_000
_TABLE_ROWS: Final = 100_000  # more looks move no point of a table, and would not fit into memory for millions of leads
_LEAST_CONVERTING: Final = 20  # leads; a points table made of fewer would tell of chance


@dataclass(frozen=True)
class Looks:
    """Pairs of an open lead and a Monday, in the order of both; each array has shape (n,)."""

    lead_no: Ints
    monday: Micros
    chance: Floats
    grade: NDArray[np.str_]
    points: Floats | None  # by the points table, if there is one


def mondays(start: int, end: int) -> Micros:
    """Return every Monday 00:00 UTC in ``[start, end)``, in microseconds.

    Examples
    --------
    >>> mondays(0, 2 * WEEK).astype("datetime64[us]").astype("datetime64[D]").astype(str).tolist()
    ['1970-01-05', '1970-01-12']
    """
    first = max(0, -((FIRST_MONDAY - start) // WEEK))
    return np.arange(FIRST_MONDAY + first * WEEK, end, WEEK, dtype=np.int64)


def open_on(held: Openness, days: Micros, policy: Snapshots) -> tuple[Ints, Micros]:
    """Return the pairs of lead and instant at which `population_at` calls the lead open, by lead and instant."""
    found = [np.flatnonzero(status_at(held, int(day), policy.max_age_days) == OPEN) for day in days]
    lead_no = np.concatenate([np.zeros(0, np.int64), *found])
    at = np.repeat(days, [len(each) for each in found])
    order = np.lexsort((at, lead_no))
    return lead_no[order], at[order]


def scored(
    bundle: Bundle, history: History, lead_no: Ints, at: Micros, table: PointsTable | None, grading: Grading | None
) -> Looks:
    """Return what the model and the points table say of each lead at each instant, by what was known before it."""
    chances, silent, points = [np.zeros((3, 0))], [np.zeros(0, np.bool_)], [np.zeros(0)]
    for frame in _frames(bundle, history, lead_no, at):
        chances.append(bundle.chances(frame))
        silent.append(is_silent(bundle, frame))
        if table is not None:
            points.append(table.totals(bundle.scorer.encoding.encode(frame)))
    totals = None if table is None else np.concatenate(points)
    found = np.concatenate(chances, axis=1)
    grades = np.where(np.concatenate(silent), UNGRADED, _letters(bundle, found, at, grading))
    return Looks(lead_no, at, found[1], grades, totals)


def _letters(bundle: Bundle, chances: Floats, at: Micros, grading: Grading | None) -> NDArray[np.str_]:
    """Return each look's letter, as scores give it; where letters go by calls, each Monday has cut-offs of its own.

    Parameters
    ----------
    chances
        Shape (3, n): the low end, the chance itself and the high end.
    """
    days = [slice(None)] if grading is None or grading.by != "calls" else [at == monday for monday in np.unique(at)]
    letters = np.full(len(at), "D", np.str_)
    for mine in days:
        low, chance, high = chances[:, mine]
        least = cut_offs(bundle, grading, chance)
        letters[mine] = np.where(is_thin(low, high, least), UNGRADED, bundle.grade(chance, least))
    return letters


def points_table(bundle: Bundle, history: History, lead_no: Ints, at: Micros, converted: Floats) -> PointsTable | None:
    """Return a points table made of looks whose outcomes are known, or None if too few leads convert.

    Parameters
    ----------
    converted : (n,) array
        1 where the lead reached the target within the horizon.
    """
    if len(np.unique(lead_no[converted > 0])) < _LEAST_CONVERTING:
        return None
    if len(lead_no) > _TABLE_ROWS:
        drawn = np.sort(np.random.default_rng(0).choice(len(lead_no), _TABLE_ROWS, replace=False))
        lead_no, at, converted = lead_no[drawn], at[drawn], converted[drawn]
    encoding = bundle.scorer.encoding
    encoded = np.concatenate([encoding.encode(frame) for frame in _frames(bundle, history, lead_no, at)])
    return fit_points_table(encoded, converted, np.ones(len(encoded)), encoding)


def _frames(bundle: Bundle, history: History, lead_no: Ints, at: Micros) -> Iterator[pd.DataFrame]:
    leads = read_parquet(history.path("leads"), ["account_no", "lead_id"]).take(pa.array(lead_no))
    snapshots = pa.table(
        [pa.array(lead_no), *leads.columns, instants_of(at)], ["lead_no", *leads.column_names, "as_of"]
    )
    for table in rechunked(compute_shards(history, snapshots, bundle.catalogue), _BATCH_ROWS):
        yield to_frame(table, bundle.catalogue)
