"""What the audit before training lets pass."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Audit(Block):
    """Suspicions that were looked into."""

    accept: tuple[str, ...] = Field(
        default=(),
        description="Columns (by their headers) and kinds of activity that a leakage finding suspects and you know "
        "to be honest.",
    )
