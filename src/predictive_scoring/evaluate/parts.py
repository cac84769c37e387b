"""Which parts of the leads quality is told by: the values of attributes that a reader knows."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.contract.words import Word
from predictive_scoring.features.definition import Catalogue, Feature

Names = NDArray[Any]
OTHER, MISSING = "other", "not known"
SIZE_BANDS = (10.0, 50.0, 250.0, 1000.0)  # employees, as the EU parts companies, and one band more
MOST = 8  # attributes that are looked at unasked
_SIZES = frozenset({"employees", "headcount", "company_size", "size", "n_employees", "number_of_employees"})
_FIRST = ("channel", "country", "industry", "job_level")


@dataclass(frozen=True)
class Part:
    """One way of parting the leads."""

    name: str
    word: Word
    feature: str
    names: Names  # (n,) which value each row has


def parts_of(catalogue: Catalogue, frame: pd.DataFrame, wanted: tuple[str, ...] | None, most_values: int) -> list[Part]:
    """Return how the rows of a frame part by each attribute, the commonest values by name and the rest as 'other'.

    Parameters
    ----------
    wanted
        Names of concepts; None: whether the account was known, the size of the company, and up to eight categories
        that say what a lead is or where it came from.
    """
    words = {concept.name: concept for concept in catalogue.concepts}
    found: dict[str, Part] = {}
    for feature in catalogue.features:
        names = _names(feature, frame[feature.name], most_values)
        name = "known_account" if feature.statistic == "colleagues" else feature.concept
        if names is None or name in found or (wanted is not None and name not in wanted):
            continue
        if wanted is None and words[feature.concept].group not in {"fit", "source"} and name != "known_account":
            continue
        word = Word(en="account", es="cuenta") if name == "known_account" else words[feature.concept].word
        found[name] = Part(name, word, feature.name, names)
    order = {name: place for place, name in enumerate(wanted or ("known_account", *_FIRST))}
    chosen = sorted(found.values(), key=lambda part: (order.get(part.name, len(order)), part.name))
    return chosen if wanted is not None else chosen[: MOST + 1]


def _names(feature: Feature, values: "pd.Series[Any]", most_values: int) -> Names | None:
    if feature.statistic == "colleagues":
        return np.where(values.to_numpy(dtype=np.float64) > 0, "known", "new")
    if feature.type == "category":
        return _common(values, most_values)
    if feature.statistic == "value" and (feature.attribute or "").lower() in _SIZES:
        return size_bands(values.to_numpy(dtype=np.float64))
    return None


def _common(values: "pd.Series[Any]", most_values: int) -> Names | None:
    text = values.astype(object).where(values.notna(), MISSING).astype(str)
    counts = text.value_counts()
    if len(counts) < 2:
        return None
    kept = sorted(counts.index, key=lambda value: (-int(counts[value]), value))[:most_values]
    return text.where(text.isin([*kept, MISSING]), OTHER).to_numpy(dtype=object).astype(str)


def size_bands(employees: NDArray[np.float64]) -> Names:
    """Return the band of each company's size, named so that names sort by size.

    Examples
    --------
    >>> size_bands(np.array([3.0, 49.0, 5000.0, np.nan])).tolist()
    ['00000 to 9', '00010 to 49', '01000 and more', 'not known']
    """
    starts = [0, *(int(edge) for edge in SIZE_BANDS)]
    names = [f"{start:05d} to {end - 1}" for start, end in pairwise(starts)]
    names.append(f"{starts[-1]:05d} and more")
    place = np.searchsorted(SIZE_BANDS, np.nan_to_num(employees), side="right")
    return np.where(np.isnan(employees), MISSING, np.array(names)[place])
