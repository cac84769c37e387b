"""What a model promises: who is scored, what for, and what the letters mean."""

from typing import Literal

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.config.base import Block
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target


class Terms(Block):
    """What the model promises: who is scored, what for, and what the letters mean."""

    target_name: str
    target: Target
    snapshots: Snapshots
    source_name: str
    source_description: str
    licence: str
    simulated: bool
    flat: bool
    trained_until: str | None  # the end of the leads that it was fitted and calibrated on
    interval_level: float
    grades: dict[str, float]  # grade -> least probability, best first; below the last: D
    max_quarantine_share: float = 0.05  # of a table's rows: more refuse the run, as they did in training
    same_email: Literal["keep", "one_lead"] = "keep"
    automatic: Automatic = Automatic(click_kinds=())  # bundles that do not say it learned from every click

    @property
    def extract(self) -> Extract:
        """How a source is to be read for this model: as the one was that it learned from."""
        return Extract(
            max_quarantine_share=self.max_quarantine_share, same_email=self.same_email, automatic=self.automatic
        )
