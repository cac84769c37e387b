"""Fitting the baselines on the samples that the model is fitted on."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.baselines import RANKING, Baselines
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.cross_fit import fold_of_each, usable_folds
from predictive_scoring.model.fitting import Later, Sample, ordered, settled
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.naive_bayes import fit_naive_bayes
from predictive_scoring.model.points_part import as_linear_part
from predictive_scoring.model.points_table import fit_points_table
from predictive_scoring.model.scorer import Scorer

LOGISTIC = "logistic"
_FITTED_HERE = tuple(name for name in RANKING if name != LOGISTIC)
SHIPPABLE = ("points", "logistic")  # may go into a bundle, which tells an interval for each lead
_POINTS_SLOPE = 0.25  # log-odds a point before calibration; any positive number would do


def fit_baselines(train: Sample, later: Later | None, settings: Train, logistic: Scorer) -> Baselines:
    """Return the baselines, each fitted, levelled, calibrated and fitted anew as the model is.

    Parameters
    ----------
    train : Sample
        What they learn from.
    later : Later, optional
        What they are calibrated on and, with `settings.refit`, learn from in the end; without it they are calibrated on
        out-of-fold scores of `train`, by lead.
    logistic : Scorer
        The model's own logistic half, as fitted, levelled and calibrated: of the two the blend is to be told from
        nothing but the trees. Its encoding serves all, so that all see the same columns.
    """
    rows = ordered(train, logistic.encoding, settings.lead_weight_power)
    fitted = _fit(rows, logistic)
    if later is None:
        judged, raw = rows, _out_of_fold(rows, logistic, settings)
        offsets = _levels(raw, judged)
    else:
        judged, offsets = ordered(later.calibration, logistic.encoding), _levels(fitted.raw(rows.encoded), rows)
        raw = fitted.raw(judged.encoded)
    calibrators = {}
    for name in _FITTED_HERE:
        sample = CalibrationSample(raw[name] + offsets[name], judged.y, judged.leads, judged.importance)
        n_replicas = settings.n_replicas if name in SHIPPABLE else 0
        calibrators[name] = fit_calibrator(sample, n_replicas, np.random.default_rng(settings.seed))
    if later is not None and settings.refit:
        known = ordered(later.known(train), logistic.encoding, settings.lead_weight_power)
        fitted = _fit(known, logistic)
        raw, newest = fitted.raw(known.encoded), fitted.raw(judged.encoded)
        for name in _FITTED_HERE:
            offsets[name], calibrators[name] = settled(calibrators[name], raw[name], known, newest[name], judged)
    return fitted.model_copy(
        update={
            "rate": float(np.average(judged.y, weights=judged.importance)),
            "offsets": {**offsets, LOGISTIC: logistic.offset},
            "calibrators": {**calibrators, LOGISTIC: logistic.calibrator},
        }
    )


def _levels(raw: Mapping[str, NDArray[np.float64]], rows: Rows) -> dict[str, float]:
    return {name: offset_to_mean(raw[name], rows.y, rows.importance) for name in _FITTED_HERE}


def _fit(rows: Rows, logistic: Scorer) -> Baselines:
    encoding = logistic.encoding
    rate = float(np.average(rows.y, weights=rows.weight))
    offset = float(np.log(rate / (1 - rate)))
    points = fit_points_table(rows.encoded, rows.y, rows.weight, encoding)
    return Baselines(
        encoding=encoding,
        rate=rate,
        single=fit_points_table(rows.encoded, rows.y, rows.weight, encoding, n_questions=1),
        points=points,
        points_offset=offset,
        points_slope=_POINTS_SLOPE,
        points_part=as_linear_part(points, (offset, _POINTS_SLOPE), rows.encoded, rows.weight, encoding),
        naive_bayes=fit_naive_bayes(rows.encoded, rows.y, rows.weight, encoding),
        logistic=logistic.linear,
        offsets=dict.fromkeys(RANKING, 0.0),
        calibrators={name: Calibrator(method="none") for name in RANKING},
    )


def _out_of_fold(rows: Rows, logistic: Scorer, settings: Train) -> dict[str, NDArray[np.float64]]:
    """Return raw log-odds of every row by fits without it; on tiny data, without folds, as fitted."""
    left_out = usable_folds(rows, fold_of_each(rows, settings.n_folds, settings.seed))
    raw = _fit(rows, logistic).raw(rows.encoded)
    for held in left_out:
        found = _fit(rows.take(~held), logistic).raw(rows.encoded[held])
        for name in _FITTED_HERE:
            raw[name][held] = found[name]
    return raw
