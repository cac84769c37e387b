"""The values of an attribute or a feature as a few levels, so that every type is judged the same way."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.audit.separation import Flags, Ints
from predictive_scoring.contract.history import Attribute
from predictive_scoring.snapshots.instants import DAY, NEVER, Micros, micros_of

N_BINS: Final = 20


@dataclass(frozen=True)
class Column:
    """One attribute over the known leads: `levels` are codes, 0 where the cell is blank."""

    attribute: Attribute
    levels: Ints

    @property
    def filled(self) -> Flags:
        """Whether each cell is."""
        return np.asarray(self.levels > 0)


def coded(attribute: Attribute, values: pa.ChunkedArray, created: Micros) -> Column:
    """Return an attribute's values as levels.

    Categories and booleans have a level a value; of a text it only counts whether it is there. Numbers have one for
    the commonest value, if a tenth of the leads share it, and up to twenty bins of like size for the others; dates are
    taken as days before the lead's creation.
    """
    if attribute.type == "text":
        return Column(attribute, pc.is_valid(values).to_numpy().astype(np.int64))
    if attribute.type in ("category", "boolean"):
        coded_values = values.cast(pa.string()).combine_chunks().dictionary_encode()
        levels = pc.fill_null(coded_values.indices.cast(pa.int64()), -1).to_numpy() + 1
        return Column(attribute, levels)
    if attribute.type == "date":
        at = micros_of(values)
        number = np.where((at < NEVER) & (created < NEVER), (created - at) / DAY, np.nan)
        number = np.where((at < NEVER) & (created >= NEVER), at / DAY, number)
    else:
        number = values.to_numpy()
    return Column(attribute, binned(np.asarray(number, float)))


def binned(number: NDArray[np.float64]) -> Ints:
    """Return numbers as codes: 0 missing, 1 the commonest value if a tenth share it, then up to twenty like bins."""
    filled = np.isfinite(number)
    levels = np.zeros(len(number), np.int64)
    values, counts = np.unique(number[filled], return_counts=True)
    if len(values) == 0:
        return levels
    common = values[counts.argmax()] if counts.max() * 10 >= len(number) else np.nan
    rest = filled & (number != common)
    edges = np.unique(np.quantile(number[rest], np.arange(1, N_BINS) / N_BINS)) if rest.any() else np.zeros(0)
    levels[rest] = np.searchsorted(edges, number[rest], side="left") + 2
    levels[filled & ~rest] = 1
    return levels
