"""How the mature snapshots are divided by time."""

from typing import Literal

from pydantic import Field

from predictive_scoring.config.base import Block


class Split(Block):
    """Lengths of the windows as shares of the mature time that is left after the gaps."""

    keep: Literal["leads", "accounts"] = Field(
        default="leads",
        description="What is never on two sides. accounts: a question about accounts never seen before; the windows "
        "then hold none that any earlier window does, which drops most leads of large accounts.",
    )
    calibrate_share: float = Field(
        default=0.15, gt=0, lt=0.5, description="For the window that turns scores into chances."
    )
    test_share: float = Field(
        default=0.15, gt=0, lt=0.5, description="For the last window, on which the model is judged."
    )
    min_positives: int = Field(
        default=100,
        ge=1,
        description="Converting leads that a window of its own must hold; with fewer there are two windows, and "
        "chances are calibrated on training leads that fits to the others left out.",
    )
