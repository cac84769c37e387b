"""The size of the simulated default history."""

from datetime import UTC, datetime, timedelta

from pydantic import Field

from predictive_scoring.config.base import Block

FIRST_INSTANT = datetime(2023, 1, 2, tzinfo=UTC)  # a Monday, so that snapshots fall on the simulation's own days


class Simulate(Block):
    """A world is fixed by its seed and size.

    Examples
    --------
    >>> Simulate(n_days=364).ends_at.isoformat()
    '2024-01-01T00:00:00+00:00'
    """

    seed: int = Field(default=2024, ge=0, lt=2**62, description="Another seed is another company.")
    n_accounts: int = Field(default=9000, gt=10, le=1_000_000, description="Companies in the history.")
    n_days: int = Field(
        default=1092,
        gt=200,
        le=7300,
        multiple_of=7,
        description="Length of the history in whole weeks from 2023-01-02.",
    )
    n_rollouts: int = Field(default=64, gt=1, le=100_000, description="Futures drawn for each lead's true probability.")

    @property
    def ends_at(self) -> datetime:
        """The end of the history, exclusive: a Monday, 00:00 UTC."""
        return FIRST_INSTANT + timedelta(days=self.n_days)
