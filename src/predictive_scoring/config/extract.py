"""How the source is read."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Extract(Block):
    """Limits of the extract stage."""

    max_quarantine_share: float = Field(default=0.05, ge=0, le=1, description="More bad rows than this refuse the run.")
    memory_limit_gb: float = Field(
        default=4.0, gt=0.1, description="Memory that the reading engine may take, in GB; beyond it, it spills to disk."
    )
