"""How a request that was refused for now, or lost, is tried again."""

from typing import Self

from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

LONGEST_WAIT_SECONDS = 120.0


class Patience(Retry):
    """Six more tries, after as long as the server asks for or else 1, 2, 4 … seconds; two minutes at most."""

    @classmethod
    def usual(cls) -> Self:
        """Return the patience with which a CRM is asked: for what is read, asking twice does no harm."""
        return cls(
            total=6, backoff_factor=0.5, backoff_max=LONGEST_WAIT_SECONDS, allowed_methods=None,
            status_forcelist=(429, 500, 502, 503, 504), respect_retry_after_header=True,
        )  # fmt: skip

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return the seconds that the server asks to wait, within bounds."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_WAIT_SECONDS)
