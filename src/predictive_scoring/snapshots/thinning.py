"""A few looks at each lead that stand for all of them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def spread_looks(
    leads: NDArray[Any], at: NDArray[np.int64], every: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the places of some looks at each lead, evenly spread over its time, and for how many looks each stands.

    Looks at one lead, a week apart, are near copies of each other: fewer of them lose little, fewer leads much. Evenly
    spread they show a lead young and old; drawn at random, as many of them measured worse.

    Parameters
    ----------
    leads, at : (n,) arrays
        Whose look each row is, and its instant.
    every : float
        About one look of so many is kept, at least one of each lead. Where it begins the lead's id decides.

    Returns
    -------
    (m,) array of places, rising, and (m,) array
        The second adds up to n.

    Examples
    --------
    >>> places, stands_for = spread_looks(np.array(["a"] * 6 + ["b"]), np.arange(7), 3)
    >>> len(places), stands_for.tolist()
    (3, [3.0, 3.0, 1.0])
    """
    if every <= 1:
        return np.arange(len(leads)), np.ones(len(leads))
    codes, distinct = pd.factorize(leads)
    begins = (pd.util.hash_array(np.asarray(distinct, dtype=object)) % np.uint64(1 << 20)) / (1 << 20)
    order = np.lexsort((at, codes))
    n_looks = np.bincount(codes)
    n_kept = np.maximum(1, np.round(n_looks / every)).astype(np.int64)
    first = np.cumsum(n_looks) - n_looks
    lead = np.repeat(np.arange(len(n_looks)), n_kept)
    number = np.arange(len(lead)) - np.repeat(np.cumsum(n_kept) - n_kept, n_kept)
    step = n_looks / n_kept
    chosen = order[first[lead] + np.floor((number + begins[lead]) * step[lead]).astype(np.int64)]
    rising = np.argsort(chosen, kind="stable")
    return chosen[rising], step[lead][rising]
