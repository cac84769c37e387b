"""The reasons column of the scores: every concept that moved a lead's chance, strongest first, in words."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from predictive_scoring.contract.words import LANGUAGES, Language
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
    languages: Collection[Language] = LANGUAGES,
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
    languages
        In which reasons are said; the text of another language is null.
    """
    told = sentences(catalogue, frame, Speaker(texts, catalogue.words, levels or {}))
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    sorted_points = np.take_along_axis(points, order, axis=1)
    kept = sorted_points != 0.0
    rows, _ = np.nonzero(kept)
    concepts = order[kept]
    places = _places(told, rows, concepts)
    fields = {
        "code": _take([concept.code for concept in catalogue.concepts], concepts),
        "concept": _take([concept.name for concept in catalogue.concepts], concepts),
        "group": _take([concept.group for concept in catalogue.concepts], concepts),
        "points": pa.array(sorted_points[kept]),
        "value": _take([value for said in told for value in said.values], places),
    }
    for language in LANGUAGES:
        fields[f"text_{language}"] = (
            _take([text for said in told for text in said.told(language)], places)
            if language in languages
            else pa.nulls(len(places), pa.string())
        )
    structs = pa.StructArray.from_arrays([fields[field.name] for field in REASON], fields=list(REASON))
    offsets = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _places(told: list[Said], rows: npt.NDArray[np.intp], concepts: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """Return where each reason's fact stands in the list of every distinct fact of every concept."""
    starts = np.concatenate(([0], np.cumsum([len(said.values) for said in told]))).astype(np.int64)
    codes = np.stack([said.codes for said in told], axis=1) if told else np.zeros((0, 0), dtype=np.int64)
    return np.asarray(starts[concepts] + codes[rows, concepts])


def _take(items: Sequence[str | None], places: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(items, type=pa.string()).take(pa.array(places))
