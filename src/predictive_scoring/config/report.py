"""What the page shows."""

from typing import Annotated, Literal

from pydantic import Field

from predictive_scoring.config.base import Block, Distinct

Language = Literal["en", "es"]


class Report(Block):
    """Languages and lengths of the page."""

    languages: Annotated[tuple[Language, ...], Distinct] = Field(
        default=("en", "es"), min_length=1, description="A page for each."
    )
    n_leads: int = Field(
        default=5000, ge=1, le=50_000, description="Leads that the page finds; the rest are in the scores."
    )
    n_explained: int = Field(
        default=120, ge=0, le=400, description="Leads with all reasons, printed and readable without scripts."
    )
    calls_per_week: int = Field(default=120, ge=1, description="How many leads the team can call in a week.")
    pii: Literal["none", "masked", "full"] = Field(
        default="masked",
        description="How much of a person the page shows: ids as codes, addresses and phones masked, or all.",
    )
    contact: str = Field(default="", max_length=200, description="Whom a reader tells that a score seems wrong.")
