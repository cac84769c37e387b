"""The map from raw log-odds to a probability: strictly increasing, a handful of numbers, with its uncertainty."""

from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from predictive_scoring.config.base import Block

Vector = NDArray[np.float64]
Method = Literal["none", "shift", "platt", "beta"]
Parameters = tuple[float, float, float]
MIN_SLOPE = 0.02


def sigmoid(log_odds: Vector) -> Vector:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)), dtype=np.float64)


class Calibrator(Block):
    """Calibrated log-odds are ``a·log q - b·log(1 - q) + c`` with ``q`` the raw probability (beta calibration).

    One family holds all methods: *none* is a = b = 1, c = 0; *shift* moves c alone; *platt* has a = b, a straight
    line in log-odds; *beta* bends. With a, b > 0 the map is strictly increasing: it never reorders leads.
    Source: Kull, Silva Filho and Flach 2017, "Beta calibration", AISTATS, PMLR 54:623-631.

    Examples
    --------
    >>> calibrator = Calibrator(method="platt", a=0.5, b=0.5, c=0.0)
    >>> calibrator.probability(np.array([0.0, 2.0])).round(4)
    array([0.5   , 0.7311])
    """

    method: Method
    a: float = Field(default=1.0, ge=MIN_SLOPE)
    b: float = Field(default=1.0, ge=MIN_SLOPE)
    c: float = 0.0
    replicas: tuple[Parameters, ...] = Field(default=(), description="(a, b, c) refitted to leads drawn again.")
    model_error: float = Field(
        default=0.0,
        ge=0,
        description="Standard deviation of how far a lead's raw log-odds are off: had other leads been learned from, "
        "and for being held back.",
    )

    def log_odds(self, raw: Vector) -> Vector:
        """Return calibrated log-odds, shape of `raw`."""
        return _bent(np.asarray(raw, dtype=np.float64), self.a, self.b, self.c)

    def moved(self, by: float) -> "Calibrator":
        """Return this calibrator with `by` added to its log-odds, replicas likewise."""
        replicas = tuple((a, b, c + by) for a, b, c in self.replicas)
        return self.model_copy(update={"c": self.c + by, "replicas": replicas})

    def unstretched(self) -> "Calibrator":
        """Return this calibrator without slopes above one, replicas likewise: it may draw log-odds together only."""
        replicas = tuple((min(a, 1.0), min(b, 1.0), c) for a, b, c in self.replicas)
        return self.model_copy(update={"a": min(self.a, 1.0), "b": min(self.b, 1.0), "replicas": replicas})

    def probability(self, raw: Vector) -> Vector:
        """Return calibrated probabilities in [0, 1], shape of `raw`."""
        return sigmoid(self.log_odds(raw))

    def inverse(self, probability: Vector) -> Vector:
        """Return the raw log-odds that have these probabilities, in (0, 1); the two ends give minus and plus infinity.

        Closed form where a = b. Otherwise Newton's method from the matching straight line: the map's slope lies
        between a and b, so the steps are safeguarded by the bracket that follows from it.
        """
        share = np.asarray(probability, dtype=np.float64)
        with np.errstate(divide="ignore"):
            wanted = np.log(share) - np.log1p(-share)
        if self.a == self.b:
            return np.asarray((wanted - self.c) / self.a, dtype=np.float64)
        gap = wanted - _bent(np.zeros(1), self.a, self.b, self.c)  # from the value at raw = 0
        ends = np.stack([gap / self.a, gap / self.b])
        low, high = ends.min(axis=0), ends.max(axis=0)
        raw = (low + high) / 2
        for _ in range(100):
            error = self.log_odds(raw) - wanted
            low, high = np.where(error < 0, raw, low), np.where(error > 0, raw, high)
            step = raw - error / self.slope_in_log_odds(raw)
            inside = (step > low) & (step < high)
            raw = np.where(error == 0, raw, np.where(inside, step, (low + high) / 2))
        return np.asarray(np.where(np.isfinite(wanted), raw, wanted), dtype=np.float64)

    def slope_in_log_odds(self, raw: Vector) -> Vector:
        """Return the change of calibrated log-odds a unit of raw log-odds, between a and b."""
        share = sigmoid(np.asarray(raw, dtype=np.float64))
        return np.asarray(self.a * (1 - share) + self.b * share, dtype=np.float64)

    def slope(self, raw: Vector) -> Vector:
        """Return the change of probability a unit of raw log-odds."""
        chance = self.probability(raw)
        return np.asarray(chance * (1 - chance) * self.slope_in_log_odds(raw), dtype=np.float64)

    def interval(self, raw: Vector, level: float) -> tuple[Vector, Vector]:
        """Return low and high ends for the probability of a lead with this raw score.

        How far the calibrated chance would move had other leads been observed: in the calibration window (quantiles
        over the replicas) and in training (`model_error`, a normal error of the raw log-odds, which also knows that a
        fit that is held back stays short of the truth); both are independent, so
        they add up as squares. It does not say whether this lead converts, nor what sets it apart from leads that look
        the same. Without replicas nothing is known: (0, 1).

        Parameters
        ----------
        raw : (n,) array
        level : float
            In (0, 1), e.g. 0.9 for the middle 90 % of replicas.
        """
        raw = np.asarray(raw, dtype=np.float64)
        if not self.replicas:
            return np.zeros_like(raw), np.ones_like(raw)
        low, high = np.empty_like(raw), np.empty_like(raw)
        for start in range(0, len(raw), 4096):  # a block of leads at a time: memory does not grow with the batch
            block = slice(start, start + 4096)
            drawn = np.stack([_bent(raw[block], *parameters) for parameters in self.replicas])
            low[block], high[block] = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        middle = self.log_odds(raw)
        learned = NormalDist().inv_cdf((1 + level) / 2) * self.model_error * self.slope_in_log_odds(raw)
        below, above = np.maximum(middle - low, 0.0), np.maximum(high - middle, 0.0)
        return sigmoid(middle - np.hypot(below, learned)), sigmoid(middle + np.hypot(above, learned))


def _bent(raw: Vector, a: float, b: float, c: float) -> Vector:
    # log q = -log(1 + exp(-raw)) and -log(1 - q) = log(1 + exp(raw)); with a = b the sum is a·raw exactly
    if a == b:
        return np.asarray(a * raw + c, dtype=np.float64)
    return np.asarray(c - a * np.logaddexp(0.0, -raw) + b * np.logaddexp(0.0, raw), dtype=np.float64)
