"""How the source is read."""

from typing import Literal

from pydantic import Field

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.config.base import Block


class Extract(Block):
    """Limits of the extract stage."""

    max_quarantine_share: float = Field(default=0.05, ge=0, le=1, description="More bad rows than this refuse the run.")
    memory_limit_gb: float = Field(
        default=4.0, gt=0.1, description="Memory that the reading engine may take, in GB; beyond it, it spills to disk."
    )
    connect_timeout_seconds: int = Field(
        default=10, ge=1, description="How long a database may take to answer at first."
    )
    statement_timeout_seconds: int = Field(
        default=3600, ge=0, description="How long a database may work on one query; 0: as long as it takes."
    )
    same_email: Literal["keep", "one_lead"] = Field(
        default="keep",
        description="one_lead: a lead with the address of an earlier one is that lead, from its creation on, unless "
        "more than a hundred leads have it.",
    )
    automatic: Automatic = Automatic()
