"""How much each snapshot counts, and which are learned from: a lead looked at often must not outvote the others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def snapshot_weights(leads: NDArray[Any], power: float) -> NDArray[np.float64]:
    """Return a weight for each snapshot: one over the lead's number of snapshots to the `power`, with mean one.

    Weekly snapshots of one lead are near copies. Power 0 counts every snapshot alike, power 1 every lead alike.

    Parameters
    ----------
    leads : (n,) array
        Whose snapshot each row is.
    power : float
        From 0 to 1.

    Examples
    --------
    >>> snapshot_weights(np.array(["a", "a", "b"]), 1.0)
    array([0.75, 0.75, 1.5 ])
    """
    _, codes, counts = np.unique(leads, return_inverse=True, return_counts=True)
    each = counts.astype(np.float64) ** -power
    mean = np.sort(counts * each).sum() / len(leads)  # by lead: a sum over rows would round by the order of the rows
    return np.asarray((each / mean)[codes], dtype=np.float64)


def first_rows_of_each(leads: NDArray[Any], most: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which rows are among the first `most` of their lead, and for how many rows of its lead each stands.

    Parameters
    ----------
    leads : (n,) array
        Whose snapshot each row is, in an order that has nothing to do with the labels.
    most : int
        0 keeps every row.

    Returns
    -------
    (n,) mask and (n,) array
        The second is the lead's rows over those of it that are kept, 1 or more.

    Examples
    --------
    >>> kept, stands_for = first_rows_of_each(np.array(["a", "a", "b", "a"]), 2)
    >>> kept
    array([ True,  True,  True, False])
    >>> stands_for
    array([1.5, 1.5, 1. , 1.5])
    """
    _, codes, counts = np.unique(leads, return_inverse=True, return_counts=True)
    if most == 0 or counts.max() <= most:
        return np.ones(len(leads), dtype=np.bool_), np.ones(len(leads))
    by_lead = np.argsort(codes, kind="stable")
    starts = np.cumsum(counts) - counts
    place = np.empty(len(leads), dtype=np.int64)
    place[by_lead] = np.arange(len(leads)) - np.repeat(starts, counts)
    return place < most, (counts / np.minimum(counts, most))[codes]
