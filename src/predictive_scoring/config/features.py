"""Which windows the catalogue spans."""

from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block, Distinct

Days = Annotated[int, Field(gt=0, le=3650)]


class Features(Block):
    """Windows and time constants, in days."""

    windows_days: Annotated[tuple[Days, ...], Distinct] = Field(
        default=(7, 30, 90), min_length=1, description="Windows that activities are counted in."
    )
    decay_days: Annotated[tuple[Days, ...], Distinct] = Field(
        default=(7, 30), min_length=1, description="Days after which an activity weighs 1/e of a fresh one."
    )
    min_kind_rows: int = Field(
        default=50, ge=1, description="A kind or stage rarer than this before training ends has no features."
    )
    max_kinds: int = Field(default=40, ge=1, le=500, description="At most so many kinds, the most frequent.")
    max_levels: int = Field(
        default=1000, ge=2, description="A category with more values than this is refused: it looks like an id."
    )
