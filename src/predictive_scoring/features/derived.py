"""Categories made of attributes: bands of a number, and two categories as one."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import Attribute
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.looks import LeadLooks, Reader, Registry
from predictive_scoring.snapshots.exclusions import known_from
from predictive_scoring.snapshots.instants import NEVER, Micros


def bands(numbers: pa.ChunkedArray, cuts: Sequence[float]) -> pa.DictionaryArray:
    """Return the band that each number lies in; a band begins at its lower cut.

    Examples
    --------
    >>> bands(pa.chunked_array([[9.0, 10.0, 70.0, None]]), (10, 50)).to_pylist()
    ['<10', '10-<50', '50+', None]
    """
    values = pc.fill_null(numbers.cast(pa.float64()), np.nan).to_numpy()
    places = np.searchsorted(np.array(cuts, np.float64), values, side="right").astype(np.int32)
    between = [f"{low:g}-<{high:g}" for low, high in pairwise(cuts)]
    names = [f"<{cuts[0]:g}", *between, f"{cuts[-1]:g}+"]
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=np.isnan(values)), pa.array(names))


def pair_of(feature: Feature, declared: Mapping[Any, Attribute], registry: Registry) -> Reader:
    """Return a reader of two attributes as one category, missing before both were known."""
    table = "leads" if feature.source == "attribute" else "accounts"
    other_table, other = str(feature.other_attribute).split(".", 1)
    one = _levels(declared[table, str(feature.attribute)], feature, registry)
    two = _levels(declared[other_table, other], feature, registry)
    levels = pc.binary_join_element_wise(one[0], two[0], " × ")
    coded, since = pc.dictionary_encode(levels), np.maximum(one[1], two[1])

    def read(looks: LeadLooks) -> pa.Array:
        unknown: NDArray[np.bool_] = ~(since[looks.lead_no] < looks.as_of)
        return coded.take(pa.array(looks.lead_no, mask=unknown))

    return read


def _levels(attribute: Attribute, feature: Feature, registry: Registry) -> tuple[pa.Array, Micros]:
    """Return each lead's level as text, and from when on it is known."""
    table = registry.leads if attribute.table == "leads" else registry.account_of_lead
    since = known_from(table, attribute.name, attribute.known, np.full(len(table), -NEVER, np.int64))
    column = table[attribute.name]
    if attribute.type == "number":
        return bands(column, feature.cuts or ()).cast(pa.string()), since
    return column.cast(pa.string()).combine_chunks(), since
