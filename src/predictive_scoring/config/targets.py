"""What a model predicts."""

from datetime import timedelta

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.errors import ConfigurationError


class Target(Block):
    """A lead converts if it reaches `stage` within `horizon_days` of the snapshot."""

    stage: str = Field(min_length=1, description="The stage that a lead must reach.")
    horizon_days: int | None = Field(
        default=None,
        gt=0,
        le=3650,
        description="Left out only for a table of one row a lead, whose outcome has no date.",
    )
    end_stages: tuple[str, ...] = Field(default=(), description="Stages after which a lead is no longer open.")

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
