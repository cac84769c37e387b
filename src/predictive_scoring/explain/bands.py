"""Leads that share a fact: each concept parts the leads into a few bands, and the history has a rate for each."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.config.base import Block

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shape = Literal["count", "number", "days", "category", "flag", "month", "weekday"]

N_MONTHS, N_WEEKDAYS = 12, 7
EARLIER_ONLY = 1  # the place of the band 'only before the window', where a count has two windows


class Banding(Block):
    """How one concept parts the leads; the last band holds those of whom nothing is known.

    A count has `none`, where there is a longer window `earlier only`, then the bands that begin at its `edges`. Numbers
    and days lie between edges (a band holds its lower edge). A category has its `levels` and then 'another value'.
    """

    concept: str
    shape: Shape
    features: tuple[str, ...]  # what is read: a count in its window and in the longest; a month's sine and cosine
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    window_days: int | None = None
    longest_days: int | None = None

    @property
    def has_earlier(self) -> bool:
        """Whether a count tells those who did it only before its window."""
        return self.shape == "count" and len(self.features) > 1

    @property
    def n_bands(self) -> int:
        """Number of bands, the one of the unknown among them."""
        if self.shape == "count":
            return len(self.edges) + 2 + self.has_earlier
        if self.shape in {"number", "days"}:
            return len(self.edges) + 2
        if self.shape == "category":
            return len(self.levels) + 2
        return {"flag": 2, "month": N_MONTHS, "weekday": N_WEEKDAYS}[self.shape] + 1

    @property
    def unknown(self) -> int:
        """The place of the band of whom nothing is known."""
        return self.n_bands - 1

    def codes(self, frame: pd.DataFrame) -> Codes:
        """Return each lead's band; `frame` has the catalogue's columns.

        Examples
        --------
        >>> banding = Banding(concept="visits", shape="count", features=("in_30", "in_90"), edges=(1, 2, 4))
        >>> in_30, in_90 = [0.0, 0.0, 1.0, 3.0, 9.0, np.nan], [0.0, 2.0, 1.0, 3.0, 9.0, np.nan]
        >>> rows = pd.DataFrame({"in_30": in_30, "in_90": in_90})
        >>> banding.codes(rows).tolist()
        [0, 1, 2, 3, 4, 5]
        """
        if self.shape == "category":
            return self._categories(frame[self.features[0]])
        values = [frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in self.features]
        first = values[0]
        if self.shape == "month":
            turn = np.arctan2(first, values[1]) / (2 * np.pi) * N_MONTHS
            return self._with_unknown(np.mod(np.round(turn) - 1, N_MONTHS), first)
        if self.shape == "weekday":
            return self._with_unknown(first, first)
        if self.shape == "flag":
            return self._with_unknown((first > 0).astype(np.float64), first)
        place = np.searchsorted(np.asarray(self.edges), first, side="right").astype(np.float64)
        if self.has_earlier:
            place = np.where(place > 0, place + 1, np.where(values[1] > 0, EARLIER_ONLY, 0))
        return self._with_unknown(place, first)

    def _with_unknown(self, place: Floats, value: Floats) -> Codes:
        known = np.isfinite(value)
        return np.where(known, np.where(known, place, 0.0), self.unknown).astype(np.int64)

    def _categories(self, values: "pd.Series[str]") -> Codes:
        place = {level: i for i, level in enumerate(self.levels)}
        codes, texts = pd.factorize(values)
        table = [*(place.get(str(text), len(self.levels)) for text in texts), self.unknown]
        return np.array(table, dtype=np.int64)[codes]  # the code -1 reads the last entry
