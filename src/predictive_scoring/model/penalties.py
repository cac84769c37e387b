"""How strongly each column of a logistic regression is held back: as strongly as its leads' own evidence says."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.calibration import sigmoid

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
NEVER: Final = np.inf  # the penalty of what leads give no evidence of
_ROUNDS: Final = 30  # at most; each goes half the way, so a penalty that begins a million times off needs eleven
_SETTLED: Final = 0.01  # of a penalty's logarithm
_BLOCK: Final = 20_000  # rows
_NOTHING: Final = 1e-9  # of a coefficient that rows alone decide: what rounding leaves of a column without variation


@dataclass(frozen=True)
class Fit:
    """Coefficients, and the penalties that they were fitted with, both of shape (k,); the intercept has none.

    A coefficient that is left out is 0, its penalty infinite.
    """

    coefficients: Vector
    penalty: Vector
    intercept: float = 0.0

    @property
    def is_kept(self) -> NDArray[np.bool_]:
        """Which coefficients are not left out, shape (k,)."""
        return np.asarray(np.isfinite(self.penalty))

    @property
    def narrow(self) -> "Fit":
        """What is left when nothing that was left out is carried along."""
        return Fit(self.coefficients[self.is_kept], self.penalty[self.is_kept], self.intercept)

    def without(self, dropped: NDArray[np.bool_]) -> "Fit":
        """Return the fit with some more coefficients left out."""
        return Fit(np.where(dropped, 0.0, self.coefficients), np.where(dropped, NEVER, self.penalty), self.intercept)

    def with_penalty(self, penalty: Vector) -> "Fit":
        """Return the fit with other penalties for what is kept; an infinite one leaves out."""
        wide = self.penalty.copy()
        wide[self.is_kept] = penalty
        return replace(self, penalty=wide).without(~np.isfinite(wide))


@dataclass(frozen=True)
class Evidence:
    """What rows say of coefficients, near a fit: all a penalty can be chosen by, whatever the number of rows.

    `information` is the second derivative of the log-likelihood with its sign turned, `scatter` the sum over leads of
    the outer products of their scores, both (k + 1, k + 1) with the intercept last; `pull` is what the data alone
    would have the coefficients be, times `information`.
    """

    information: Matrix
    scatter: Matrix
    pull: Vector

    @classmethod
    def of(cls, design: Matrix, rows: Rows, near: Fit) -> "Evidence":
        """Return what rows, with their (n, k) design, say near a fit."""
        chance = sigmoid(design @ near.coefficients + near.intercept)
        curvature = rows.weight * chance * (1.0 - chance)
        _, owner = np.unique(rows.leads, return_inverse=True)
        by_lead = csr_matrix((rows.weight * (rows.y - chance), (owner, np.arange(len(owner)))))
        scores = np.column_stack([by_lead @ design, np.asarray(by_lead.sum(axis=1)).ravel()])
        information = _information(design, curvature)
        pull = information @ np.append(near.coefficients, near.intercept)
        pull[:-1] += near.penalty * near.coefficients
        return cls(information, scores.T @ scores, pull)


def learned_penalties(evidence: Evidence, groups: NDArray[np.int64], penalty: Vector, least: float) -> Vector:
    """Return the penalty of each coefficient, shape (k,); infinite where there is no more to a group than chance.

    Coefficients of a group, the levels of a category for one, are taken as draws around 0 with a variance of the
    group's own. It is told by the method of moments, as in a random-effects model (DerSimonian and Laird 1986,
    Controlled Clinical Trials 7:177-188): how far the coefficients lie from 0, less how far errors alone would throw
    them, less one standard error of the latter, so that what may well be chance counts as chance. Errors are those of
    leads, not of looks (Liang and Zeger 1986, Biometrika 73:13-22): looks at one lead are near copies. A ridge penalty
    of one over the variance is the best guess of such draws; it is multiplied by how many looks make one
    piece of evidence.

    Parameters
    ----------
    groups : (k,) array
        Which group each coefficient belongs to.
    penalty : (k,) array
        Where to begin: of the fit that `evidence` was taken at.
    least : float
        No penalty is lower.
    """
    k, current = len(groups), penalty.astype(np.float64)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    most = np.diag(evidence.information)[:k].max()
    if most == 0:  # in a fold every column may be empty
        return np.full(k, NEVER)
    highest = np.log(1e6 * most)  # no coefficient moves against it
    for _ in range(_ROUNDS):
        inverse = np.linalg.inv(evidence.information + np.diag(np.append(current, 0.0)))
        fitted = (inverse @ evidence.pull)[:k]
        shrunk = inverse @ evidence.information
        kept = shrunk[:k, :k]
        spread = (inverse @ evidence.scatter @ inverse)[:k, :k]
        of_rows = np.einsum("ij,ji->i", shrunk, inverse)[:k]
        wanted, by_chance = np.empty(k), np.zeros(k, dtype=bool)
        for group in members:
            block = np.ix_(group, group)
            chance = np.trace(spread[block]) + np.sqrt(2.0 * (spread[block] ** 2).sum())
            said = float((kept[block] ** 2).sum())
            if said < _NOTHING**2:
                by_chance[group], wanted[group] = True, highest
                continue
            variance = (fitted[group] @ fitted[group] - chance) / said
            looks = np.trace(spread[block]) / of_rows[group].sum()
            by_chance[group] = variance <= 0
            wanted[group] = np.log(max(looks / variance, least)) if variance > 0 else highest
        moved = (wanted + np.log(current)) / 2  # half-way: a step that is not halved may swing for ever
        settled = np.abs(moved - np.log(current)).max() < _SETTLED
        current = np.exp(np.minimum(moved, highest))
        if settled:
            break
    return np.where(by_chance, NEVER, np.maximum(current, least))


def widening(design: Matrix, weight: Vector, fit: Fit) -> float:
    """Return by how much a fit's errors exceed what it would move had other leads been learned from, 1 or more.

    What is held back is wrong in two ways: it moves with the leads that it learned from, and it stays short of the
    truth. Fits to other leads show the first alone. With coefficients as draws around 0 whose variance the penalties
    tell, both together have the Bayesian variance; over all leads it is ``tr(S) / tr(S²)`` times the variance of the
    first, ``S = (H + Λ)⁻¹ H`` with H the information and Λ the penalties (Wahba 1983, J. R. Statist. Soc. B 45:133-150;
    Nychka 1988, J. Am. Statist. Assoc. 83:1134-1143). The level, which nothing holds back, is left out. One penalty for
    all is a setting that stands in for that variance; what columns that were left out would have said is not counted.

    Parameters
    ----------
    design : (n, k) matrix
    weight : (n,) array
        Of the rows in the fit.

    Returns
    -------
    float
        Of standard deviations.

    Examples
    --------
    >>> design = np.array([[-1.0], [1.0], [-1.0], [1.0]])
    >>> free, held = (Fit(np.zeros(1), np.array([penalty])) for penalty in (1e-9, 3.0))
    >>> round(widening(design, np.ones(4), free), 3), widening(design, np.ones(4), held)
    (1.0, 2.0)
    """
    chance = sigmoid(design @ fit.coefficients + fit.intercept)
    whole = _information(design, weight * chance * (1.0 - chance))
    information = whole[:-1, :-1] - np.outer(whole[:-1, -1], whole[-1, :-1]) / whole[-1, -1]
    kept = np.linalg.solve(information + np.diag(fit.penalty), information)
    twice = float(np.einsum("ij,ji->", kept, kept))
    return float(np.sqrt(max(1.0, np.trace(kept) / twice))) if twice > 0 else 1.0


def _information(design: Matrix, curvature: Vector) -> Matrix:
    k = design.shape[1]
    found = np.zeros((k + 1, k + 1))
    for begin in range(0, len(design), _BLOCK):
        rows, weight = design[begin : begin + _BLOCK], curvature[begin : begin + _BLOCK]
        weighted = rows * weight[:, None]
        found[:k, :k] += weighted.T @ rows
        found[:k, k] += weighted.sum(axis=0)
        found[k, k] += weight.sum()
    found[k, :k] = found[:k, k]
    return found
