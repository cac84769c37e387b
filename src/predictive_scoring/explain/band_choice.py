"""How to part the leads by each concept: by what its sentence speaks of, in bands that a reader would make."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.explain.bands import Banding
from predictive_scoring.explain.said_activity import TYPICAL_DAYS
from predictive_scoring.explain.said_attributes import SIZE_BANDS, is_size
from predictive_scoring.features.definition import Catalogue, Concept, Feature

COUNTS: Final = (1.0, 2.0, 4.0)
MANY: Final = (1.0, 2.0, 4.0, 10.0)  # of all activities together
DAYS: Final = (7.0, 30.0, 90.0)
N_QUANTILES: Final = 4
MAX_LEVELS: Final = 20
YEAR: Final = 365.25  # days
LONG_AGO: Final = 2 * YEAR  # from here on, dates are told in years
_DIGITS: Final = 2  # of an edge: a number that belongs to one lead is not kept to its last digit

Levels = Mapping[str, Sequence[str]]


def bandings(catalogue: Catalogue, frame: pd.DataFrame, levels: Levels) -> tuple[Banding, ...]:
    """Return how each concept parts the leads, in the order of the catalogue's concepts.

    Parameters
    ----------
    frame
        Feature rows of the past: where the edges of numbers come from, and which values are common.
    levels
        For category features, by name, the values that the model knows by name: no other is kept.
    """
    of_concept: dict[str, list[Feature]] = {concept.name: [] for concept in catalogue.concepts}
    for feature in catalogue.features:
        of_concept[feature.concept].append(feature)
    return tuple(banding_of(concept, of_concept[concept.name], frame, levels) for concept in catalogue.concepts)


def banding_of(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, levels: Levels) -> Banding:
    """Return how one concept parts the leads, by the feature that its sentence begins with.

    Counts go by the window that the sentence counts in; categories by value; flags by yes and no; seasons by month;
    ages and stages by fixed numbers of days; other numbers by quarters of the leads.
    """
    category = next((f for f in features if f.type == "category"), None)
    if category is not None:
        return _by_value(concept.name, category, frame, levels.get(category.name, ()))
    return _by_calendar(concept.name, features) or _by_count(concept, features) or _by_amount(concept, features, frame)


def _by_amount(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame) -> Banding:
    """Return bands of a number, a duration or a yes and no."""
    name, first = concept.name, next((f for f in features if f.unit != "flag"), features[0])
    if first.type == "boolean" or first.unit == "flag":
        return Banding(concept=name, shape="flag", features=(first.name,))
    if first.unit == "days" and concept.template in {"age", "stage"}:
        return Banding(concept=name, shape="days", features=(first.name,), edges=DAYS)
    edges = SIZE_BANDS[1:] if is_size(first.attribute or concept.subject or name) else _quarters(frame, first)
    if first.unit == "days":
        return Banding(concept=name, shape="days", features=(first.name,), edges=_whole_years(edges))
    return Banding(concept=name, shape="number", features=(first.name,), edges=tuple(float(edge) for edge in edges))


def _by_calendar(name: str, features: Sequence[Feature]) -> Banding | None:
    parts = {f.statistic: f.name for f in features}
    if {"month_sin", "month_cos"} <= parts.keys():
        return Banding(concept=name, shape="month", features=(parts["month_sin"], parts["month_cos"]))
    if "weekday" in parts:
        return Banding(concept=name, shape="weekday", features=(parts["weekday"],))
    return None


def _by_count(concept: Concept, features: Sequence[Feature]) -> Banding | None:
    """Return bands of a count, of people before activities; None if the concept counts nothing."""
    of_all = [f for f in features if f.direction is None and f.topics is None]
    plain = [f for f in of_all if f.unit == "count" and f.type == "number"]
    statistics = {f.statistic for f in plain}
    wanted = next((s for s in ("active_colleagues", "count") if s in statistics), None)
    chosen = [f for f in plain if f.statistic == wanted] if wanted else plain[:1]
    if not chosen:
        return None
    windows = {f.window_days or 0: f.name for f in chosen}
    typical = min(windows, key=lambda days: (abs((days or 10**6) - TYPICAL_DAYS), days))
    longest = max(windows, key=lambda days: days or 10**6)
    read = (windows[typical],) if typical == longest else (windows[typical], windows[longest])
    edges = MANY if concept.template == "engagement" else COUNTS
    return Banding(
        concept=concept.name,
        shape="count",
        features=read,
        edges=edges,
        window_days=typical or None,
        longest_days=longest or None,
    )


def _by_value(name: str, feature: Feature, frame: pd.DataFrame, known: Sequence[str]) -> Banding:
    codes, texts = pd.factorize(frame[feature.name])
    n_rows = dict(zip(map(str, texts), np.bincount(codes[codes >= 0], minlength=len(texts)).tolist(), strict=True))
    common = sorted((level for level in known if level in n_rows), key=lambda level: (-n_rows[level], level))
    return Banding(concept=name, shape="category", features=(feature.name,), levels=tuple(common[:MAX_LEVELS]))


def _whole_years(days: Sequence[float]) -> tuple[float, ...]:
    """Return edges that lie years back as whole years, others as they are."""
    if not days or min(days) < LONG_AGO:
        return tuple(float(edge) for edge in days)
    return tuple(sorted({round(edge / YEAR) * YEAR for edge in days}))


def _quarters(frame: pd.DataFrame, feature: Feature) -> list[float]:
    """Return the edges between quarters, of two digits that count; fewer where many leads share a value."""
    values: npt.NDArray[np.float64] = frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    cuts = np.quantile(values, np.arange(1, N_QUANTILES) / N_QUANTILES, method="inverted_cdf")
    edges = sorted({float(f"{cut:.{_DIGITS}g}") for cut in cuts})
    return [edge for edge in edges if values.min() < edge <= values.max()]
