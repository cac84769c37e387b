"""Which windows the catalogue spans."""

from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block

Days = Annotated[int, Field(gt=0, le=3650)]


class Features(Block):
    """Windows and time constants, in days."""

    windows_days: tuple[Days, ...] = Field(default=(7, 30, 90), min_length=1)
    decay_days: tuple[Days, ...] = Field(default=(7, 30), min_length=1)
    min_kind_rows: int = Field(default=50, ge=1, description="A kind rarer than this before training ends has no features.")
