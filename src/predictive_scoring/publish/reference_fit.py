"""Measuring the reference leads when a model is published."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.evaluate.divergence import psi
from predictive_scoring.evaluate.ranking import expected_auc
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.candidate import reference_window
from predictive_scoring.model.encoding import Column
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.publish.own_parts import OwnPart, chances_of
from predictive_scoring.publish.reference_inputs import CHANCE, Codes, Profile, ReferenceInputs, unknown_values

N_BINS = 10
MAX_LEVELS = 20
N_INSTANTS = 12
_DIGITS = 4  # of an edge: a number that belongs to one lead is not kept to its last digit


def reference_inputs(
    dataset: Dataset, scorer: Scorer, cutoffs: dict[str, float], own: Sequence[OwnPart] = ()
) -> ReferenceInputs:
    """Return the profile of every column of a model, and of its answers, among the reference leads.

    Parameters
    ----------
    cutoffs
        Grade to least probability, best first; below the last: D.
    own
        Models that answer for a part of the leads.
    """
    rows = reference_rows(dataset)
    frame = dataset.frame(rows)
    chance = chances_of(scorer, own, frame)
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
