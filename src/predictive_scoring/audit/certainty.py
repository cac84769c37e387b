"""Leads that a column marks and that all but surely convert, or do not: however few, no honest field does so."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from predictive_scoring.audit.levels import Column
from predictive_scoring.audit.separation import Flags, Floats, Ints, odds, wilson

CERTAIN: Final = 100.0  # odds of converting, leads with a value to all leads
CERTAIN_FILLED: Final = 20.0  # the same for leads where the column is filled: few honest fields are filled by winning
MIN_ACCOUNTS: Final = 30
FILLED: Final = "where it is filled"
UNUSUAL: Final = "with another value of it than the commonest"


@dataclass(frozen=True)
class Certainty:
    """Leads that a column marks and that all but settle the outcome."""

    which: str
    n: int
    rate: float
    average: float

    @property
    def sentence(self) -> str:
        """What there is to say of them."""
        return f"of {self.n:,} leads {self.which}, {self.rate:.1%} convert (of all, {self.average:.1%})"


def certainty(column: Column, converted: Flags, account: Ints) -> Certainty | None:
    """Return the leads that a column marks by a cell that is filled, an unusual value or one value, or None.

    Their odds of converting, at the careful end of what so few accounts allow, are a hundred times those of all leads,
    or a hundredth; twenty times are enough where it is the filled cell that tells. An account counts once a level,
    by the share of its leads that convert: that all contacts of one company convert together is no leak.
    """
    n, won = _by_account(column.levels, converted, account)
    low, high = wilson(_marked(won, n), np.maximum(_marked(n, n), 1))
    average = float(odds(converted.mean()))
    times = np.full(len(low), CERTAIN)
    times[0] = CERTAIN_FILLED
    settles = (_marked(n, n) >= MIN_ACCOUNTS) & ((odds(low) >= times * average) | (odds(high) * times <= average))
    settles[0] &= n[0] >= MIN_ACCOUNTS  # filled for all but a few is no mark
    if not settles.any():
        return None
    place = int(settles.argmax())
    leads = [column.filled, column.levels != n.argmax(), column.levels == place - 1][min(place, 2)]
    which = (FILLED, UNUSUAL, "with one value of it")[min(place, 2)]
    return Certainty(which, int(leads.sum()), float(converted[leads].mean()), float(converted.mean()))


def _by_account(levels: Ints, converted: Flags, account: Ints) -> tuple[Floats, Floats]:
    """Return for each level how many accounts have it, and the sum of their shares of converting leads."""
    width = int(account.max(initial=0)) + 1
    pairs, place = np.unique(levels * width + account, return_inverse=True)
    share = np.bincount(place, weights=converted) / np.bincount(place)
    n_levels = int(levels.max(initial=0)) + 1
    n = np.bincount(pairs // width, minlength=n_levels).astype(float)
    return n, np.asarray(np.bincount(pairs // width, weights=share, minlength=n_levels), dtype=np.float64)


def _marked(count: Floats, n: Floats) -> Floats:
    """Return a count over the leads of each mark: filled, not the commonest value, then each value."""
    return np.concatenate([[count.sum() - count[0], count.sum() - count[n.argmax()]], count[1:]])
