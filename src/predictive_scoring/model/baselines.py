"""What the model must beat: a constant, a points table and a logistic regression, on the same data."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.model.calibration import Calibrator
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart
from predictive_scoring.model.points_table import PointsTable

Vector = NDArray[np.float64]
NAMES = ("constant", "points", "logistic")


class Baselines(Block):
    """Three baselines as numbers that JSON can hold; each is calibrated on the same leads as the model."""

    encoding: Encoding
    rate: float  # of the leads that all are calibrated on
    points: PointsTable
    points_offset: float  # raw log-odds of a lead without points
    points_slope: float  # raw log-odds a point
    points_calibrator: Calibrator
    logistic: LinearPart
    logistic_calibrator: Calibrator

    def raw(self, encoded: Matrix) -> dict[str, Vector]:
        """Return uncalibrated log-odds by name, without the constant."""
        return {
            "points": self.points_offset + self.points_slope * self.points.totals(encoded),
            "logistic": self.logistic.log_odds(encoded),
        }

    def probabilities(self, frame: pd.DataFrame) -> dict[str, Vector]:
        """Return (n,) probabilities by name: constant, points, logistic."""
        raw = self.raw(self.encoding.encode(frame))
        return {
            "constant": np.full(len(frame), self.rate),
            "points": self.points_calibrator.probability(raw["points"]),
            "logistic": self.logistic_calibrator.probability(raw["logistic"]),
        }
