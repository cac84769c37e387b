"""Whose each row is: a lead's looks go together, and so do the leads of one account."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Whose:
    """The lead and the account of each row. Leads are counted; accounts are what chance draws.

    Colleagues decide together: intervals that drew leads one by one would be too narrow. A lead without an account is
    an account of its own.

    Examples
    --------
    >>> whose = Whose(np.array(["L1", "L1", "L2"]), np.array([7, 7, 7]))
    >>> whose.n_leads, whose[np.array([False, True, True])].leads.tolist()
    (2, ['L1', 'L2'])
    """

    leads: NDArray[Any]  # (n,)
    accounts: NDArray[Any]  # (n,)

    @classmethod
    def alone(cls, leads: NDArray[Any]) -> "Whose":
        """Return rows whose leads have no colleagues."""
        return cls(leads, leads)

    def __getitem__(self, members: NDArray[np.bool_]) -> "Whose":
        return Whose(self.leads[members], self.accounts[members])

    @property
    def n_leads(self) -> int:
        """How many leads there are."""
        return len(np.unique(self.leads))
