"""From a dataset's windows to a fitted model: which looks are learned from, and how much each counts."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.features.dataset import KEYS, Dataset
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.fitting import Later, Sample
from predictive_scoring.model.weights import look_numbers
from predictive_scoring.snapshots.instants import micros_of
from predictive_scoring.snapshots.thinning import spread_looks

JUDGES = "calibration"  # as many looks at its leads as may be: the calibrator and the level are read off them


def lessons(dataset: Dataset, known: Mapping[str, pa.Table], max_rows: int) -> dict[str, Sample]:
    """Return a sample for each use: of more than `max_rows` rows some looks at each lead, counting for the others.

    The calibration rows are counted for themselves.

    Parameters
    ----------
    known
        Labelled rows of the dataset by what they are for, as `Dataset.training_windows` has them.
    """
    every = sum(rows.num_rows for use, rows in known.items() if use != JUDGES) / max_rows
    given = {use: rows for use, rows in known.items() if rows.num_rows}
    numbers = _look_numbers(list(given.values()))
    return {
        use: _sample(dataset, rows, its, rows.num_rows / max_rows if use == JUDGES else every)
        for (use, rows), its in zip(given.items(), numbers, strict=True)
    }


def _look_numbers(tables: list[pa.Table]) -> list[NDArray[np.int64]]:
    """Return which look at its lead each row is, through all tables: of one lead some looks may lie in the next."""
    if not tables:
        return []
    leads, at = (pa.chunked_array([c for t in tables for c in t[name].chunks]) for name in KEYS)
    numbers = look_numbers(leads.to_numpy(), micros_of(at))
    return np.split(numbers, np.cumsum([table.num_rows for table in tables])[:-1])


def _sample(dataset: Dataset, rows: pa.Table, numbers: NDArray[np.int64], every: float) -> Sample:
    """Return labelled rows as a sample, of each lead about one look of so many."""
    leads = rows["lead_id"].to_numpy(zero_copy_only=False)
    places, stands_for = spread_looks(leads, micros_of(rows["as_of"]), every)
    chosen = rows.take(pa.array(places))
    return Sample(dataset.frame(chosen), labels(chosen), leads[places], stands_for, numbers[places])


def as_few(settings: Train, share: float) -> Train:
    """Return settings for a share of the looks: a leaf holds as many of the few as of all."""
    return settings.model_copy(update={"min_leaf_rows": max(1, round(settings.min_leaf_rows * share))})


def labels(rows: pa.Table) -> NDArray[np.float64]:
    """Return whether each row of a table of labelled snapshots converted, 0 or 1."""
    return np.asarray(rows["converted"].to_numpy(zero_copy_only=False), dtype=np.float64)


def later_of(samples: Mapping[str, Sample]) -> Later | None:
    """Return what the samples of `lessons` hold beside training; None if nothing calibrates."""
    return Later(samples[JUDGES], samples.get("between")) if JUDGES in samples else None


def learned(dataset: Dataset, samples: Mapping[str, Sample], settings: Train) -> ConversionModel:
    """Return the model that the samples of `lessons` teach."""
    first = samples["train"]
    later = {use: sample for use, sample in samples.items() if use != "train"} if JUDGES in samples else {}
    n_rows, n_looks = (
        sum(each) for each in zip(*((len(s.y), s.importance.sum()) for s in samples.values()), strict=True)
    )
    chosen = as_few(settings, n_rows / n_looks)
    return ConversionModel.from_settings(chosen, dataset.catalogue.directions).fit(
        first.frame,
        first.y,
        first.importance,
        groups=first.leads,
        looks=first.looks,
        **{use: (each.frame, each.y, each.leads, each.importance, each.looks) for use, each in later.items()},
    )
