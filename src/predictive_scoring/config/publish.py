"""What a released bundle must meet and how leads are graded."""

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.evaluate import Share


class Grades(Block):
    """Share of the reference leads at or above each grade; the rest is D. Fixed as probabilities when published."""

    A: Share = 0.05
    B: Share = 0.20
    C: Share = 0.50


class Publish(Block):
    """The gate and the policy."""

    min_auc_low: float = Field(default=0.5, ge=0, le=1, description="The lower end of the interval of AUC must exceed this.")
    grades: Grades = Grades()
    interval_level: Share = Field(default=0.9, description="Level of each lead's probability interval.")
    experiment: str = "predictive-scoring"
    registered_name: str = Field(default="lead-{target}", pattern=r"^[\w\-{}]+$")
