"""How the recipe is tried on the past."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from predictive_scoring.config.base import Block, Distinct

Months = Annotated[int, Field(ge=0, le=120)]


class Backtest(Block):
    """Trainings on shorter histories, judged on what came next; the costliest part of the stage evaluate."""

    origins: int = Field(
        default=5, ge=0, le=60, description="Dates at which the model is trained anew and judged. 0: no backtest."
    )
    cohort_days: int = Field(
        default=28, ge=1, le=366, description="Looks from so many days after each origin are judged together."
    )
    months_back: Annotated[tuple[Months, ...], Distinct] = Field(
        default=(0, 3, 6, 12), description="How many months before the last window the models that grow stale end."
    )
    random_split: bool = Field(
        default=True, description="Judge a split at random too, which shows how much it would flatter."
    )
    max_rows: int = Field(
        default=12_000,
        ge=500,
        description="Snapshots that each of these trainings learns from at most: a longer history is thinned to every "
        "second, third … look at each lead. What bounds the time that all this takes.",
    )
    max_minutes: float | None = Field(
        default=None, gt=0, description="No further training begins after this; what is missing is said."
    )

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if list(self.months_back) != sorted(self.months_back):
            raise ValueError("months_back must rise")
        return self
