"""The history cut between accounts into pieces of bounded size: every feature of a lead lies inside one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.features.plan import DIRECTIONS
from predictive_scoring.features.sweep_state import Codes, Ints
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import micros_of

MAX_ACTIVITIES = 1_000_000
MAX_LOOKS = 250_000
COLUMNS = ["account_no", "lead_no", "occurred_at", "known_at", "kind", "topic", "direction"]


@dataclass(frozen=True)
class Shard:
    """Accounts `first_account:stop_account` and their activities, as integers, in the order they became known."""

    first_account: int
    stop_account: int
    account_no: Ints
    lead_no: Ints  # -1: known for the account only
    occurred: Ints
    known: Ints
    kind: Codes
    topic: Codes
    n_topics: int
    direction: Codes


def shards(history: History, account_no: Ints, kinds: tuple[str, ...]) -> Iterator[Shard]:
    """Yield the history piece by piece, in the order of the accounts.

    Parameters
    ----------
    account_no
        The account of each look, rising; at least one.
    kinds
        Kinds in the order of their codes; others get the code -1.

    Notes
    -----
    A piece ends where it would exceed a million activities or a quarter of a million looks; an account is never
    cut, so the largest account bounds the memory.
    """
    n_accounts = int(account_no[-1]) + 1
    n_activities = _per_account(history, n_accounts)
    n_looks = np.bincount(account_no, minlength=n_accounts)
    stream = ActivityStream(history, COLUMNS)
    first = 0
    for stop in _cuts(n_activities, n_looks):
        rows = stream.take(int(n_activities[first:stop].sum()))
        if n_looks[first:stop].any():
            yield _shard(first, stop, rows, kinds)
        first = stop


def _per_account(history: History, n_accounts: int) -> NDArray[np.int64]:
    counts = np.zeros(n_accounts, np.int64)
    for batch in ActivityStream(history, ["account_no"]).batches():
        numbers, n_rows = np.unique(batch["account_no"].to_numpy(), return_counts=True)
        inside = numbers < n_accounts
        counts[numbers[inside]] += n_rows[inside]
    return counts


def _cuts(n_activities: NDArray[np.int64], n_looks: NDArray[np.int64]) -> list[int]:
    """Return the account after the last one of each piece."""
    load = np.cumsum(np.maximum(n_activities / MAX_ACTIVITIES, n_looks / MAX_LOOKS))
    before, start, cuts = 0.0, 0, []
    while start < len(load):
        stop = max(int(np.searchsorted(load, before + 1.0, side="right")), start + 1)
        cuts.append(stop)
        before, start = float(load[stop - 1]), stop
    return cuts


def _shard(first: int, stop: int, rows: pa.Table, kinds: tuple[str, ...]) -> Shard:
    topic = _dictionary(rows["topic"])
    return Shard(
        first_account=first,
        stop_account=stop,
        account_no=rows["account_no"].to_numpy(),
        lead_no=pc.fill_null(rows["lead_no"], -1).to_numpy(),
        occurred=micros_of(rows["occurred_at"]),
        known=micros_of(rows["known_at"]),
        kind=_codes(rows["kind"], kinds),
        topic=pc.fill_null(topic.indices, -1).to_numpy(),
        n_topics=len(topic.dictionary),
        direction=_codes(rows["direction"], DIRECTIONS),
    )


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.cast(pa.dictionary(pa.int32(), pa.string())).unify_dictionaries().combine_chunks()


def _codes(column: pa.ChunkedArray, values: tuple[str, ...]) -> Codes:
    """Return each row's place in `values`, -1 for null and for others."""
    coded = _dictionary(column)
    place = pc.fill_null(pc.index_in(coded.dictionary, pa.array(values, pa.string())), -1).to_numpy()
    indices = pc.fill_null(coded.indices, -1).to_numpy()
    found = np.append(place, -1)[indices]
    return np.asarray(found, dtype=np.int32)
