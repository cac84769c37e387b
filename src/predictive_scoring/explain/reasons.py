"""The reasons column of the scores: every concept that moved a lead's chance, strongest first, in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.explain.evidence import AGREES, CONTRADICTS, UNCLEAR, Evidence, Pool, Signs
from predictive_scoring.explain.facts import Said
from predictive_scoring.explain.sentences import sentences
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.definition import Catalogue

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
EVIDENCE = ("n", "rate", "low", "high", "agrees")

REASON = pa.struct(
    [
        ("code", pa.string()),
        ("concept", pa.string()),
        ("group", pa.string()),
        ("points", pa.float64()),
        ("value", pa.string()),
        ("text_en", pa.string()),
        ("text_es", pa.string()),
        ("n", pa.int64()),  # leads of the past that stood in the same band of the concept
        ("rate", pa.float64()),  # how many of them converted within the horizon; null where too few
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("family", pa.string()),  # concepts that say much the same have one name for it
        ("agrees", pa.bool_()),  # whether that points the same way as the points; null where it cannot be told
    ]
)


@dataclass(frozen=True)
class Telling:
    """What else reasons are told with."""

    # For category features, by name, the values that the model knows; others are said to be new or rare.
    levels: Mapping[str, Collection[str]] = field(default_factory=dict)
    languages: Collection[Language] = LANGUAGES  # in which reasons are said; the text of another language is null
    evidence: Evidence | None = None  # None: nothing is said of how such leads went


def reasons(
    points: Floats,
    catalogue: Catalogue,
    frame: pd.DataFrame,
    texts: Texts,
    telling: Telling = Telling(),
) -> pa.ListArray:
    """Return a list of reasons a lead, of type ``list<REASON>``.

    A reason states a fact of the lead; the sign of its points says whether the fact raises or lowers the chance.
    Reasons come by size of their points, equal ones in the order of the catalogue's concepts; a concept with no points
    is left out, so base probability plus points is the probability. One that the history contradicts says so.

    Parameters
    ----------
    points
        Shape (n, n_concepts), differences in probability. About 100,000 rows at a time: text takes memory.
    frame
        Feature rows with the catalogue's columns, n rows, in the order of `points`.
    texts
        The messages of both languages.
    """
    told = sentences(catalogue, frame, Speaker(texts, catalogue.words, telling.levels))
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    sorted_points = np.take_along_axis(points, order, axis=1)
    kept = sorted_points != 0.0
    rows, _ = np.nonzero(kept)
    concepts, moved = order[kept], sorted_points[kept]
    places = _places(told, rows, concepts)
    past = _Past.of(telling.evidence, frame, rows, concepts, moved)
    fields = {
        "code": _take([concept.code for concept in catalogue.concepts], concepts),
        "concept": _take([concept.name for concept in catalogue.concepts], concepts),
        "group": _take([concept.group for concept in catalogue.concepts], concepts),
        "points": pa.array(moved),
        "family": _take(_families(catalogue, telling.evidence), concepts),
        "value": _take([value for said in told for value in said.values], places),
        **past.fields(),
    }
    for language in LANGUAGES:
        fields[f"text_{language}"] = (
            _texts([text for said in told for text in said.told(language)], places, past, texts, language)
            if language in telling.languages
            else pa.nulls(len(places), pa.string())
        )
    structs = pa.StructArray.from_arrays([fields[each.name] for each in REASON], fields=list(REASON))
    offsets = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _families(catalogue: Catalogue, evidence: Evidence | None) -> list[str]:
    """Return the family of each concept: the first of its members, itself where it is alone."""
    first = {name: family[0] for family in (evidence.families if evidence else ()) for name in family}
    return [first.get(concept.name, concept.name) for concept in catalogue.concepts]


@dataclass(frozen=True)
class _Past:
    """What the history says of each reason's fact, one entry a reason."""

    pool: Pool | None
    places: Places
    agreement: Signs
    raises: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, evidence: Evidence | None, frame: pd.DataFrame, rows: Places, concepts: Places, moved: Floats
    ) -> "_Past":
        if evidence is None:
            none: Places = np.zeros(len(moved), dtype=np.int64)
            return cls(None, none, none.astype(np.int8), moved > 0)
        places = evidence.pool.places(frame)[rows, concepts]
        return cls(evidence.pool, places, evidence.pool.agreement(places, moved), moved > 0)

    def fields(self) -> dict[str, pa.Array]:
        """Return the columns n, rate, low, high and agrees."""
        if self.pool is None:
            return {name: pa.nulls(len(self.places), REASON.field(name).type) for name in EVIDENCE}
        pool, places = self.pool, pa.array(self.places)
        rates = {name: pa.array(values, mask=~pool.is_told).take(places) for name, values in pool.rates.items()}
        agrees = pa.array(self.agreement == AGREES, mask=self.agreement == UNCLEAR)
        return {"n": pa.array(pool.n, mask=pool.is_everybody).take(places), **rates, "agrees": agrees}


def _texts(told: list[str], places: Places, past: _Past, texts: Texts, language: Language) -> pa.Array:
    """Return each reason's sentence; where the history points the other way, that is added, once a distinct fact."""
    against = np.flatnonzero(past.agreement == CONTRADICTS)
    if not len(against):
        return _take(told, places)
    facts, which = np.unique(2 * places[against] + past.raises[against], return_inverse=True)
    keys = ("evidence.against_higher", "evidence.against_lower")  # a fact that raises, though such leads did worse
    added = [texts.say(language, keys[fact % 2], sentence=told[fact // 2]) for fact in facts.tolist()]
    marked = places.copy()
    marked[against] = len(told) + which
    return _take([*told, *added], marked)


def _places(told: list[Said], rows: Places, concepts: Places) -> Places:
    """Return where each reason's fact stands in the list of every distinct fact of every concept."""
    starts = np.concatenate(([0], np.cumsum([len(said.values) for said in told]))).astype(np.int64)
    codes = np.stack([said.codes for said in told], axis=1) if told else np.zeros((0, 0), dtype=np.int64)
    return np.asarray(starts[concepts] + codes[rows, concepts])


def _take(items: Sequence[str | None], places: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(items, type=pa.string()).take(pa.array(places))
