"""What a model predicts."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from predictive_scoring.config.base import Block, Distinct
from predictive_scoring.errors import ConfigurationError

TargetName = Annotated[str, Field(pattern=r"^\w[\w\-]*$", max_length=60)]
"""Names folders, so it can lead out of none."""


class Target(Block):
    """A lead converts if it reaches `stage` within `horizon_days` of the snapshot."""

    stage: str = Field(min_length=1, description="The stage that a lead must reach.")
    horizon_days: int | None = Field(
        default=None,
        gt=0,
        le=3650,
        description="Left out only for a table of one row a lead, whose outcome has no date.",
    )
    end_stages: Annotated[tuple[str, ...], Distinct] = Field(
        default=(), description="Stages after which a lead is no longer open."
    )
    only_judged: bool = Field(
        default=False,
        description="Learn and judge only from leads that reached the stage or an end stage within the horizon: of the "
        "others nobody has said anything, which is no no.",
    )

    @model_validator(mode="after")
    def _ends_elsewhere(self) -> Self:
        if self.stage in self.end_stages:
            raise ValueError(f"{self.stage!r} cannot be both the stage to reach and one that ends a lead")
        if self.only_judged and not (self.end_stages and self.horizon_days):
            raise ValueError("only_judged: needs horizon_days, and end_stages that say no")
        return self

    @property
    def horizon(self) -> timedelta:
        """The horizon as a duration.

        Raises
        ------
        ConfigurationError
            If none is declared: without one nobody can say when a lead that has not converted is a lost one.
        """
        if self.horizon_days is None:
            raise ConfigurationError(
                f"target of stage {self.stage!r}: horizon_days is missing",
                fix="add e.g. `horizon_days: 90` in params.yaml",
            )
        return timedelta(days=self.horizon_days)
