"""What the page shows."""

from typing import Literal

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.regions import Tags


class Report(Block):
    """Languages and lengths of the page."""

    languages: Tags = Field(
        default=("en", "es"),
        min_length=1,
        description="A page for each; es is Spanish as the scores tell it, es-MX refuses those that tell it otherwise.",
    )
    n_leads: int = Field(
        default=5000, ge=1, le=50_000, description="Leads that the page finds; the rest are in the scores."
    )
    n_explained: int = Field(
        default=120, ge=0, le=400, description="Leads with all reasons, printed and readable without scripts."
    )
    calls_per_week: int = Field(default=120, ge=1, description="How many leads the team can call in a week.")
    n_past_weeks: int = Field(
        default=26, ge=0, le=520, description="Past weeks on which the stage `agreement` tries the agreement; 0: none."
    )
    pii: Literal["none", "masked", "full"] = Field(
        default="masked",
        description="How much of a person the page shows: ids as codes, addresses and phones masked, or all.",
    )
    contact: str = Field(default="", max_length=200, description="Whom a reader tells that a score seems wrong.")
