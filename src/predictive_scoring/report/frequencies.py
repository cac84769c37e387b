"""Chances as people count: so many leads in a hundred."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Frequency:
    """`about` k, `fewer` than one, or `more` than all but one, of `out_of` leads."""

    kind: Literal["about", "fewer", "more"]
    k: int
    out_of: int


def denominator(base_rate: float) -> int:
    """Return the number of leads that a page counts in, the same for all of its chances.

    A hundred shows the difference between neighbours of the list; below one in a hundred it would show none.

    Examples
    --------
    >>> [denominator(rate) for rate in (0.4, 0.03, 0.004)]
    [100, 100, 1000]
    """
    return 100 if base_rate >= 0.01 else 1000


def frequency(probability: float, out_of: int) -> Frequency:
    """Return a probability as a natural frequency, never none and never all.

    Examples
    --------
    >>> frequency(0.304, 100)
    Frequency(kind='about', k=30, out_of=100)
    >>> frequency(0.0004, 100).kind, frequency(0.9996, 100).kind
    ('fewer', 'more')
    """
    if probability * out_of < 1:
        return Frequency("fewer", 1, out_of)
    if probability * out_of > out_of - 1:
        return Frequency("more", out_of - 1, out_of)
    return Frequency("about", round(probability * out_of), out_of)
