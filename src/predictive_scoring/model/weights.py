"""How much each snapshot counts, so that a lead looked at often does not outvote the others."""

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
