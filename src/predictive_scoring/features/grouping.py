"""Rows by the group they belong to, in one pass."""

import numpy as np
from numba import njit

from predictive_scoring.features.sweep_state import Codes, Ints


@njit(cache=True, nogil=True)
def grouped(group: Codes, n_groups: int) -> tuple[Ints, Ints]:
    """Return the start of each group and the rows by group, in their old order within it; -1 is left out."""
    starts = np.zeros(n_groups + 1, np.int64)
    for i in range(len(group)):
        if group[i] >= 0:
            starts[group[i] + 1] += 1
    for g in range(n_groups):
        starts[g + 1] += starts[g]
    place = starts[:-1].copy()
    order = np.empty(starts[n_groups], np.int64)
    for i in range(len(group)):
        g = group[i]
        if g >= 0:
            order[place[g]] = i
            place[g] += 1
    return starts, order
