"""What a model predicts."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class Target(Block):
    """A lead converts if it reaches `stage` within `horizon_days` of the snapshot."""

    stage: str = Field(min_length=1)
    horizon_days: int = Field(gt=0, le=3650)
    end_stages: tuple[str, ...] = Field(default=(), description="Stages after which a lead is no longer open.")

    @property
    def horizon(self) -> timedelta:
        """The horizon as a duration."""
        return timedelta(days=self.horizon_days)
