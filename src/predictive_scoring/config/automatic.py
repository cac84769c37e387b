"""What no person can have done: machines that open and click e-mails before people do."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Automatic(Block):
    """Opens and clicks that are left out; with `click_kinds: []` none is.

    Which of them a machine did is known some seconds later, so opens and clicks count as known from then on.
    """

    click_kinds: tuple[str, ...] = Field(default=("email_click",), description="Clicks in e-mails, by our name.")
    open_kinds: tuple[str, ...] = Field(default=("email_open",), description="Opens of e-mails, by our name.")
    sent_kinds: tuple[str, ...] = Field(
        default=("email_sent", "email_delivered"), description="E-mails that went out or arrived, by our name."
    )
    burst_clicks: int = Field(
        default=10, ge=2, description="So many different clicks of a lead within `burst_seconds` are a machine's."
    )
    burst_seconds: int = Field(default=1, ge=1, le=60, description="How close to a click the others of a burst lie.")
    scanner_clicks: int = Field(
        default=2, ge=1, description="An open and so many different clicks within `scanner_seconds` are a scanner's."
    )
    scanner_seconds: int = Field(
        default=5, ge=1, le=60, description="How soon after an e-mail went out a scanner opens and clicks."
    )

    @property
    def settle_seconds(self) -> int:
        """How long after an open or a click it can be told who did it."""
        return max(self.burst_seconds, self.scanner_seconds) if self.click_kinds else 0
