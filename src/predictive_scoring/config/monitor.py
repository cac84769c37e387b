"""When monitoring raises an alarm."""

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.evaluate import Share


class Monitor(Block):
    """What is compared, how large a change must be, and how the command then ends."""

    min_psi: float = Field(
        default=0.2, gt=0, description="An input drifts only if its PSI exceeds this by more than chance explains."
    )
    false_discovery_rate: Share = Field(
        default=0.001,
        description="Share of nights with a false alarm where no input drifts; of false ones among those named.",
    )
    max_unseen_share: Share = Field(
        default=0.05,
        description="Values of a category that the model does not know: so many more than when it was made.",
    )
    max_grade_share: Share = Field(default=0.9, description="More leads than this in one grade: the scores collapsed.")
    max_auc_loss: Share = Field(default=0.1, description="The AUC that the chances promise may fall by so much.")
    period_days: int = Field(default=7, ge=1, le=92, description="Length of the periods whose volumes are compared.")
    n_periods: int = Field(default=8, ge=4, le=60, description="Earlier periods that say what is usual.")
    volume_factor: float = Field(default=2.0, gt=1, description="Times more, or fewer, than usual.")
    min_volume: int = Field(default=20, ge=1, description="So many rows more or fewer than usual, at least.")
    max_join_loss: Share = Field(default=0.1, description="Activities that find no lead: so many more than before.")
    calibration_factor: float = Field(default=1.25, gt=1, description="Conversions said against those that happened.")
    min_converting: int = Field(default=20, ge=5, description="Past runs with fewer conversions are not judged.")
    level: Share = Field(default=0.95, description="Level of the intervals.")
    bootstrap_samples: int = Field(default=400, ge=20, le=10000, description="Redraws of leads behind each interval.")
    seed: int = Field(default=13, ge=0, description="Fixes the redraws.")
    max_leads: int = Field(default=20_000, ge=100, description="Leads that are looked at today, drawn by their ids.")
    fail_on_input: bool = Field(default=True, description="An alarm about inputs ends the command with 3, else with 0.")
    fail_on_quality: bool = Field(
        default=True, description="An alarm about realised quality ends the command with 5, else with 0."
    )
