"""How well scores put leads in order."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """Weights of converting and other leads at each distinct score, best first; a row for each set of weights.

    Sorting once serves every metric and every draw of the bootstrap.
    """

    converting: Matrix  # (n_sets, n_distinct)
    others: Matrix

    @classmethod
    def of(cls, y: Vector, score: Vector, weights: Matrix) -> Self:
        """Return the ranking of (n,) labels and scores under (n_sets, n) weights."""
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        weights = weights[:, order]
        converting = np.add.reduceat(weights * y[order], starts, axis=1)
        return cls(converting, np.add.reduceat(weights, starts, axis=1) - converting)

    def auc(self) -> Vector:
        """Return the ROC AUC of each set, NaN where all weight lies on one side."""
        above = self.converting.cumsum(axis=1) - self.converting / 2
        return _ratio((self.others * above).sum(axis=1), self.converting.sum(axis=1) * self.others.sum(axis=1))

    def average_precision(self) -> Vector:
        """Return the average precision of each set, NaN without conversions."""
        reached = (self.converting + self.others).cumsum(axis=1)
        precision = np.divide(self.converting.cumsum(axis=1), reached, out=np.zeros_like(reached), where=reached > 0)
        return _ratio((self.converting * precision).sum(axis=1), self.converting.sum(axis=1))

    def caught_at(self, share: float) -> Vector:
        """Return the share of conversions among the best-scored `share`, NaN without conversions."""
        mass = self.converting + self.others
        called = mass.cumsum(axis=1)
        wanted = share * called[:, -1]
        at = np.minimum((called < wanted[:, None]).sum(axis=1), mass.shape[1] - 1)
        rows = np.arange(len(mass))
        part = _ratio(wanted - (called[rows, at] - mass[rows, at]), mass[rows, at])  # of the leads tied at the border
        caught = self.converting.cumsum(axis=1)[rows, at] - self.converting[rows, at] * (1 - part)
        return _ratio(caught, self.converting.sum(axis=1))

    def lift_at(self, share: float) -> Vector:
        """Return `caught_at` over what calling at random would catch."""
        return self.caught_at(share) / share


def _ratio(above: Vector, below: Vector) -> Vector:
    return np.asarray(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0), dtype=np.float64)


def _one(y: Vector, score: Vector, weight: Vector | None) -> Ranked:
    return Ranked.of(y, score, (np.ones_like(score) if weight is None else weight)[None, :])


def roc_auc(y: Vector, score: Vector, weight: Vector | None = None) -> float:
    """Return the chance that a converting lead scores above one that does not, ties counting half.

    Parameters
    ----------
    y : (n,) array
        From 0 to 1. A lead with a share between counts as converting with that share and as not converting with
        the rest, which makes this the expected AUC (up to the pairing of a lead with itself) if shares are chances.
    score : (n,) array
        Higher is better.
    weight : (n,) array, optional

    Returns
    -------
    float
        In [0, 1]; NaN if all weight lies on one side.

    Examples
    --------
    >>> roc_auc(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    return float(_one(y, score, weight).auc()[0])


def expected_auc(p_true: Vector, score: Vector) -> float:
    """Return the AUC that scores would have on average over what may yet happen.

    Every lead counts with its true chance ``p`` on the converting side and ``1 - p`` on the other; a pair of a lead
    with itself cannot occur and is left out:
    ``Σ_{i≠j} p_i (1 - p_j) [s_i > s_j, ties half] / Σ_{i≠j} p_i (1 - p_j)``.

    Examples
    --------
    >>> expected_auc(np.array([0.0, 1.0]), np.array([0.2, 0.9]))
    1.0
    """
    self_pairs = float((p_true * (1 - p_true)).sum())
    pairs = float(p_true.sum() * (1 - p_true).sum())
    won = roc_auc(p_true, score) * pairs - 0.5 * self_pairs
    return float(won / (pairs - self_pairs)) if pairs > self_pairs else float("nan")


def average_precision(y: Vector, score: Vector, weight: Vector | None = None) -> float:
    """Return the mean precision at each converting lead, leads with equal scores taken together.

    ``Σ (recall_k - recall_{k-1}) · precision_k`` over distinct scores from the highest down; NaN without conversions.
    """
    return float(_one(y, score, weight).average_precision()[0])


def caught_at(y: Vector, score: Vector, share: float, weight: Vector | None = None) -> float:
    """Return the share of all conversions among the best-scored `share` of leads.

    Leads tied at the border are called in part, each as likely as the other. NaN without conversions.
    """
    return float(_one(y, score, weight).caught_at(share)[0])


def lift_at(y: Vector, score: Vector, share: float, weight: Vector | None = None) -> float:
    """Return how many times as often as on average the best-scored `share` of leads convert."""
    return float(_one(y, score, weight).lift_at(share)[0])
