"""The arrays that the kernels of the sweep read and keep, bundled so that a function takes few of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Events(NamedTuple):
    """Activities in the order they became known, grouped: group g is `starts[g]:starts[g + 1]`."""

    starts: Ints
    occurred: Ints
    known: Ints
    kind: Codes  # place among the plan's kinds, `n_kinds`: none of them
    direction: Codes  # 0 inbound, 1 outbound, 2 neither
    topic: Codes  # place among the shard's topics, `n_topics`: none
    theme: Codes  # place among the plan's groups of topics, `n_themes`: none
    clock: Codes  # of what the lead does: 1 in working hours, 2 on a weekend, 0 neither; of what is done to it 0
    lead: Codes  # number of the lead in the shard, -1: known for the account only


class Looks(NamedTuple):
    """Instants to look at, rising in each group; `row` says where the result goes."""

    starts: Ints
    as_of: Ints
    lead: Codes
    row: Ints


class Steps(NamedTuple):
    """What to compute: windows rising and decay constants in microseconds, one line of `ops` a feature.

    `wants` says which of the costlier counts any feature reads: see `sweep.WANTS_TOPICS` and its neighbours.
    """

    windows: Ints
    decays: Floats
    n_kinds: int
    n_topics: int
    n_themes: int
    group_starts: Ints  # group g of kinds is `group_kinds[group_starts[g]:group_starts[g + 1]]`
    group_kinds: Ints
    is_usage: Flags  # (n_kinds + 1,): kinds that mean use of the product
    is_answer: Flags  # (n_kinds + 1,): kinds that answer what was sent, whatever their direction
    any_inbound_answers: bool
    answer_within: int  # microseconds
    wants: Flags
    ops: Ints  # (n_features, 4)


class Held(NamedTuple):
    """What a lead's activities so far amount to; slots as in `sweep`."""

    counts: Ints  # (n_windows, n_slots), as of the last look
    topic_seen: Ints  # (2, n_topics + 1): number of the last look that met each topic, at all and as use
    last: Ints  # (n_slots,) latest occurrence, LONG_AGO if none
    first: Ints  # (n_slots,) earliest occurrence, -LONG_AGO if none
    ends: Ints  # (3,): kind of the first and of the last activity, and the origin of `faded`
    faded: Floats  # (n_decays, n_slots): sum of exp((occurred - origin) / decay)
    now: Floats  # (n_decays,): exp((origin - as_of) / decay)
    begins: Ints  # (n_windows,): place, in the order of occurrence, where each window begins


class Own(NamedTuple):
    """What the sweep of an account must know of the lead that is looked at."""

    counts: Ints  # (n_tracks, n_windows, n_rows): activities of every kind, and of use
    faded: Floats  # (n_decays, n_rows)


class Spans(NamedTuple):
    """What lies in each window of an account as it moves forward; tracks: every activity, use of the product."""

    begin: Ints  # (n_windows,)
    passed: Ints  # (n_windows,): activities, in the order of occurrence, that lie before the window
    n_inside: Ints  # (n_tracks, n_windows)
    n_active: Ints  # (n_tracks, n_windows): leads with an activity in the window
    is_active: Flags  # (n_tracks, n_windows, n_leads)
    latest: Ints  # (n_tracks, n_leads): latest occurrence of each lead
    applied: Flags  # (n_events,)
    newest: Ints  # (4,): latest occurrence and its lead, and the same of the latest of any other lead
    faded: Floats  # (n_decays,): as in `Held`
    origin: Ints  # (1,): of `faded`
