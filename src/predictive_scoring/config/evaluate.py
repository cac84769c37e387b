"""How the model is judged."""

from typing import Annotated

from pydantic import Field, field_validator

from predictive_scoring.config.backtest import Backtest
from predictive_scoring.config.base import Block

Share = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(gt=0, le=3650)]

PAGE_SHARE = 0.20


class Evaluate(Block):
    """Bootstrap, bins and capacity."""

    bootstrap_samples: int = Field(default=400, ge=20, le=10000, description="Redraws of leads behind each interval.")
    level: Share = Field(default=0.95, description="Level of the intervals.")
    shares: tuple[Share, ...] = Field(default=(0.05, 0.10, 0.20), description="Shares of leads called, for lift.")
    n_bins: int = Field(default=10, ge=2, le=100, description="Bins of equal weight behind the calibration error.")
    age_edges_days: tuple[Days, ...] = Field(default=(7, 30, 90), description="Where slices by age of the lead part.")
    min_slice_converting: int = Field(default=20, ge=2, description="With fewer converting leads: not judged.")
    slices: tuple[str, ...] | None = Field(
        default=None,
        description="Attributes by whose values quality is told too. Not given: channel, country and the like, the "
        "size of the company, the job level, and whether the company was known.",
    )
    max_slice_values: int = Field(default=8, ge=2, le=50, description="Values of a slice; the rest is 'other'.")
    backtest: Backtest = Backtest()
    seed: int = Field(default=11, ge=0, description="Fixes the redraws.")

    @field_validator("shares")
    @classmethod
    def _has_a_fifth(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if PAGE_SHARE not in shares:
            raise ValueError(f"{PAGE_SHARE:.2f} must be among them: the page speaks of the best fifth")
        return shares

    @field_validator("age_edges_days")
    @classmethod
    def _rise(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if list(edges) != sorted(set(edges)):
            raise ValueError("must rise")
        return edges
