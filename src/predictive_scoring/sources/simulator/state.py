"""What the kernel works on: the state of an account and its leads, and the events drawn."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.compiled import compiled

# One array, a row a lead and a last row for the account, a column a quantity of `codes`: arrays are counted references,
# and the counting of a dozen of them would cost more than the arithmetic.
State = npt.NDArray[np.float64]


class Account(NamedTuple):
    """What is known of an account; `solo_day` is -1, or the day on which a lead without an account comes."""

    number: int
    solo_day: int
    log_arrival: float
    fit_win: float
    fit_interest: float


class Rows(NamedTuple):
    """Drawn events: account, lead (-1: the account), day, kind, days until it is recorded."""

    table: npt.NDArray[np.int32]  # (capacity, 5)
    stream: npt.NDArray[np.uint64]  # (2,): the state of the random stream, and how many rows are filled


@compiled
def new_state() -> State:
    """Return the state of an account that has no lead yet."""
    return np.zeros((codes.MAX_LEADS + 1, codes.N_COLUMNS))


@compiled
def new_rows(capacity: int) -> Rows:
    """Return room for `capacity` drawn events."""
    return Rows(np.empty((capacity, 5), dtype=np.int32), np.zeros(2, dtype=np.uint64))
