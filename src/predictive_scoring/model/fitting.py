"""From samples to a fitted scorer: encode, order, boost, blend, calibrate."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_trees, fit_until_it_stops
from predictive_scoring.model.calibration import Calibrator, sigmoid
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.cross_fit import CrossFit, cross_fit, fold_of_each
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear_fit import fit_linear
from predictive_scoring.model.row_order import canonical_order
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.model.weights import snapshot_weights


@dataclass(frozen=True)
class Sample:
    """A window's rows: (n, k) frame, labels 0 or 1, whose row each is, and how much it counts."""

    frame: pd.DataFrame
    y: NDArray[np.float64]
    leads: NDArray[Any]
    importance: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> "Sample":
        """Return some of the rows."""
        return Sample(self.frame.loc[rows], self.y[rows], self.leads[rows], self.importance[rows])


@dataclass(frozen=True)
class LaterWindows:
    """Samples of later leads; what is None is done out of fold on the training rows instead."""

    validation: Sample | None = None  # the trees stop on it
    between: Sample | None = None  # rows of leads that lie between training and validation, for the final fit only
    calibration: Sample | None = None  # the calibrator is fitted on it


def fit_scorer(train: Sample, later: LaterWindows, settings: Train) -> Scorer:
    """Return the scorer of a training sample.

    With a validation window the trees stop on it; then as many trees, and the linear part, are fitted anew on
    training, between and validation together: what they were stopped on is data like any other once their number is
    known, and the newest. The calibrator is fitted on a window that neither fit has seen.

    Without it, the number of trees comes from folds of leads, and without a calibration window the calibrator is
    fitted on out-of-fold scores.
    """
    whole = joined([sample for sample in (train, later.between, later.validation) if sample is not None])
    encoding = _encoding(whole, settings)
    rows = ordered(whole, encoding, settings.lead_weight_power)
    n_trees = None if later.validation is None else _n_trees(train, later.validation, settings)
    folds: CrossFit | None = None
    if n_trees is None or later.calibration is None:
        fold_of = fold_of_each(rows, settings.n_folds, settings.seed)
        folds = cross_fit(rows, encoding, settings, fold_of, n_trees)
    booster = fit_trees(rows, encoding, settings, n_trees or (folds.n_trees if folds else 1))
    linear = fit_linear(rows.encoded, rows.y, rows.weight, encoding, settings.linear_l2)
    scorer = Scorer(encoding, booster, linear, settings.linear_share, Calibrator(method="none"), settings.n_threads)
    seen = folds.raw if folds is not None else scorer.raw_of(rows.encoded)
    scorer = replace(scorer, offset=offset_to_mean(seen, rows.y, rows.importance))
    sample = _calibration_sample(scorer, rows, folds, later.calibration)
    calibrator = fit_calibrator(sample, settings.n_replicas, np.random.default_rng(settings.seed))
    return replace(scorer, calibrator=calibrator)


def joined(samples: list[Sample]) -> Sample:
    """Return samples as one."""
    return Sample(
        pd.concat([sample.frame for sample in samples], ignore_index=True),
        np.concatenate([sample.y for sample in samples]),
        np.concatenate([sample.leads for sample in samples]),
        np.concatenate([sample.importance for sample in samples]),
    )


def _encoding(sample: Sample, settings: Train) -> Encoding:
    least = min(settings.min_level_leads, max(1, len(sample.y) // 10))
    return Encoding.fit(sample.frame, sample.leads, min_level_leads=least, max_levels=settings.max_levels)


def _n_trees(train: Sample, validation: Sample, settings: Train) -> int:
    encoding = _encoding(train, settings)
    rows = ordered(train, encoding, settings.lead_weight_power)
    later = ordered(validation, encoding, settings.lead_weight_power)
    return int(fit_until_it_stops(rows, later, encoding, settings).num_trees())


def offset_to_mean(raw: NDArray[np.float64], y: NDArray[np.float64], importance: NDArray[np.float64]) -> float:
    """Return what to add to raw log-odds so that the mean probability is the share that converted.

    Weights by lead change the share that training sees, and a mean of log-odds lies below the log-odds of the mean
    where chances are small: both would make every probability wrong by the same factor.
    """
    offset, rate = 0.0, float(np.average(y, weights=importance))
    for _ in range(50):
        chance = sigmoid(raw + offset)
        slope = float(np.average(chance * (1 - chance), weights=importance))
        step = (rate - float(np.average(chance, weights=importance))) / max(slope, 1e-12)
        offset += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-10:
            break
    return offset


def ordered(sample: Sample, encoding: Encoding, lead_weight_power: float) -> Rows:
    """Return a sample's rows, encoded, weighted and in canonical order."""
    encoded = encoding.encode(sample.frame)
    weight = sample.importance * snapshot_weights(sample.leads, lead_weight_power)
    order = canonical_order(encoded, sample.y, weight, sample.importance)
    return Rows(encoded, sample.y, weight, sample.importance, sample.leads).take(order)


def _calibration_sample(
    scorer: Scorer, rows: Rows, folds: CrossFit | None, calibration: Sample | None
) -> CalibrationSample:
    if calibration is not None:
        rows = ordered(calibration, scorer.encoding, 0.0)
    out_of_fold = folds if calibration is None else None
    raw = scorer.raw_of(rows.encoded) if out_of_fold is None else out_of_fold.raw + scorer.offset
    return CalibrationSample(raw, rows.y, rows.leads, rows.importance)
