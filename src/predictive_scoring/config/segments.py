"""For which parts of the leads a model of their own is tried."""

from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator, Field

from predictive_scoring.config.base import Distinct

SegmentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=40)]
"""Names files of the bundle, so it can lead out of none."""

Values = Annotated[tuple[str, ...], Field(min_length=1), Distinct]
Where = Annotated[dict[str, Values], Field(min_length=1)]
"""From the name of a category to the values that a lead has one of, as known when it is looked at; all must fit."""


def _without_overlap(segments: dict[str, Where]) -> dict[str, Where]:
    """Refuse two segments that one lead could be in: nobody could say which model speaks of it."""
    for (one, first), (other, second) in combinations(segments.items(), 2):
        if not any(set(first[name]).isdisjoint(second[name]) for name in first.keys() & second.keys()):
            raise ValueError(
                f"a lead could be in both {one!r} and {other!r}; let them differ in the values of one category"
            )
    return segments


Segments = Annotated[dict[SegmentName, Where], AfterValidator(_without_overlap)]
