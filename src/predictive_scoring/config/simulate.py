"""The size of the simulated default history."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Simulate(Block):
    """A world is fixed by its seed and size."""

    seed: int = Field(default=2024, ge=0)
    n_accounts: int = Field(default=9000, gt=10)
    n_days: int = Field(default=1096, gt=200, description="Length of the history, from 2023-01-02.")
    n_rollouts: int = Field(default=200, gt=0, description="Futures drawn for each lead's true probability.")
