"""Calls that are shared out: whoever has used theirs up waits, however good the next lead is."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.profile import known_values
from predictive_scoring.agreement.terms import Budgets
from predictive_scoring.contract.history import History
from predictive_scoring.snapshots.instants import Micros

Ints = NDArray[np.int64]
WITHOUT_LIMIT: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Purses:
    """Whose calls each look at a person would use.

    Attributes
    ----------
    holder : (n,) array
        Place of the segment, or of the seller, in `limits` and `names`.
    limits : (k,) array
        Calls a week, `WITHOUT_LIMIT` where only the whole bounds them.
    names
        The values; None for those of whom it was not known.
    """

    holder: Ints
    limits: Ints
    names: tuple[str | None, ...]

    @classmethod
    def whole(cls, n_looks: int) -> "Purses":
        """Return one purse for all, without a limit of its own."""
        return cls(np.zeros(n_looks, np.int64), np.array([WITHOUT_LIMIT]), (None,))

    @classmethod
    def of(cls, history: History, budgets: Budgets | None, lead_no: Ints, as_of: Micros | int) -> "Purses":
        """Return the purses by what was known of each person before its instant.

        Whose a lead is stands in most exports as it is today, and nobody knows since when: such a category is taken as
        the export has it. A simulation then shares the calls of past weeks out to those who own the leads now.

        Raises
        ------
        ConfigurationError
            If the history does not have the category.
        """
        if budgets is None:
            return cls.whole(len(lead_no))
        (values,) = known_values(history, [(budgets.table, budgets.by)], lead_no, as_of, as_exported=True)
        coded = pc.dictionary_encode(values.cast(pa.string()), null_encoding="encode")
        names = tuple(coded.dictionary.to_pylist())
        found = [budgets.of(name) for name in names]
        limits = np.array([WITHOUT_LIMIT if calls is None else calls for calls in found], np.int64)
        return cls(coded.indices.to_numpy().astype(np.int64), limits, names)

    def after(self, rows: Ints) -> "Purses":
        """Return the purses after some looks have used a call each.

        Examples
        --------
        >>> purses = Purses(np.array([0, 0, 1]), np.array([1, 5]), ("north", "south"))
        >>> purses.after(np.array([1, 2])).limits.tolist()
        [0, 4]
        """
        used = np.bincount(self.holder[rows], minlength=len(self.limits))
        left = np.where(self.limits == WITHOUT_LIMIT, WITHOUT_LIMIT, np.maximum(0, self.limits - used))
        return replace(self, limits=left)

    def best(self, rows: Ints, calls: int) -> Ints:
        """Return those of some looks that get a call: the first, as many as their purse and the whole allow.

        Parameters
        ----------
        rows
            Places of looks, best first.

        Examples
        --------
        >>> purses = Purses(np.array([0, 0, 0, 1, 1]), np.array([1, 5]), ("north", "south"))
        >>> purses.best(np.array([0, 1, 2, 3, 4]), 2).tolist()
        [0, 3]
        """
        holder = self.holder[rows]
        return rows[place_within(holder) < self.limits[holder]][:calls]


def place_within(groups: Ints) -> Ints:
    """Return how many earlier entries each entry's group has.

    Examples
    --------
    >>> place_within(np.array([7, 7, 2, 7, 2])).tolist()
    [0, 1, 0, 2, 1]
    """
    order = np.argsort(groups, kind="stable")
    ranked = groups[order]
    first = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(groups) else np.zeros(0, np.int64)
    place = np.empty(len(groups), np.int64)
    place[order] = np.arange(len(groups)) - np.repeat(first, np.diff(np.append(first, len(groups))))
    return place
