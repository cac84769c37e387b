"""Look-ups of single facts by group and instant: how many were known before, and the latest of them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LONG_AGO = -(2**62)


@njit(cache=True, nogil=True)
def known_before(starts: Ints, known: Ints, group: Ints, as_of: Ints) -> Ints:
    """Return for each look how many facts of its group have `known < as_of`.

    Parameters
    ----------
    starts
        Facts of group g are `starts[g]:starts[g + 1]`, rising by `known`.
    group, as_of
        One entry a look.
    """
    n = np.empty(len(group), np.int64)
    for i in range(len(group)):
        low, high = starts[group[i]], starts[group[i] + 1]
        n[i] = np.searchsorted(known[low:high], as_of[i])
    return n


@njit(cache=True, nogil=True)
def latest_before(starts: Ints, known: Ints, occurred: Ints, group: Ints, as_of: Ints) -> Ints:
    """Return for each look the latest `occurred` among the facts of its group with `known < as_of`, or `LONG_AGO`."""
    running = occurred.copy()
    for g in range(len(starts) - 1):
        for i in range(starts[g] + 1, starts[g + 1]):
            running[i] = max(running[i], running[i - 1])
    latest = np.full(len(group), LONG_AGO, np.int64)
    for i in range(len(group)):
        low, high = starts[group[i]], starts[group[i] + 1]
        n = np.searchsorted(known[low:high], as_of[i])
        if n > 0:
            latest[i] = running[low + n - 1]
    return latest
