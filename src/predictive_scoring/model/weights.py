"""How much each look at a lead counts in training: near copies of earlier looks count less."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def look_numbers(leads: NDArray[Any], at: NDArray[Any]) -> NDArray[np.int64]:
    """Return which look at its lead each row is: 1 for the first, 2 for the next; rows of one instant are one look.

    Examples
    --------
    >>> look_numbers(np.array(["a", "b", "a", "a"]), np.array([30, 10, 10, 20])).tolist()
    [3, 1, 1, 2]
    """
    if len(leads) == 0:
        return np.empty(0, dtype=np.int64)
    whose, _ = pd.factorize(leads)  # equal names side by side is all that is needed of an order
    order = np.lexsort((at, whose))
    begins = np.append(True, whose[order][1:] != whose[order][:-1])
    later = np.cumsum(begins | np.append(True, at[order][1:] != at[order][:-1]))
    numbers = np.empty(len(leads), dtype=np.int64)
    numbers[order] = later - np.maximum.accumulate(np.where(begins, later, 0)) + 1
    return numbers


def look_weights(
    looks: NDArray[np.int64], power: float, importance: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return a weight for each look: one over its number to the `power`; the mean of all that they stand for is one.

    Weekly looks at one lead are near copies, so each says less than the one before it. A weight may follow from what
    was known at the look alone; then a fit that has what it follows from, the age of the lead, stays right. One over
    the *whole* number of looks at a lead, as clusters are often weighted, looks ahead: who converts soon is looked at
    seldom, so young leads that will convert would count for more than young leads that will not, and chances of the
    young come out too high, those of the old too low (informative cluster size: Hoffman, Sen and Weinberg 2001,
    doi:10.1093/biomet/88.4.1121).

    Parameters
    ----------
    looks : (n,) array
        From `look_numbers`.
    power : float
        From 0, each look counts alike, to 1.
    importance : (n,) array, optional
        How many looks each row stands for; without it, one.

    Examples
    --------
    >>> look_weights(np.array([1, 1, 4]), 0.5)
    array([1.2, 1.2, 0.6])
    >>> look_weights(np.array([1, 4]), 0.5, np.array([1.0, 2.0]))
    array([1.5 , 0.75])
    """
    stands_for = np.ones(len(looks)) if importance is None else importance
    each = looks.astype(np.float64) ** -power
    mean = np.sort(stands_for * each).sum() / np.sort(stands_for).sum()  # not rounded by the order of the rows
    return np.asarray(each / mean, dtype=np.float64)
