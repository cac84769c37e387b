"""The sweep: activities and looks of a lead, and of an account, merged in the order of time.

Each activity is applied once, when the record came to know it; a look reads the state before anything that happens
at the same instant. `occurred` decides which windows an activity lies in, `known` from when on it exists.

The kernels know no feature by name. They follow a plan of small integers (see `plan.py`); slots of the counters are
the kinds of the plan, then every activity, inbound and outbound ones.
"""

from typing import Final

import numpy as np
from numba import njit

from predictive_scoring.features.sweep_state import Codes, Events, Floats, Held, Ints, Looks, Spans, Steps

COUNT: Final = 0  # (op, slot, window)
LAST: Final = 1  # (op, slot, -)
FIRST: Final = 2
FIRST_KIND: Final = 3
DAYS_ACTIVE: Final = 4  # (op, window, -); this and the next two are the rows of `Held.distinct`
DISTINCT_KINDS: Final = 5  # (op, window, -)
DISTINCT_TOPICS: Final = 6  # (op, window, -)
DECAYED: Final = 7  # (op, decay, -)
TREND: Final = 8  # (op, short window, long window): rate of the short one as a multiple of the long one's
SHARE_INBOUND: Final = 9  # (op, window, -)
COLLEAGUES_COUNT: Final = 10  # (op, window, -)
COLLEAGUES_ACTIVE: Final = 11  # (op, window, -)

DAY: Final = 86_400_000_000
LONG_AGO: Final = -(2**62)
INBOUND: Final = 0


@njit(cache=True, nogil=True)
def grouped(group: Codes, n_groups: int) -> tuple[Ints, Ints]:
    """Return the start of each group and the rows by group, in their old order within it; -1 is left out."""
    starts = np.zeros(n_groups + 1, np.int64)
    for i in range(len(group)):
        if group[i] >= 0:
            starts[group[i] + 1] += 1
    for g in range(n_groups):
        starts[g + 1] += starts[g]
    place = starts[:-1].copy()
    order = np.empty(starts[n_groups], np.int64)
    for i in range(len(group)):
        g = group[i]
        if g >= 0:
            order[place[g]] = i
            place[g] += 1
    return starts, order


@njit(cache=True, nogil=True)
def by_occurrence(occurred: Ints) -> Ints:
    """Return the order of occurrence; rows that were recorded in that order, the rule, cost one pass."""
    for i in range(1, len(occurred)):
        if occurred[i] < occurred[i - 1]:
            return np.argsort(occurred, kind="mergesort")
    return np.arange(len(occurred))


@njit(cache=True, nogil=True)
def scan(  # noqa: C901 (the innermost loop: a call inside it would cost more than its body)
    events: Events, rows: Ints, as_of: int, look: int, steps: Steps, held: Held
) -> None:
    """Count what lies in each window, walking back over `rows`, which occurred before `as_of`, in that order."""
    counts, distinct, kind_seen, topic_seen = held.counts, held.distinct, held.kind_seen, held.topic_seen
    counts[:] = 0
    distinct[:] = 0
    windows = steps.windows
    window = 0
    last_day = LONG_AGO
    for place in range(len(rows) - 1, -1, -1):
        event = rows[place]
        when = events.occurred[event]
        while window < len(windows) and when < as_of - windows[window]:
            window += 1
        if window == len(windows):
            break
        if not events.known[event] < as_of:
            continue
        kind, topic, direction = events.kind[event], events.topic[event], events.direction[event]
        counts[steps.n_kinds, window] += 1
        if direction >= 0:
            counts[steps.n_kinds + 1 + direction, window] += 1
        if kind >= 0:
            counts[kind, window] += 1
            if kind_seen[kind] != look:
                kind_seen[kind] = look
                distinct[1, window] += 1
        if topic >= 0 and topic_seen[topic] != look:
            topic_seen[topic] = look
            distinct[2, window] += 1
        if when // DAY != last_day:
            last_day = when // DAY
            distinct[0, window] += 1
    for longer in range(1, len(windows)):  # what lies in a window lies in every longer one
        for slot in range(len(counts)):
            counts[slot, longer] += counts[slot, longer - 1]
        for part in range(len(distinct)):
            distinct[part, longer] += distinct[part, longer - 1]


@njit(cache=True, nogil=True)
def apply(events: Events, event: int, steps: Steps, held: Held) -> None:
    """Add one activity to what is held of a lead since its beginning: last, first and decayed sums."""
    n_kinds, decays = steps.n_kinds, steps.decays
    last, first, faded = held.last, held.first, held.faded
    when, kind, direction = events.occurred[event], events.kind[event], events.direction[event]
    last[n_kinds] = max(last[n_kinds], when)
    if kind >= 0:
        last[kind] = max(last[kind], when)
    if direction >= 0:
        last[n_kinds + 1 + direction] = max(last[n_kinds + 1 + direction], when)
    earliest_kind = kind if kind >= 0 else n_kinds
    if when < first[0] or (when == first[0] and earliest_kind < first[1]):
        first[0], first[1] = when, earliest_kind
    clock = first[2]
    if when > clock:
        for d in range(len(decays)):
            faded[d] = faded[d] * np.exp((clock - when) / decays[d]) + 1.0
        first[2] = when
    else:
        for d in range(len(decays)):
            faded[d] += np.exp((when - clock) / decays[d])


@njit(cache=True, nogil=True)
def write(  # noqa: C901 (one dispatch: with a function a feature it took five times as long)
    steps: Steps, held: Held, as_of: int, row: int, out: Floats
) -> None:
    """Write every feature of a look into its column of `out`, NaN where it has no value."""
    ops, windows, n_kinds = steps.ops, steps.windows, steps.n_kinds
    counts, distinct, last, first = held.counts, held.distinct, held.last, held.first
    nothing = last[n_kinds] == LONG_AGO
    for f in range(len(ops)):
        op, a, b = ops[f, 0], ops[f, 1], ops[f, 2]
        value = np.nan
        if op == COUNT:
            value = counts[a, b]
        elif op == LAST:
            if last[a] > LONG_AGO:
                value = (as_of - last[a]) / DAY
        elif op in (DAYS_ACTIVE, DISTINCT_KINDS, DISTINCT_TOPICS):
            value = distinct[op - DAYS_ACTIVE, a]
        elif op == DECAYED:
            value = held.faded[a] * np.exp((first[2] - as_of) / steps.decays[a])
        elif op == TREND:
            if counts[n_kinds, b] > 0:
                value = counts[n_kinds, a] / counts[n_kinds, b] * (windows[b] / windows[a])
        elif op == SHARE_INBOUND:
            directed = counts[n_kinds + 1, a] + counts[n_kinds + 2, a]
            if directed > 0:
                value = counts[n_kinds + 1 + INBOUND, a] / directed
        elif not nothing:
            value = (as_of - first[0]) / DAY if op == FIRST else float(first[1])
        out[f, row] = value


@njit(cache=True, nogil=True)
def lead_sweep(events: Events, looks: Looks, steps: Steps, out: Floats, own: Ints) -> None:
    """Fill `out` (n_features, n_rows) for every look, and `own` (n_windows, n_rows) with all the lead's activities."""
    n_slots, n_windows = steps.n_kinds + 3, len(steps.windows)
    held = Held(
        np.zeros((n_slots, n_windows), np.int64),
        np.zeros((3, n_windows), np.int64),
        np.full(steps.n_kinds + 1, -1, np.int64),
        np.full(steps.n_topics + 1, -1, np.int64),
        np.empty(n_slots, np.int64),
        np.empty(3, np.int64),
        np.empty(len(steps.decays), np.float64),
    )
    for lead in range(len(looks.starts) - 1):
        start, stop = events.starts[lead], events.starts[lead + 1]
        rows = start + by_occurrence(events.occurred[start:stop])
        held.last[:] = LONG_AGO
        held.first[:] = -LONG_AGO
        held.first[2] = LONG_AGO
        held.faded[:] = 0.0
        event, upto = start, 0
        for look in range(looks.starts[lead], looks.starts[lead + 1]):
            as_of, row = looks.as_of[look], looks.row[look]
            while event < stop and events.known[event] < as_of:
                apply(events, event, steps, held)
                event += 1
            while upto < stop - start and events.occurred[rows[upto]] < as_of:
                upto += 1
            scan(events, rows[:upto], as_of, look, steps, held)
            own[:, row] = held.counts[steps.n_kinds]
            write(steps, held, as_of, row, out)


@njit(cache=True, nogil=True)
def enter(events: Events, event: int, spans: Spans) -> None:
    """Count an activity in every window that has not passed it."""
    when, lead = events.occurred[event], events.lead[event]
    spans.applied[event] = True
    if lead >= 0:
        spans.latest[lead] = max(spans.latest[lead], when)
    for w in range(len(spans.begin)):
        if when >= spans.begin[w]:
            spans.n_inside[w] += 1
            if lead >= 0 and not spans.is_active[w, lead]:
                spans.is_active[w, lead] = True
                spans.n_active[w] += 1


@njit(cache=True, nogil=True)
def move(events: Events, rows: Ints, window: int, begin: int, spans: Spans) -> None:
    """Move a window's begin forward: activities that it passes leave, and so do leads with nothing later."""
    spans.begin[window] = begin
    while spans.passed[window] < len(rows):
        event = rows[spans.passed[window]]
        if events.occurred[event] >= begin:
            break
        spans.passed[window] += 1
        if not spans.applied[event]:
            continue
        spans.n_inside[window] -= 1
        lead = events.lead[event]
        if lead >= 0 and spans.is_active[window, lead] and spans.latest[lead] < begin:
            spans.is_active[window, lead] = False
            spans.n_active[window] -= 1


@njit(cache=True, nogil=True)
def account_sweep(events: Events, looks: Looks, n_leads: int, steps: Steps, own: Ints, out: Floats) -> None:
    """Fill `out` (n_features, n_rows) with what the *other* leads of the account, and the account itself, did.

    Windows move forward over the activities in the order of occurrence: an activity that becomes known after a
    window has passed it is never counted there; one that is counted leaves when it is passed.
    """
    n_windows = len(steps.windows)
    spans = Spans(
        np.empty(n_windows, np.int64),
        np.empty(n_windows, np.int64),
        np.empty(n_windows, np.int64),
        np.empty(n_windows, np.int64),
        np.zeros((n_windows, n_leads), np.bool_),
        np.full(n_leads, LONG_AGO, np.int64),
        np.zeros(len(events.known), np.bool_),
    )
    for account in range(len(looks.starts) - 1):
        start, stop = events.starts[account], events.starts[account + 1]
        rows = start + by_occurrence(events.occurred[start:stop])
        spans.begin[:] = LONG_AGO
        spans.passed[:] = 0
        spans.n_inside[:] = 0
        spans.n_active[:] = 0
        event = start
        for look in range(looks.starts[account], looks.starts[account + 1]):
            as_of, row = looks.as_of[look], looks.row[look]
            while event < stop and events.known[event] < as_of:
                enter(events, event, spans)
                event += 1
            for w in range(n_windows):
                move(events, rows, w, as_of - steps.windows[w], spans)
            for f in range(len(steps.ops)):
                op, w, _ = steps.ops[f]
                if op == COLLEAGUES_COUNT:
                    out[f, row] = spans.n_inside[w] - own[w, row]
                else:
                    out[f, row] = spans.n_active[w] - (own[w, row] > 0)
