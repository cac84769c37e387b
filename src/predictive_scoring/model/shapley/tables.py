"""What each pattern of a group is worth to each feature: computed once a model, read for every row."""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from predictive_scoring.model.shapley.groups import Group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def table_of(group: Group) -> Floats:
    r"""Return the group's contributions, shape (n_features_of_the_group, 2 ** n_bits), log-odds.

    With :math:`z_j` the cover of feature :math:`j` on a leaf's path, :math:`o_j \in \{0, 1\}` whether the row takes its
    splits and :math:`v` the leaf's value, the path-dependent Shapley value of feature :math:`i` is

    .. math:: v (o_i - z_i) \int_0^1 \prod_{j \ne i} (z_j (1 - t) + o_j t) \, dt

    summed over the leaves: the weights of Lundberg et al. 2020 (doi:10.1038/s42256-019-0138-9), as an integral
    (Yu et al. 2022, arXiv:2209.08192). The integrand is a polynomial of degree :math:`d - 1`, which a Gauss-Legendre
    rule with :math:`\lceil d/2 \rceil` nodes integrates exactly.
    """
    features = {feature: place for place, feature in enumerate(group.features)}
    table: Floats = np.zeros((len(features), 2 ** len(group.bits)))
    for leaf in group.leaves:
        conditions = np.array([(features[c.feature], c.set_bits, c.clear_bits) for c in leaf.conditions], np.int64)
        cover = np.array([condition.cover for condition in leaf.conditions])
        _add_leaf(table, leaf.value, conditions, cover, _rule(len(cover)))
    return table


@lru_cache
def _rule(n_features: int) -> Floats:
    """Return the nodes and weights on [0, 1] that integrate a polynomial of degree ``n_features - 1``."""
    nodes, weights = np.polynomial.legendre.leggauss((n_features + 1) // 2)
    return np.stack([(nodes + 1) / 2, weights / 2])


@njit(cache=True, nogil=True)
def _add_leaf(table: Floats, value: float, conditions: Ints, cover: Floats, rule: Floats) -> None:
    """Add a leaf's shares to its features' rows of the table, for every pattern."""
    n = len(cover)
    agreement = np.zeros(table.shape[1], np.int64)  # bit j: the row takes all splits on the leaf's feature j
    for j in range(n):
        for pattern in range(table.shape[1]):
            clear = pattern ^ conditions[j, 2]
            wanted = conditions[j, 1] | conditions[j, 2]
            agreement[pattern] |= np.int64((clear & wanted) == wanted) << j
    for i in range(n):
        others = _integrals(cover, i, rule)
        shares = table[conditions[i, 0]]
        for pattern in range(table.shape[1]):
            own = agreement[pattern]
            shares[pattern] += value * (np.float64((own >> i) & 1) - cover[i]) * others[own]


@njit(cache=True, nogil=True)
def _integrals(cover: Floats, without: int, rule: Floats) -> Floats:
    """Return, for every agreement of n features, the integral of the product of all factors but one's."""
    total, product = np.zeros(1 << len(cover)), np.empty(1 << len(cover))
    for q in range(rule.shape[1]):
        t, size = rule[0, q], 1
        product[0] = rule[1, q]
        for j in range(len(cover)):
            disagrees = 1.0 if j == without else cover[j] * (1.0 - t)
            agrees = 1.0 if j == without else disagrees + t
            for p in range(size):
                product[size + p] = product[p] * agrees
                product[p] *= disagrees
            size *= 2
        total += product
    return total
