"""How often an open lead is looked at, until what age, and who is left out."""

from typing import Literal

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.exclude import Exclude


class Snapshots(Block):
    """The calendar of looks at each open lead."""

    clock: Literal["calendar", "creation"] = Field(
        default="calendar",
        description="calendar: all leads at the same instants, Mondays 00:00 UTC and every `every_days` from there, "
        "as a nightly job sees them; creation: each lead at its creation and every `every_days` after it.",
    )
    first_look_minutes: int = Field(
        default=0,
        ge=0,
        le=1440,
        description="By the clock of creation: how long after it the first look is; 0: at once.",
    )
    every_days: int = Field(default=7, gt=0, le=366, description="Days between two looks at an open lead.")
    max_age_days: int = Field(default=180, gt=0, le=3650, description="A lead older than this is looked at no more.")
    opt_out_kinds: tuple[str, ...] = Field(default=("opt_out",), description="Activities that say 'do not contact me'.")
    opt_out_attributes: tuple[str, ...] = Field(default=(), description="Boolean lead attributes that say so.")
    exclude: Exclude = Exclude()
