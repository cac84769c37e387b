"""An order of rows that depends on their content alone, so that shuffled data train the same model."""

import numpy as np
from numpy.typing import NDArray

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the splitmix64 finaliser of each word (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195)."""
    bits = (bits ^ (bits >> np.uint64(30))) * _MULTIPLIERS[0]
    bits = (bits ^ (bits >> np.uint64(27))) * _MULTIPLIERS[1]
    return bits ^ (bits >> np.uint64(31))


def row_hashes(*parts: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row of the parts laid side by side: (n, k) matrices and (n,) vectors."""
    hashes = np.zeros(len(parts[0]), dtype=np.uint64)
    for part in parts:
        columns = part.reshape(len(part), -1)
        for position in range(columns.shape[1]):
            values = np.where(np.isnan(columns[:, position]), np.nan, columns[:, position] + 0.0)  # one NaN, one zero
            hashes = _mixed((hashes ^ values.view(np.uint64)) + _GOLDEN)
    return hashes


def canonical_order(*parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the permutation that sorts rows by the hash of their content.

    Rows with equal hashes are equal in every part (up to a chance of about n² / 2⁶⁵), so which comes first
    makes no difference.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])
    >>> shuffled = rows[[2, 0, 1]]
    >>> np.array_equal(rows[canonical_order(rows)], shuffled[canonical_order(shuffled)], equal_nan=True)
    True
    """
    return np.argsort(row_hashes(*parts), kind="stable").astype(np.int64)
