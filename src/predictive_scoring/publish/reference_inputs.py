"""What the model's inputs looked like when it was made, for monitoring to compare later leads with.

The reference leads are those that a scoring job would have met: everyone open at some instants of the time on which
the model was calibrated and judged, whichever window a lead was learned from.
"""

from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.evaluate.divergence import psi
from predictive_scoring.evaluate.ranking import expected_auc
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import reference_window
from predictive_scoring.model.encoding import Column
from predictive_scoring.model.scorer import Scorer

INPUTS = "reference_inputs.json"
CHANCE = "probability"  # the profile of the model's own answers; no feature has this name
N_BINS = 10
MAX_LEVELS = 20
N_INSTANTS = 12
_DIGITS = 4  # of an edge: a number that belongs to one lead is not kept to its last digit

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


def reference_inputs(dataset: Dataset, scorer: Scorer, cutoffs: dict[str, float]) -> ReferenceInputs:
    """Return the profile of every column of a model, and of its answers, among the reference leads.

    Parameters
    ----------
    cutoffs
        Grade to least probability, best first; below the last: D.
    """
    rows = reference_rows(dataset)
    frame = dataset.frame(rows)
    chance = scorer.probability(scorer.raw(frame))
    instant = np.unique(np.asarray(rows["as_of"].cast(pa.int64()).fill_null(0)), return_inverse=True)[1]
    columns = {column.name: column for column in scorer.encoding.columns}
    floors = np.array(list(cutoffs.values()))
    place = (chance[:, None] < floors[None, :]).sum(axis=1)
    seen = pc.min_max(rows["as_of"]).as_py()
    return ReferenceInputs(
        n_rows=rows.num_rows,
        n_leads=pc.count_distinct(rows["lead_id"]).as_py(),
        first_as_of=seen["min"].isoformat() if seen["min"] else None,
        last_as_of=seen["max"].isoformat() if seen["max"] else None,
        profiles=tuple(_profiled(columns[name], frame[name], instant) for name in frame.columns),
        chance=_profiled(Column(name=CHANCE, kind="number"), pd.Series(chance), instant),
        grades={letter: float((place == at).mean()) for at, letter in enumerate([*cutoffs, "D"])},
        expected_auc=expected_auc(chance, chance),
        expected_brier=float((chance * (1 - chance)).mean()),
    )


def reference_rows(dataset: Dataset) -> pa.Table:
    """Return everyone open at up to `N_INSTANTS` instants, evenly spread from the reference window to the test window.

    A table without instants gives the rows of the reference window.
    """
    windows = dataset.windows.windows
    first, last = windows["calibrate" if "calibrate" in windows else "test"], windows["test"]
    if first.start is None or last.end is None:
        return dataset.rows(reference_window(dataset))
    as_of = dataset.table["as_of"]
    within = pc.and_(pc.greater_equal(as_of, pa.scalar(first.start)), pc.less(as_of, pa.scalar(last.end)))
    rows = dataset.table.filter(within)
    instants = rows["as_of"].unique().sort()
    places = np.unique(np.linspace(0, len(instants) - 1, min(N_INSTANTS, len(instants))).round().astype(np.int64))
    return rows.filter(pc.is_in(rows["as_of"], instants.take(pa.array(places))))


def _profiled(column: Column, values: "pd.Series[Any]", instant: Codes) -> Profile:
    profile = _binned(column, values)
    counts = np.zeros((int(instant.max(initial=0)) + 1, profile.n_bins))
    np.add.at(counts, (instant, profile.codes(values)), 1.0)
    whole = counts.sum(axis=0)
    usual = max(psi(whole, part) for part in counts)
    unknown = unknown_values(values, column.levels).mean() if column.kind == "category" else 0.0
    shares = tuple((whole / whole.sum()).tolist())
    return profile.model_copy(update={"shares": shares, "usual_psi": usual, "unknown_share": float(unknown)})


def unknown_values(values: "pd.Series[Any]", levels: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which values a model takes for 'other': neither missing nor one of its levels."""
    return np.asarray(values.notna() & ~values.astype(object).isin(levels), dtype=np.bool_)


def _binned(column: Column, values: "pd.Series[Any]") -> Profile:
    if column.kind == "category":
        codes, texts = pd.factorize(values)
        counts = dict(zip(map(str, texts), np.bincount(codes[codes >= 0], minlength=len(texts)), strict=True))
        common = sorted(column.levels, key=lambda level: (-counts.get(level, 0), level))[:MAX_LEVELS]
        return Profile(name=column.name, kind="category", levels=tuple(sorted(common)))
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return Profile(name=column.name, kind="number")
    # The last cut leaves a bin for what was hardly seen: without it, a value that everybody has could grow unnoticed.
    cuts = np.quantile(numbers, [*(np.arange(1, N_BINS) / N_BINS), 0.999], method="inverted_cdf")
    edges = sorted({float(f"{cut:.{_DIGITS}g}") for cut in cuts})
    return Profile(
        name=column.name, kind="number", edges=tuple(edges), median=float(f"{np.median(numbers):.{_DIGITS}g}")
    )
