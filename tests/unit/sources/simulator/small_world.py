"""A small world for the tests of the simulator."""

import numpy as np

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator.accounts import draw_accounts, traits_of
from predictive_scoring.sources.simulator.paths import Traits

SMALL = Simulate(seed=5, n_accounts=150, n_days=546, n_rollouts=4)


def small_traits(seed: int, n_accounts: int, n_days: int) -> Traits:
    """Return the accounts of a small world as the kernel sees them."""
    rng = np.random.default_rng(seed)
    accounts = draw_accounts(n_accounts, rng)
    return traits_of(accounts, Simulate(seed=seed, n_accounts=n_accounts, n_days=n_days), rng)
