"""Fitting the baselines on the samples that the model is fitted on."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.train import Train
from predictive_scoring.model.baselines import RANKING, Baselines
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.calibration_fit import CalibrationSample, fit_calibrator
from predictive_scoring.model.cross_fit import fold_of_each, usable_folds
from predictive_scoring.model.fitting import Sample, ordered
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.naive_bayes import fit_naive_bayes
from predictive_scoring.model.points_part import as_linear_part
from predictive_scoring.model.points_table import fit_points_table
from predictive_scoring.model.scorer import Scorer

LOGISTIC = "logistic"
_FITTED_HERE = tuple(name for name in RANKING if name != LOGISTIC)
SHIPPABLE = ("points", "logistic")  # may go into a bundle, which tells an interval for each lead
_POINTS_SLOPE = 0.25  # log-odds a point before calibration; any positive number would do


def fit_baselines(train: Sample, calibration: Sample | None, settings: Train, logistic: Scorer) -> Baselines:
    """Return the baselines.

    Parameters
    ----------
    train : Sample
        What they learn from.
    calibration : Sample, optional
        What they are calibrated on; without it out-of-fold scores of `train`, by lead, as for the model.
    logistic : Scorer
        The model's own logistic half, as fitted, levelled and calibrated: of the two the blend is to be told from
        nothing but the trees. Its encoding serves all, so that all see the same columns.
    """
    encoding = logistic.encoding
    rows = ordered(train, encoding, settings.lead_weight_power)
    fitted = _fit(rows, logistic)
    seen = fitted.raw(rows.encoded) if calibration is not None else _out_of_fold(rows, logistic, settings)
    offsets = {name: offset_to_mean(seen[name], rows.y, rows.importance) for name in _FITTED_HERE}
    fitted = fitted.model_copy(update={"offsets": {**offsets, LOGISTIC: logistic.offset}})
    if calibration is not None:
        judged = ordered(calibration, encoding)
        raw = fitted.raw(judged.encoded)
    else:
        judged, raw = rows, {name: seen[name] + offsets[name] for name in _FITTED_HERE}
    calibrators = {}
    for name in _FITTED_HERE:
        sample = CalibrationSample(raw[name], judged.y, judged.leads, judged.importance)
        n_replicas = settings.n_replicas if name in SHIPPABLE else 0
        calibrators[name] = fit_calibrator(sample, n_replicas, np.random.default_rng(settings.seed))
    return fitted.model_copy(
        update={
            "rate": float(np.average(judged.y, weights=judged.importance)),
            "calibrators": {**calibrators, LOGISTIC: logistic.calibrator},
        }
    )


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
    folds = fold_of_each(rows, settings.n_folds, settings.seed)
    raw = {name: np.zeros(len(rows.y)) for name in _FITTED_HERE}
    for held in usable_folds(rows, folds):
        found = _fit(rows.take(~held), logistic).raw(rows.encoded[held])
        for name in _FITTED_HERE:
            raw[name][held] = found[name]
    return raw
