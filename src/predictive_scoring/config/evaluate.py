"""How the model is judged."""

from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block

Share = Annotated[float, Field(gt=0, lt=1)]


class Evaluate(Block):
    """Bootstrap and capacity settings."""

    bootstrap_samples: int = Field(default=400, ge=20, le=10000)
    level: Share = Field(default=0.95, description="Level of the intervals.")
    shares: tuple[Share, ...] = Field(default=(0.05, 0.10, 0.20), description="Shares of leads called, for lift and catch.")
    seed: int = Field(default=11, ge=0)
