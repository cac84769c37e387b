"""Where runs are noted."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Tracking(Block):
    """The experiment in MLflow that a project's runs belong to."""

    experiment: str = Field(
        default="predictive-scoring", min_length=1, max_length=100, description="Name of the experiment in MLflow."
    )
    required: bool = Field(
        default=True,
        description="False: where MLflow's store is damaged or out of reach, go on without noting the run.",
    )
