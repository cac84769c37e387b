"""From samples to a fitted scorer: encode, order, boost, blend, calibrate."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_trees, fit_until_it_stops
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.cross_fit import CrossFit, cross_fit, fold_of_each
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.linear_fit import fit_linear
from predictive_scoring.model.row_order import canonical_order
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.model.share import chosen_share
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

    With a validation window the trees stop on it, and it shows how the halves should be weighted; then as many trees,
    and the linear part, are fitted anew on training, between and validation together. The calibrator is fitted on a
    window that neither fit has seen. At last, with `settings.refit`, both halves are fitted once more with that window
    too, the newest there is; of the calibrator the bends stay, which only unseen leads can show, and its level is set
    anew, since the halves have now learned it themselves.

    Without a validation window, the number of trees and the shares come from folds of leads, and without a calibration
    window the calibrator is fitted on out-of-fold scores.
    """
    whole = joined([sample for sample in (train, later.between, later.validation) if sample is not None])
    encoding = _encoding(whole, settings)
    rows = ordered(whole, encoding, settings.lead_weight_power)
    held_out = None if later.validation is None else _stopped(train, later.validation, settings)
    folds: CrossFit | None = None
    if held_out is None or later.calibration is None:
        fold_of = fold_of_each(rows, settings.n_folds, settings.seed)
        folds = cross_fit(rows, encoding, settings, fold_of, held_out and held_out.n_trees)
        held_out = held_out or HeldOut(folds.n_trees, _share(folds.trees, folds.linear, rows, settings))
    scorer = _fitted(rows, encoding, held_out, settings)
    seen = scorer.raw_of(rows.encoded) if folds is None else folds.blended(held_out.linear_share)
    scorer = replace(scorer, offset=offset_to_mean(seen, rows.y, rows.importance))
    sample = _calibration_sample(scorer, rows, folds, later.calibration)
    calibrator = fit_calibrator(sample, settings.n_replicas, np.random.default_rng(settings.seed))
    scorer = replace(scorer, calibrator=calibrator)
    if later.calibration is None or not settings.refit:
        return scorer
    return _refitted(scorer, joined([whole, later.calibration]), later.calibration, held_out, settings)


@dataclass(frozen=True)
class HeldOut:
    """What leads that a fit had not seen say of it."""

    n_trees: int
    linear_share: float


def _fitted(rows: Rows, encoding: Encoding, held_out: HeldOut, settings: Train) -> Scorer:
    booster = fit_trees(rows, encoding, settings, held_out.n_trees)
    linear = _linear(rows, encoding, settings)
    return Scorer(encoding, booster, linear, held_out.linear_share, Calibrator(method="none"), settings.n_threads)


def _linear(rows: Rows, encoding: Encoding, settings: Train) -> LinearPart:
    return fit_linear(rows.encoded, rows.y, rows.weight, encoding, settings.linear_l2, n_knots=settings.linear_knots)


def _refitted(scorer: Scorer, known: Sample, newest: Sample, held_out: HeldOut, settings: Train) -> Scorer:
    """Return the scorer fitted to all that is known, its calibrator's level set to the newest window's share."""
    encoding = _encoding(known, settings)
    rows = ordered(known, encoding, settings.lead_weight_power)
    fitted = _fitted(rows, encoding, held_out, settings)
    offset = offset_to_mean(fitted.raw_of(rows.encoded), rows.y, rows.importance)
    fitted = replace(fitted, offset=offset, calibrator=scorer.calibrator)
    if scorer.calibrator.method == "none":
        return fitted
    last = ordered(newest, encoding, 0.0)
    level = offset_to_mean(scorer.calibrator.log_odds(fitted.raw_of(last.encoded)), last.y, last.importance)
    return replace(fitted, calibrator=scorer.calibrator.moved(level))


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


def _stopped(train: Sample, validation: Sample, settings: Train) -> HeldOut:
    encoding = _encoding(train, settings)
    rows = ordered(train, encoding, settings.lead_weight_power)
    unseen = ordered(validation, encoding, settings.lead_weight_power)
    booster = fit_until_it_stops(rows, unseen, encoding, settings)
    trees = np.asarray(booster.predict(unseen.encoded, raw_score=True, num_threads=settings.n_threads))
    linear = _linear(rows, encoding, settings).log_odds(unseen.encoded)
    return HeldOut(booster.num_trees(), _share(trees, linear, unseen, settings))


def _share(trees: NDArray[np.float64], linear: NDArray[np.float64], unseen: Rows, settings: Train) -> float:
    """Return the share of the linear half; rows count so that their weights add up to the number of leads."""
    by_lead = unseen.importance * snapshot_weights(unseen.leads, 1.0)
    n_leads = len(np.unique(unseen.leads))
    return chosen_share(trees, linear, unseen.y, by_lead * (n_leads / by_lead.sum()), settings.linear_share)


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
    raw = (
        scorer.raw_of(rows.encoded) if out_of_fold is None else out_of_fold.blended(scorer.linear_share) + scorer.offset
    )
    return CalibrationSample(raw, rows.y, rows.leads, rows.importance)
