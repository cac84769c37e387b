"""How far two samples lie apart in the shares of their bins, and how far chance alone puts them."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_HALF = 0.5  # added to each bin, so that an empty one has a logarithm


def psi(reference: Vector, found: Vector) -> float:
    """Return the population stability index of two vectors of counts: ``Σ (q - p) · log(q / p)``.

    It is the symmetric Kullback-Leibler divergence (Jeffreys 1946, doi:10.1098/rspa.1946.0056), in nats, zero or more.
    By a rule of thumb of credit scoring 0.1 is a small and 0.25 a large shift.

    Examples
    --------
    >>> psi(np.array([500.0, 500.0]), np.array([500.0, 500.0]))
    0.0
    >>> round(psi(np.array([5000.0, 5000.0]), np.array([8000.0, 2000.0])), 2)
    0.42
    """
    p, q = reference + _HALF, found + _HALF
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def design_effect(codes: NDArray[np.int64], clusters: NDArray[np.int64], n_bins: int) -> float:
    """Return how many rows count as much as one independent row, at least 1 (Rao and Scott 1984).

    Leads of one company share its industry: a hundred leads of one company say as little of industries as one does.

    Parameters
    ----------
    codes : (n,) array
        The bin of each row, in [0, n_bins).
    clusters : (n,) array
        0-based: rows of one cluster go together.
    """
    n = len(codes)
    counts = np.zeros((int(clusters.max(initial=0)) + 1, n_bins))
    np.add.at(counts, (clusters, codes), 1.0)
    share = counts.sum(axis=0) / max(n, 1)
    spread = ((counts - counts.sum(axis=1, keepdims=True) * share) ** 2).sum(axis=0)
    plain = n * share * (1 - share)
    seen = plain > 0
    if seen.sum() < 2:
        return 1.0
    effect = float(((1 - share[seen]) * spread[seen] / plain[seen]).sum() / (seen.sum() - 1))
    return max(1.0, effect)


def chance_of(reference: Vector, found: Vector, noise: float) -> float:
    """Return the p-value of two samples having come from one population: Pearson's chi square over their bins.

    Parameters
    ----------
    reference, found : (n_bins,) arrays
        Shares.
    noise : float
        ``effect / n + 1 / m``: the variance of a difference of shares, in units of ``share · (1 - share)``.
    """
    pooled = (reference + found) / 2
    seen = pooled > 0
    freedom = int(seen.sum()) - 1
    if freedom < 1:
        return 1.0
    statistic = float(((found - reference)[seen] ** 2 / pooled[seen]).sum()) / noise
    return _chi_square_tail(statistic, freedom)


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """Return P(chi square > statistic), by the cube root of Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684)."""
    spread = 2 / (9 * freedom)
    return NormalDist().cdf(-((statistic / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5)


def false_discovery(p_values: Vector) -> Vector:
    """Return q-values: reject those up to q, and the expected share of false ones among them is at most q.

    Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> false_discovery(np.array([0.04, 0.001, 0.5, 0.03])).round(3).tolist()
    [0.053, 0.004, 0.5, 0.053]
    """
    n = len(p_values)
    order = np.argsort(p_values)
    scaled = p_values[order] * n / np.arange(1, n + 1)
    q = np.empty(n)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(q, 1.0)
