"""What the model must beat, on the same data: a constant, one column, points, naive Bayes, a logistic regression."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.naive_bayes import NaiveBayes
from predictive_scoring.model.points_table import PointsTable

Vector = NDArray[np.float64]
RANKING = ("single", "points", "naive_bayes", "logistic")  # all but the constant put leads in an order
NAMES = ("constant", *RANKING)


class Baselines(Block):
    """The baselines as numbers that JSON can hold; each is calibrated on the same leads as the model.

    Attributes
    ----------
    rate : float
        Of the leads that all are calibrated on.
    single : PointsTable
        The best single column, chosen and cut on what the model learns from.
    points : PointsTable
        Rule-based lead scoring, with weights set on what the model learns from.
    points_offset, points_slope : float
        Raw log-odds of a lead without points, and a point.
    points_part : LinearPart
        The points table as the terms that a bundle scores with.
    offsets : dict
        From each name of `RANKING` to what is added to its log-odds, so that its mean chance is the share that
        converted: as the model itself has it, without which the calibrator would take its rate from one window.
    calibrators : dict
        From each name of `RANKING` to what turns its raw log-odds into chances.
    """

    encoding: Encoding
    rate: float
    single: PointsTable
    points: PointsTable
    points_offset: float
    points_slope: float
    points_part: LinearPart
    naive_bayes: NaiveBayes
    logistic: LinearPart
    offsets: dict[str, float]
    calibrators: dict[str, Calibrator]

    def raw(self, encoded: Matrix) -> dict[str, Vector]:
        """Return uncalibrated log-odds by name, without the constant."""
        found = {
            "single": self.points_offset + self.points_slope * self.single.totals(encoded),
            "points": self.points_part.log_odds(encoded),
            "naive_bayes": self.naive_bayes.log_odds(encoded),
            "logistic": self.logistic.log_odds(encoded),
        }
        return {name: values + self.offsets[name] for name, values in found.items()}

    def probabilities(self, frame: pd.DataFrame) -> dict[str, Vector]:
        """Return (n,) probabilities by name: constant, then those of `RANKING`."""
        raw = self.raw(self.encoding.encode(frame))
        calibrated = {name: self.calibrators[name].probability(values) for name, values in raw.items()}
        return {"constant": np.full(len(frame), self.rate), **calibrated}
