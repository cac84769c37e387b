"""The reasons column of the scores: every concept that moved a lead's chance, strongest first, in words."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from predictive_scoring.explain.facts import Said
from predictive_scoring.explain.sentences import sentences
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.definition import Catalogue

Floats = npt.NDArray[np.float64]

REASON = pa.struct(
    [
        ("code", pa.string()),
        ("concept", pa.string()),
        ("group", pa.string()),
        ("points", pa.float64()),
        ("value", pa.string()),
        ("text_en", pa.string()),
        ("text_es", pa.string()),
    ]
)


def reasons(
    points: Floats,
    catalogue: Catalogue,
    frame: pd.DataFrame,
    texts: Texts,
    levels: Mapping[str, Collection[str]] | None = None,
) -> pa.ListArray:
    """Return a list of reasons a lead, of type ``list<REASON>``.

    A reason states a fact of the lead; the sign of its points says whether the fact raises or lowers the chance.
    Reasons come by size of their points, equal ones in the order of the catalogue's concepts; a concept with no points
    is left out, so base probability plus points is the probability.

    Parameters
    ----------
    points
        Shape (n, n_concepts), differences in probability. About 100,000 rows at a time: text takes memory.
    frame
        Feature rows with the catalogue's columns, n rows, in the order of `points`.
    texts
        The messages of both languages.
    levels
        For category features, by name, the values that the model knows; others are said to be new or rare.
    """
    told = sentences(catalogue, frame, Speaker(texts, catalogue.words, levels or {}))
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    sorted_points = np.take_along_axis(points, order, axis=1)
    kept = sorted_points != 0.0
    rows, _ = np.nonzero(kept)
    concepts = order[kept]
    places, pool = _pool(told, rows, concepts)
    fields = {
        "code": _take([concept.code for concept in catalogue.concepts], concepts),
        "concept": _take([concept.name for concept in catalogue.concepts], concepts),
        "group": _take([concept.group for concept in catalogue.concepts], concepts),
        "points": pa.array(sorted_points[kept]),
        "value": _take(pool["value"], places),
        "text_en": _take(pool["en"], places),
        "text_es": _take(pool["es"], places),
    }
    structs = pa.StructArray.from_arrays([fields[field.name] for field in REASON], fields=list(REASON))
    offsets = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _pool(
    told: list[Said], rows: npt.NDArray[np.intp], concepts: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.int64], dict[str, list[str | None]]]:
    """Return every distinct sentence of every concept in one list, and where each reason's stands in it."""
    starts = np.concatenate(([0], np.cumsum([len(s.values) for s in told]))).astype(np.int64)
    codes = np.stack([s.codes for s in told], axis=1) if told else np.zeros((0, 0), dtype=np.int64)
    pool: dict[str, list[str | None]] = {
        "value": [value for s in told for value in s.values],
        "en": [text for s in told for text in s.texts["en"]],
        "es": [text for s in told for text in s.texts["es"]],
    }
    return starts[concepts] + codes[rows, concepts], pool


def _take(items: Sequence[str | None], places: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(items, type=pa.string()).take(pa.array(places))
