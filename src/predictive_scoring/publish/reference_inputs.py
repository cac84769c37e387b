"""What the model's inputs looked like when it was made, for monitoring to compare later leads with.

The reference leads are those that a scoring job would have met: everyone open at some instants of the time on which
the model was calibrated and judged, whichever window a lead was learned from.
"""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block

INPUTS = "reference_inputs.json"
CHANCE = "probability"  # the profile of the model's own answers; no feature has this name

Codes = NDArray[np.int64]


class Profile(Block):
    """The shares of one input's bins.

    A number's bins lie between `edges` (an edge belongs to the bin below it), then comes 'missing'. A category's are
    its `levels`, 'other' (rare or unknown to the model) and 'missing'.
    """

    name: str
    kind: Literal["number", "category"]
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    median: float | None = None
    unknown_share: float = 0.0  # of a category: rows with a value that the model does not know by name
    usual_psi: float = 0.0  # the largest PSI of one of the reference's own instants against all of them

    @property
    def n_bins(self) -> int:
        """Number of bins, 'missing' and 'other' among them."""
        return len(self.edges) + 2 if self.kind == "number" else len(self.levels) + 2

    @property
    def bin_names(self) -> list[str]:
        """What each bin holds, in words."""
        if self.kind == "category":
            return [*self.levels, "other", "missing"]
        if not self.edges:
            return ["any number", "missing"]
        below = [f"up to {edge:g}" for edge in self.edges]
        return [*below, f"above {self.edges[-1]:g}", "missing"]

    def codes(self, values: "pd.Series[Any]") -> Codes:
        """Return the bin of each value."""
        if self.kind == "number":
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            places = np.searchsorted(np.array(self.edges), numbers, side="left")
            return np.where(np.isnan(numbers), self.n_bins - 1, places).astype(np.int64)
        known = {level: place for place, level in enumerate(self.levels)}
        codes, texts = pd.factorize(values)
        table = [*(known.get(str(text), len(self.levels)) for text in texts), self.n_bins - 1]
        return np.array(table, dtype=np.int64)[codes]  # the code -1 reads the last entry


class ReferenceInputs(Block):
    """The reference leads, as shares; nothing of a single lead is in it."""

    n_rows: int
    n_leads: int
    first_as_of: str | None
    last_as_of: str | None
    profiles: tuple[Profile, ...]
    chance: Profile
    grades: dict[str, float]  # share of the rows
    expected_auc: float
    expected_brier: float


def unknown_values(values: "pd.Series[Any]", levels: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which values a model takes for 'other': neither missing nor one of its levels."""
    return np.asarray(values.notna() & ~values.astype(object).isin(levels), dtype=np.bool_)
