"""The history cut between accounts into pieces of bounded size: every feature of a lead lies inside one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.features.clock import clock_codes
from predictive_scoring.features.plan import DIRECTIONS, Plan
from predictive_scoring.features.sweep_state import Codes, Ints
from predictive_scoring.snapshots.activities import ActivityStream
from predictive_scoring.snapshots.instants import micros_of

MAX_ACTIVITIES = 250_000  # a column of so many lies in a processor's cache: no slower than a million, a third of it
MAX_LOOKS = 62_500
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
    direction: Codes
    topic: Codes
    n_topics: int
    theme: Codes
    clock: Codes  # zeros where no feature reads the clock


def shards(history: History, account_no: Ints, plan: Plan) -> Iterator[Shard]:
    """Yield the history piece by piece, in the order of the accounts.

    Parameters
    ----------
    account_no
        The account of each look, rising; at least one.
    plan
        Which kinds, groups of topics and clock the codes follow; a value of none of them gets the code after the last.

    Notes
    -----
    Row groups of the file in which nobody is looked at are not read. A piece ends where it would exceed
    `MAX_ACTIVITIES` or `MAX_LOOKS`; an account is never cut, so the largest account bounds the memory.
    """
    n_accounts = int(account_no[-1]) + 1
    n_activities = _per_account(history, n_accounts, np.unique(account_no))
    n_looks = np.bincount(account_no, minlength=n_accounts)
    stream = ActivityStream(history, COLUMNS, np.unique(account_no))
    first = 0
    for stop in _cuts(n_activities, n_looks):
        rows = stream.take(int(n_activities[first:stop].sum()))
        if n_looks[first:stop].any():
            yield shard_of(first, stop, rows, plan)
        first = stop


def _per_account(history: History, n_accounts: int, wanted: Ints) -> NDArray[np.int64]:
    """Return how many rows of each account the stream will give; of one that nobody looks at, perhaps not all."""
    counts = np.zeros(n_accounts, np.int64)
    for batch in ActivityStream(history, ["account_no"], wanted).batches():
        numbers = batch["account_no"].to_numpy()
        first = int(numbers.min(initial=n_accounts))
        found = np.bincount(numbers - first)[: max(0, n_accounts - first)]
        counts[first : first + len(found)] += found
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


def shard_of(first: int, stop: int, rows: pa.Table, plan: Plan) -> Shard:
    """Return accounts `first:stop` with all their rows, which lie by account and by when they became known."""
    topic, occurred = _dictionary(rows["topic"]), micros_of(rows["occurred_at"])
    n_topics = len(topic.dictionary)
    direction = _codes(_dictionary(rows["direction"]), {name: place for place, name in enumerate(DIRECTIONS)}, 2)
    clock = clock_codes(occurred, plan.zone) * (direction != 1) if plan.zone else np.zeros(len(occurred), np.int32)
    return Shard(
        first_account=first,
        stop_account=stop,
        account_no=_own(rows["account_no"].to_numpy()),
        lead_no=pc.fill_null(rows["lead_no"], -1).to_numpy(),
        occurred=_own(occurred),
        known=_own(micros_of(rows["known_at"])),
        kind=_codes(_dictionary(rows["kind"]), {kind: place for place, kind in enumerate(plan.kinds)}, len(plan.kinds)),
        direction=direction,
        topic=pc.fill_null(topic.indices, n_topics).to_numpy(),
        n_topics=n_topics,
        theme=_codes(topic, plan.theme_of, len(plan.themes)),
        clock=clock.astype(np.int32),
    )


def _own(column: Ints) -> Ints:
    """Return a column that may be written to: one that lies in Arrow's memory is another type to the compiler."""
    return column if column.flags.writeable else column.copy()


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.cast(pa.dictionary(pa.int32(), pa.string())).unify_dictionaries().combine_chunks()


def _codes(coded: pa.DictionaryArray, places: Mapping[str, int], none: int) -> Codes:
    """Return each row's place, `none` for null and for values without one."""
    place = np.array([*(places.get(value, none) for value in coded.dictionary.to_pylist()), none], np.int32)
    indices = pc.fill_null(coded.indices, -1).to_numpy()
    found: Codes = place[indices]
    return found
