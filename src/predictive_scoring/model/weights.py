"""How much each snapshot counts, so that a lead looked at often does not outvote the others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def snapshot_weights(
    leads: NDArray[Any], power: float, importance: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return a weight for each snapshot: one over the lead's number of snapshots to the `power`.

    Weekly snapshots of one lead are near copies. Power 0 counts every snapshot alike, power 1 every lead alike. The
    mean over all snapshots that the rows stand for is one.

    Parameters
    ----------
    leads : (n,) array
        Whose snapshot each row is.
    power : float
        From 0 to 1.
    importance : (n,) array, optional
        How many snapshots each row stands for; without it, one.

    Examples
    --------
    >>> snapshot_weights(np.array(["a", "a", "b"]), 1.0)
    array([0.75, 0.75, 1.5 ])
    >>> snapshot_weights(np.array(["a", "b"]), 1.0, np.array([2.0, 1.0]))
    array([0.75, 1.5 ])
    """
    _, codes, counts = np.unique(leads, return_inverse=True, return_counts=True)
    stands_for = np.ones(len(leads)) if importance is None else importance
    in_order = stands_for[np.lexsort((stands_for, codes))]  # sums that do not round by the order of the rows
    total = np.add.reduceat(in_order, np.cumsum(counts) - counts)
    each = total**-power
    mean = np.sort(total * each).sum() / total.sum()
    return np.asarray((each / mean)[codes], dtype=np.float64)
