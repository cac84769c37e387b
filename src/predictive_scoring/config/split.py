"""How the mature snapshots are divided by time."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Split(Block):
    """Lengths of the windows as shares of the mature time that is left after the gaps."""

    validate_share: float = Field(default=0.15, gt=0, lt=0.5)
    calibrate_share: float = Field(default=0.15, gt=0, lt=0.5)
    test_share: float = Field(default=0.15, gt=0, lt=0.5)
    min_positives: int = Field(
        default=100, ge=1, description="Converting leads that a window of its own must hold; with fewer, the training "
        "window is cross-fitted by lead instead of having windows of its own for stopping and calibration."
    )
