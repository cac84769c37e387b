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
from predictive_scoring.model.cross_fit import CrossFit, cross_fit, fold_of_each, usable_folds
from predictive_scoring.model.encoding import Direction, Encoding
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.linear_fit import fit_of_shape, widening_of
from predictive_scoring.model.penalties import Fit
from predictive_scoring.model.prepared import Prepared
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
class Fitted:
    """The blend and, for whoever prefers the simpler model, its logistic half alone: each with a level of its own."""

    blend: Scorer
    logistic: Scorer

    def each(self, change: Callable[[Scorer], Scorer]) -> "Fitted":
        """Return both, changed."""
        return Fitted(change(self.blend), change(self.logistic))


@dataclass(frozen=True)
class Later:
    """A later window, which the calibrator is fitted on, and rows between training and its end, for the refit only."""

    calibration: Sample
    between: Sample | None = None

    def known(self, train: Sample) -> Sample:
        """Return everything with training: what the refit learns from."""
        return joined([sample for sample in (train, self.between, self.calibration) if sample is not None])


def fit_scorers(
    train: Sample, later: Later | None, settings: Train, directions: Mapping[str, Direction] | None = None
) -> Fitted:
    """Return the scorers of a training sample.

    Folds of its leads say how many trees there are, which shape the regression has and how the halves are weighted,
    see `cross_fit`; then both are fitted to all of it. Leads of all times and not the newest alone: what one window
    says of a regime that has passed is a poor guide where rates drift. The calibrator is fitted on a later window,
    which neither fit has seen. At last, with `settings.refit`, both halves are fitted once more with that window too,
    the newest there is, and with what lies between; of the calibrator stays what draws log-odds together, which only
    unseen leads can show, and its level is set anew, since the halves have now learned it themselves.

    Without a calibration window the calibrator is fitted on out-of-fold scores. With one, time goes on after training:
    lines that bend would run on from their last bend into values that nobody has seen, and measured worse.

    How far a lead's chance may be off is what the fits' spread over folds says, times the regression's `widening`: the
    trees are held back too, and have no such figure of their own.

    Parameters
    ----------
    directions : mapping, optional
        From names of numbers to 1 or -1: both halves may only rise, or only fall, with them, and so does the blend.
    """
    if later is not None:
        settings = without_bends(settings)
    encoding = encoding_of(train, settings, directions)
    rows = ordered(train, encoding, settings.lead_weight_power)
    prepared = Prepared(rows, encoding, settings)
    folds = fold_of_each(rows, settings.n_folds, settings.seed)
    told = cross_fit(prepared, settings, usable_folds(rows, folds))
    judged = None if later is None else ordered(later.calibration, encoding)
    design = prepared.design(told.shape.n_knots)
    linear = fit_of_shape(design, rows, encoding, settings, told.shape)
    widening = widening_of(design, linear, rows.weight)

    def calibrated(scorer: Scorer) -> Scorer:
        unseen = told.unseen(scorer.linear_share) if told.left_out else scorer.raw_of(rows.encoded)
        levelled = replace(scorer, offset=offset_to_mean(unseen, rows.y, rows.importance))
        if judged is None:
            sample = CalibrationSample(unseen + levelled.offset, rows.y, rows.leads, rows.importance)
        else:
            sample = CalibrationSample(levelled.raw_of(judged.encoded), judged.y, judged.leads, judged.importance)
        calibrator = fit_calibrator(sample, settings.n_replicas, np.random.default_rng(settings.seed))
        error = widening * told.error_of(scorer.linear_share, rows.importance)
        return replace(levelled, calibrator=calibrator.model_copy(update={"model_error": error}))

    fitted = _fitted(prepared, linear, told, settings).each(calibrated)
    if later is None or not settings.refit:
        return fitted
    del prepared, design  # each as large as the rows, and the refit's are larger
    known = later.known(train)
    return _refitted(fitted, known, later.calibration, encoding_of(known, settings, directions), told, settings)


def _fitted(prepared: Prepared, linear: Fit, told: CrossFit, settings: Train) -> Fitted:
    encoding = prepared.encoding
    part = prepared.design(told.shape.n_knots).part(linear, prepared.rows.weight, encoding)
    booster = fit_trees(prepared.bins, encoding, told.growth.settings, told.growth.n_trees)
    blend = Scorer(encoding, booster, part, told.linear_share, Calibrator(method="none"), settings.n_threads)
    return Fitted(blend, replace(blend, linear_share=1.0))


def _refitted(
    before: Fitted, known: Sample, newest: Sample, encoding: Encoding, told: CrossFit, settings: Train
) -> Fitted:
    """Return the scorers fitted to all that is known, their calibrators' level set to the newest window's share."""
    rows = ordered(known, encoding, settings.lead_weight_power)
    last = ordered(newest, encoding)
    prepared = Prepared(rows, encoding, settings)
    linear = fit_of_shape(prepared.design(told.shape.n_knots), rows, encoding, settings, told.shape)
    fitted = _fitted(prepared, linear, told, settings)

    def levelled(scorer: Scorer, calibrator: Calibrator) -> Scorer:
        offset, moved = settled(calibrator, scorer.raw_of(rows.encoded), rows, scorer.raw_of(last.encoded), last)
        return replace(scorer, offset=offset, calibrator=moved)

    return Fitted(
        levelled(fitted.blend, before.blend.calibrator), levelled(fitted.logistic, before.logistic.calibrator)
    )


def settled(
    before: Calibrator, raw: NDArray[np.float64], rows: Rows, raw_last: NDArray[np.float64], last: Rows
) -> tuple[float, Calibrator]:
    """Return the offset of a refit to rows, and the calibrator of the fit before it with its level at the newest rows.

    Slopes above one are not taken over: that a fit was too timid for the newest window is what the next one has learned
    from that window itself, and stretching it would count it twice.

    Parameters
    ----------
    raw, raw_last : (n,) arrays
        What the refit says of all rows, and of the newest.
    """
    offset = offset_to_mean(raw, rows.y, rows.importance)
    kept = before.unstretched()
    if kept.method == "none":
        return offset, kept
    return offset, kept.moved(offset_to_mean(kept.log_odds(raw_last + offset), last.y, last.importance))


def without_bends(settings: Train) -> Train:
    """Return settings for a fit that a later window follows."""
    return settings.model_copy(update={"linear_knots": 0})


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


def ordered(sample: Sample, encoding: Encoding, lead_weight_power: float = 0.0) -> Rows:
    """Return a sample's rows, encoded, weighted and in canonical order."""
    encoded = encoding.encode(sample.frame)
    weight = sample.importance * look_weights(sample.looks, lead_weight_power, sample.importance)
    order = canonical_order(encoded, sample.y, weight, sample.importance)
    return Rows(encoded, sample.y, weight, sample.importance, sample.leads).take(order)
