"""Counting, when a model is published, how leads went by what was known of them."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.explain.band_choice import bandings
from predictive_scoring.explain.bands import Banding
from predictive_scoring.explain.evidence import BandRate, ConceptEvidence, Evidence, Rows
from predictive_scoring.explain.families import families
from predictive_scoring.explain.points import probability_points
from predictive_scoring.explain.reference import Reference
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.scorer import Scorer

LEAST_CONVERTING: Final = 100  # leads; with fewer, hardly a band would have a rate worth telling
UNSEEN: Final = ("calibrate", "test")

Floats = NDArray[np.float64]


def fit_evidence(dataset: Dataset, scorer: Scorer, reference: Reference, level: float) -> Evidence:
    """Return how the leads of the past went, by the band of each concept that they stood in when they were looked at.

    Every look is as of its own instant: its features are what was known then, its outcome what followed within the
    horizon. Leads are counted once a band, however often they were looked at in it.

    Parameters
    ----------
    level
        Of the intervals, in (0, 1).
    """
    chosen, rows = evidence_rows(dataset)
    frame = dataset.frame(rows)
    y = rows["converted"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    whose = Whose(_numbered(rows["lead_id"]), rows["account_no"].to_numpy())
    moved = reference.centred(scorer.contributions(frame), dataset.catalogue)
    points, _ = probability_points(moved, reference.base_raw, scorer.calibrator)
    levels = {column.name: column.levels for column in scorer.encoding.columns if column.kind == "category"}
    chosen_bandings = bandings(dataset.catalogue, frame, levels)
    whole, seen = rate_of_leads(y, whose, level), pc.min_max(rows["as_of"]).as_py()
    return Evidence(
        rows=chosen,
        n_leads=whole["leads"],
        n_converting=whole["converting_leads"],
        base_rate=whole["rate"],
        level=level,
        first_as_of=seen["min"],
        last_as_of=seen["max"],
        concepts=tuple(
            _concept(banding, banding.codes(frame), y, whose, points[:, place], level)
            for place, banding in enumerate(chosen_bandings)
        ),
        families=families(dataset.catalogue, frame, chosen_bandings, moved),
    )


def evidence_rows(dataset: Dataset) -> tuple[Rows, pa.Table]:
    """Return which rows speak, and the rows: those of the later windows, or all mature ones if few of them convert."""
    unseen = dataset.rows(*UNSEEN)
    unseen = unseen.filter(pc.is_valid(unseen["converted"]))
    converting = pc.count_distinct(unseen.filter(unseen["converted"])["lead_id"]).as_py()
    if converting >= LEAST_CONVERTING:
        return "unseen", unseen
    return "mature", dataset.table.filter(pc.is_valid(dataset.table["converted"]))


def _concept(
    banding: Banding, codes: NDArray[np.int64], y: Floats, whose: Whose, points: Floats, level: float
) -> ConceptEvidence:
    bands = []
    for band in range(banding.n_bands):
        there = codes == band
        found = rate_of_leads(y[there], whose[there], level)
        bands.append(
            BandRate(
                n=found["leads"],
                converting=found["converting_leads"],
                rate=found["rate"],
                low=min(found["low"], found["rate"]),  # which rounding may pass
                high=max(found["high"], found["rate"]),
                points=float(points[there].mean()) if there.any() else None,
            )
        )
    return ConceptEvidence(banding=banding, bands=tuple(bands))


def _numbered(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return ids as small numbers: they are told apart many times over."""
    return np.asarray(column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False), np.int64)
