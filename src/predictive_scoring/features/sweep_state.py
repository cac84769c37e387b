"""The arrays that the kernels of the sweep read and keep, bundled so that a function takes few of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]


class Events(NamedTuple):
    """Activities in the order they became known, grouped: group g is `starts[g]:starts[g + 1]`."""

    starts: Ints
    occurred: Ints
    known: Ints
    kind: Codes  # -1: not in the plan
    topic: Codes  # -1: none
    direction: Codes  # 0 inbound, 1 outbound, -1 neither
    lead: Codes  # number of the lead in the shard, -1: known for the account only


class Looks(NamedTuple):
    """Instants to look at, rising in each group; `row` says where the result goes."""

    starts: Ints
    as_of: Ints
    lead: Codes
    row: Ints


class Steps(NamedTuple):
    """What to compute: windows rising and decay constants in microseconds, one line of `ops` a feature."""

    windows: Ints
    decays: Floats
    n_kinds: int
    n_topics: int
    ops: Ints  # (n_features, 3)


class Held(NamedTuple):
    """What a lead's activities so far amount to; slots as in `sweep`."""

    counts: Ints  # (n_slots, n_windows), as of the last look
    distinct: Ints  # (3, n_windows): days, kinds, topics, as of the last look
    kind_seen: Ints  # number of the last look that met each kind
    topic_seen: Ints
    last: Ints  # (n_slots,) latest occurrence, LONG_AGO if none
    first: Ints  # (3,): earliest occurrence, its kind, and the instant that `faded` is at
    faded: Floats  # (n_decays,)


class Spans(NamedTuple):
    """What lies in each window of an account as the windows move forward, (n_windows, …)."""

    begin: Ints
    passed: Ints  # activities, in the order of occurrence, that lie before the window
    n_inside: Ints
    n_active: Ints  # leads with an activity in the window
    is_active: NDArray[np.bool_]  # (n_windows, n_leads)
    latest: Ints  # (n_leads,) latest occurrence of each lead
    applied: NDArray[np.bool_]  # (n_events,)
