"""Who is no lead of this company, though the export lists them."""

from typing import Annotated, Literal

from pydantic import Field

from predictive_scoring.config.base import Block

Values = Annotated[tuple[str, ...], Field(min_length=1)]


class Exclude(Block):
    """Leads that are neither learned from nor scored; who opted out, and who was merged into another, never is.

    Each rule counts from the instant at which what it asks for was known, so it treats a past week as that week would
    have been treated.
    """

    email_groups: tuple[str, ...] = Field(
        default=(), description="Groups of domains that the source file names under `email_groups`, e.g. own_staff."
    )
    email_kinds: tuple[Literal["business", "free", "disposable"], ...] = Field(
        default=(), description="Leads whose address is of such a kind."
    )
    existing_customers: bool = Field(
        default=False, description="Leads of an account of which a lead has reached the target's stage before."
    )
    leads: dict[str, Values] = Field(default={}, description="By attribute of leads: the values that exclude.")
    accounts: dict[str, Values] = Field(default={}, description="By attribute of accounts: the values that exclude.")
