"""From samples to a fitted scorer: encode, order, boost, blend, calibrate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows, fit_trees
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.cross_fit import CrossFit, cross_fit, fold_of_each
from predictive_scoring.model.disagreement import error_by_part
from predictive_scoring.model.encoding import Direction, Encoding
from predictive_scoring.model.held_out import HeldOut, share_of, stopped_on
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.linear_fit import fit_linear_half, linear_fits
from predictive_scoring.model.row_order import canonical_order
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.model.weights import look_weights


@dataclass(frozen=True)
class Sample:
    """A window's rows: (n, k) frame, labels 0 or 1, whose row each is, how much it counts, which look it is.

    Looks at a lead are numbered from 1 in the order of time; where each row is a lead of its own, all are the first.
    """

    frame: pd.DataFrame
    y: NDArray[np.float64]
    leads: NDArray[Any]
    importance: NDArray[np.float64]
    looks: NDArray[np.int64]

    def take(self, rows: NDArray[Any]) -> "Sample":
        """Return some of the rows."""
        return Sample(self.frame.iloc[rows], self.y[rows], self.leads[rows], self.importance[rows], self.looks[rows])


@dataclass(frozen=True)
class LaterWindows:
    """Samples of later leads; what is None is done out of fold on the training rows instead."""

    validation: Sample | None = None  # with it, leads of one fold stop the trees; without it, every fold does
    between: Sample | None = None  # rows of leads that lie between training and validation, for the final fit only
    calibration: Sample | None = None  # the calibrator is fitted on it


@dataclass(frozen=True)
class Fitted:
    """The blend and, for whoever prefers the simpler model, its logistic half alone: each with a level of its own."""

    blend: Scorer
    logistic: Scorer

    def each(self, change: Callable[[Scorer], Scorer]) -> "Fitted":
        """Return both, changed."""
        return Fitted(change(self.blend), change(self.logistic))


def fit_scorers(
    train: Sample, later: LaterWindows, settings: Train, directions: Mapping[str, Direction] | None = None
) -> Fitted:
    """Return the scorers of a training sample.

    With a validation window a share of the leads of training, between and validation is held out: on them the trees
    stop, and they show how the halves should be weighted; then as many trees, and the linear part, are fitted anew on
    all of these rows. Leads of all times and not the validation window alone: what one window says of a regime that
    has passed is a poor guide where rates drift. The calibrator is fitted on a window that neither fit has seen. At
    last, with `settings.refit`, both halves are fitted once more with that window too, the newest there is; of the
    calibrator stays what draws log-odds together, which only unseen leads can show, and its level is set anew, since
    the halves have now learned it themselves.

    How far a lead's chance may be off is what the fits' spread over leads says, times the regression's `widening`: the
    trees are held back too, and have no such figure of their own.

    Without a validation window, the number of trees and the shares come from folds of leads, and without a calibration
    window the calibrator is fitted on out-of-fold scores.

    Parameters
    ----------
    directions : mapping, optional
        From names of numbers to 1 or -1: both halves may only rise, or only fall, with them, and so does the blend.
    """
    whole = joined([sample for sample in (train, later.between, later.validation) if sample is not None])
    encoding = encoding_of(whole, settings, directions)
    rows = ordered(whole, encoding, settings.lead_weight_power)
    fold_of = fold_of_each(rows, settings.n_folds, settings.seed)
    held_out = None if later.validation is None else _stopped(rows, fold_of == 0, encoding, settings)
    folds: CrossFit | None = None
    if held_out is None or later.calibration is None:
        folds = cross_fit(rows, encoding, settings, fold_of, held_out)
        share = share_of(folds.trees, folds.linear, rows, settings)
        held_out = held_out or HeldOut(folds.growth, folds.shape, share)
    fits = linear_fits(rows, encoding, settings)
    linear, widening = fits.part(held_out.shape), fits.widening(held_out.shape)
    del fits  # and with it a matrix as large as the rows
    fitted = _fitted(rows, encoding, held_out, settings, linear)

    def calibrated(scorer: Scorer) -> Scorer:
        seen = scorer.raw_of(rows.encoded) if folds is None else folds.blended(scorer.linear_share)
        levelled = replace(scorer, offset=offset_to_mean(seen, rows.y, rows.importance))
        judged = rows if later.calibration is None else ordered(later.calibration, encoding)
        if folds is not None:
            error = folds.error_of(scorer.linear_share, rows.importance)
        else:
            error = _error(scorer, held_out, judged)
        sample = _calibration_sample(levelled, judged, folds if later.calibration is None else None)
        calibrator = fit_calibrator(sample, settings.n_replicas, np.random.default_rng(settings.seed))
        return replace(levelled, calibrator=calibrator.model_copy(update={"model_error": widening * error}))

    fitted = fitted.each(calibrated)
    if later.calibration is None or not settings.refit:
        return fitted
    known = joined([whole, later.calibration])
    return _refitted(fitted, known, later.calibration, encoding_of(known, settings, directions), held_out, settings)


def _fitted(rows: Rows, encoding: Encoding, held_out: HeldOut, settings: Train, linear: LinearPart) -> Fitted:
    booster = fit_trees(rows, encoding, held_out.growth.settings, held_out.growth.n_trees)
    blend = Scorer(encoding, booster, linear, held_out.linear_share, Calibrator(method="none"), settings.n_threads)
    return Fitted(blend, replace(blend, linear_share=1.0))


def _refitted(
    before: Fitted, known: Sample, newest: Sample, encoding: Encoding, held_out: HeldOut, settings: Train
) -> Fitted:
    """Return the scorers fitted to all that is known, their calibrators' level set to the newest window's share.

    Slopes above one are not taken over: that a fit was too timid for the newest window is what the next one has learned
    from that window itself, and stretching it would count it twice.
    """
    rows = ordered(known, encoding, settings.lead_weight_power)
    last = ordered(newest, encoding)
    linear = fit_linear_half(rows, encoding, settings, held_out.shape)
    fitted = _fitted(rows, encoding, held_out, settings, linear)

    def levelled(scorer: Scorer, calibrator: Calibrator) -> Scorer:
        offset = offset_to_mean(scorer.raw_of(rows.encoded), rows.y, rows.importance)
        scorer = replace(scorer, offset=offset, calibrator=calibrator)
        if calibrator.method == "none":
            return scorer
        level = offset_to_mean(calibrator.log_odds(scorer.raw_of(last.encoded)), last.y, last.importance)
        return replace(scorer, calibrator=calibrator.moved(level))

    return Fitted(
        levelled(fitted.blend, before.blend.calibrator.unstretched()),
        levelled(fitted.logistic, before.logistic.calibrator.unstretched()),
    )


def joined(samples: list[Sample]) -> Sample:
    """Return samples as one."""
    return Sample(
        pd.concat([sample.frame for sample in samples], ignore_index=True),
        np.concatenate([sample.y for sample in samples]),
        np.concatenate([sample.leads for sample in samples]),
        np.concatenate([sample.importance for sample in samples]),
        np.concatenate([sample.looks for sample in samples]),
    )


def encoding_of(sample: Sample, settings: Train, directions: Mapping[str, Direction] | None) -> Encoding:
    """Return the encoding of a sample; on tiny data a level of a category may be rarer."""
    least, most = min(settings.min_level_leads, max(1, len(sample.y) // 10)), settings.max_levels
    return Encoding.fit(sample.frame, sample.leads, min_level_leads=least, max_levels=most, directions=directions)


def _stopped(rows: Rows, unseen: NDArray[np.bool_], encoding: Encoding, settings: Train) -> HeldOut:
    return stopped_on(rows.take(~unseen), rows.take(unseen), encoding, settings)


def ordered(sample: Sample, encoding: Encoding, lead_weight_power: float = 0.0) -> Rows:
    """Return a sample's rows, encoded, weighted and in canonical order."""
    encoded = encoding.encode(sample.frame)
    weight = sample.importance * look_weights(sample.looks, lead_weight_power, sample.importance)
    order = canonical_order(encoded, sample.y, weight, sample.importance)
    return Rows(encoded, sample.y, weight, sample.importance, sample.leads).take(order)


def _error(scorer: Scorer, held_out: HeldOut, unseen: Rows) -> float:
    """Return how far log-odds would move had other leads been learned from; 0 if no partial fit tells."""
    if held_out.fit is None:
        return 0.0
    part = held_out.fit.raw_of(unseen.encoded, scorer.linear_share)
    return error_by_part(scorer.raw_of(unseen.encoded), part, held_out.fit.share)


def _calibration_sample(scorer: Scorer, judged: Rows, folds: CrossFit | None) -> CalibrationSample:
    """Return what the calibrator is fitted on; `folds` where it is the rows that were learned from."""
    raw = scorer.raw_of(judged.encoded) if folds is None else folds.blended(scorer.linear_share) + scorer.offset
    return CalibrationSample(raw, judged.y, judged.leads, judged.importance)
