"""The leads whose outcome is known, as the audit looks at them: one entry a lead, in blocks of time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.audit.separation import Flags, Ints
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.snapshots.instants import NEVER, Micros, micros_of, to_micros
from predictive_scoring.snapshots.openness import rows_of_accounts
from predictive_scoring.storage import read_parquet

N_BLOCKS: Final = 10


@dataclass(frozen=True)
class KnownLeads:
    """Leads that converted, or had a whole horizon to do so.

    Attributes
    ----------
    leads, accounts
        Their rows of the leads table, and of the accounts table beside them (null where there is none).
    converted
        Whether the target's stage was ever reached.
    created, reached
        Instants in microseconds, `NEVER` where there is none.
    block
        Which tenth of the history by creation, or by row; all 0 where there is no order.
    account
        Number of the account of each.
    n_leads
        Number of all leads, those without a known outcome too.
    """

    leads: pa.Table
    accounts: pa.Table
    converted: Flags
    created: Micros
    reached: Micros
    block: Ints
    account: Ints
    n_leads: int

    def __len__(self) -> int:
        return len(self.converted)

    @property
    def n_converted(self) -> int:
        """How many converted."""
        return int(self.converted.sum())


def known_leads(history: History, target: Target) -> KnownLeads:
    """Return the leads of a history whose outcome can be told."""
    leads = read_parquet(history.path("leads"))
    created = micros_of(leads["created_at"])
    if history.facts.flat:
        known = pc.is_valid(leads["converted"]).to_numpy()
        converted = pc.fill_null(leads["converted"], False).to_numpy()
        reached = np.full(len(leads), NEVER, np.int64)
    else:
        reached = first_reached(history, (target.stage,), len(leads))
        known = created + target.horizon // timedelta(microseconds=1) <= _end(history, created)
        converted = reached < NEVER
    if "merged_at" in leads.column_names:
        known &= pc.is_null(leads["merged_at"]).to_numpy()  # what became of it is written at the lead it lives on in
    accounts = read_parquet(history.path("accounts"))
    beside = accounts.take(rows_of_accounts(accounts, leads["account_no"].to_numpy()[known]))
    place = np.where(created < NEVER, created, pc.fill_null(leads["row_number"], 0).to_numpy())
    return KnownLeads(
        leads=leads.filter(pa.array(known)),
        accounts=beside,
        converted=converted[known],
        created=created[known],
        reached=reached[known],
        block=blocks(place[known]),
        account=leads["account_no"].to_numpy()[known],
        n_leads=len(leads),
    )


def first_reached(history: History, stages: tuple[str, ...], n_leads: int) -> Micros:
    """Return when each lead first reached one of some stages, `NEVER` if it did not."""
    outcomes = read_parquet(history.path("outcomes"), ["lead_no", "occurred_at", "stage"])
    rows = outcomes.filter(pc.is_in(outcomes["stage"], pa.array(stages, pa.string())))
    first = np.full(n_leads, NEVER, np.int64)
    np.minimum.at(first, rows["lead_no"].to_numpy(), micros_of(rows["occurred_at"]))
    return first


def blocks(place: NDArray[np.int64]) -> Ints:
    """Return which tenth of the rows each lies in, by its place; equal places lie in one block."""
    if len(place) == 0:
        return np.zeros(0, np.int64)
    edges = np.quantile(place, np.arange(1, N_BLOCKS) / N_BLOCKS)
    return np.asarray(np.searchsorted(np.unique(edges), place, side="left"), dtype=np.int64)


def _end(history: History, created: Micros) -> int:
    if history.facts.observed_until is not None:
        return to_micros(history.facts.observed_until)
    return int(created[created < NEVER].max(initial=0))
