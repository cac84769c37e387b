"""The looks to compute features for, and what stands in the small tables about their leads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.errors import DataContractError
from predictive_scoring.features import lookup
from predictive_scoring.features.sweep_state import Floats, Ints
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet


@dataclass(frozen=True)
class LeadLooks:
    """Pairs of lead and instant; `as_of` is `NEVER` where a flat table has no instants."""

    lead_no: Ints
    account_no: Ints
    as_of: Micros

    def __len__(self) -> int:
        return len(self.lead_no)

    @classmethod
    def of(cls, snapshots: pa.Table) -> "LeadLooks":
        """Return the looks of a table with lead_no, account_no and as_of."""
        return cls(snapshots["lead_no"].to_numpy(), snapshots["account_no"].to_numpy(), micros_of(snapshots["as_of"]))

    def take(self, rows: NDArray[np.int64] | slice) -> "LeadLooks":
        """Return some of the looks."""
        return LeadLooks(self.lead_no[rows], self.account_no[rows], self.as_of[rows])


Column: TypeAlias = Floats | pa.Array
Reader: TypeAlias = Callable[[LeadLooks], Column]  # from looks to a feature's column


@dataclass(frozen=True)
class Facts:
    """Facts by group, rising by when they were known within a group: what `lookup` searches."""

    starts: Ints
    known: Ints
    occurred: Ints

    @classmethod
    def of(cls, group: Ints, known: Ints, occurred: Ints, n_groups: int) -> "Facts":
        """Return facts sorted for look-ups; groups are 0 to `n_groups`."""
        order = np.lexsort((occurred, known, group))
        starts = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=n_groups))]).astype(np.int64)
        return cls(starts, known[order], occurred[order])

    def count(self, group: Ints, as_of: Ints) -> Ints:
        """Return how many facts of a group were known before each instant."""
        return lookup.known_before(self.starts, self.known, group, as_of)

    def latest(self, group: Ints, as_of: Ints) -> Ints:
        """Return the latest occurrence known before each instant, `lookup.LONG_AGO` if there is none."""
        return lookup.latest_before(self.starts, self.known, self.occurred, group, as_of)


@dataclass(frozen=True)
class Registry:
    """The small tables: leads, accounts (one row a lead), outcomes."""

    leads: pa.Table
    account_of_lead: pa.Table
    account_no: Ints
    created: Micros
    outcomes: pa.Table

    @classmethod
    def of(cls, history: History, looks: LeadLooks) -> "Registry":
        """Return the tables of a history.

        Raises
        ------
        DataContractError
            If a look is at a lead that the history does not have.
        """
        leads = read_parquet(history.path("leads"))
        if int(looks.lead_no.max(initial=-1)) >= len(leads):
            raise DataContractError(
                f"history '{history.facts.name}': snapshots name leads that it does not have",
                found=f"lead_no up to {int(looks.lead_no.max()):,}",
                expected=f"below {len(leads):,}",
                fix="make snapshots and features from the same history",
            )
        accounts = read_parquet(history.path("accounts"))
        account_no = leads["account_no"].to_numpy()
        return cls(
            leads=leads,
            account_of_lead=accounts.take(rows_of_accounts(accounts, account_no)),
            account_no=account_no,
            created=micros_of(leads["created_at"], missing=-NEVER if history.facts.flat else NEVER),
            outcomes=read_parquet(history.path("outcomes"), ["lead_no", "occurred_at", "known_at", "stage"]),
        )

    @property
    def n_accounts(self) -> int:
        """One more than the largest account number of a lead."""
        return int(self.account_no.max(initial=-1)) + 1

    def creations(self) -> Facts:
        """Return the creations of each account's leads."""
        return Facts.of(self.account_no, self.created, self.created, self.n_accounts)

    def reached(self, stage: str, *, by_account: bool) -> Facts:
        """Return when a stage was reached: each time of each lead, or each lead's first time by account."""
        rows = self.outcomes.filter(pc.equal(self.outcomes["stage"], stage))
        lead_no = rows["lead_no"].to_numpy()
        known, occurred = micros_of(rows["known_at"]), micros_of(rows["occurred_at"])
        if not by_account:
            return Facts.of(lead_no, known, occurred, len(self.created))
        order = np.lexsort((occurred, known, lead_no))
        first = np.ones(len(order), np.bool_)
        first[1:] = lead_no[order][1:] != lead_no[order][:-1]
        chosen = order[first]
        return Facts.of(self.account_no[lead_no[chosen]], known[chosen], occurred[chosen], self.n_accounts)
