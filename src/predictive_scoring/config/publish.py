"""What a released bundle must meet and how leads are graded."""

from typing import Literal, Self

from pydantic import Field, model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.config.evaluate import Share


class Grades(Block):
    """Share of the reference leads at or above each grade; the rest is D. Fixed as probabilities when published."""

    A: Share = Field(default=0.05, description="Share of the reference leads that are an A.")
    B: Share = Field(default=0.20, description="Share that are an A or a B.")
    C: Share = Field(default=0.50, description="Share that are an A, a B or a C.")

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.A < self.B < self.C:
            raise ValueError(
                f"A, B and C must rise (found {self.A}, {self.B}, {self.C}): each holds the grades above it"
            )
        return self


Ships = Literal["blend", "logistic", "points"]


class Publish(Block):
    """The gate and the policy."""

    ship: Literal["auto", "blend", "logistic", "points"] = Field(
        default="auto",
        description="What goes into the bundle. auto: the blend if it beats the logistic regression beyond chance, in "
        "ROC AUC by more than `margin` or in log loss, or if its chances alone held on the last window; else the "
        "logistic regression. points: the points table, which a history of few conversions can carry too.",
    )
    margin: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="The lower end of the interval of the blend's ROC AUC less the logistic regression's, over the "
        "same draws of accounts, must exceed this for the blend to ship (or its log loss be lower beyond chance).",
    )

    min_auc_low: float = Field(
        default=0.5, ge=0, le=1, description="The lower end of the interval of AUC must exceed this."
    )
    grades: Grades = Grades()
    interval_level: Share = Field(default=0.9, description="Level of each lead's probability interval.")
    refuse_dirty_tree: bool = Field(
        default=False, description="Publish nothing while files that Git keeps have changes that are not committed."
    )
    registered_name: str = Field(
        default="lead-{target}",
        pattern=r"^[\w\-{}]+$",
        description="Name in MLflow's registry; {target} stands for the target's name.",
    )
