"""The sweep through a lead's activities and looks, merged in the order of time.

Each activity is applied once, when the record came to know it; a look reads the state before anything that happens
at the same instant. `occurred` decides which windows an activity lies in, `known` from when on it exists.

The kernel knows no feature by name. It follows a plan of small integers (see `plan.py`). Slots of the counters are the
kinds of the plan, those named below, the plan's groups of topics and one for topics in none, and its groups of kinds.

What it costs: what is held since the beginning (last, first, decayed sums) is touched once an activity. What lies in
windows is counted at each look over the longest window, so an activity is visited once for every look within that time
of it: 13 times with weekly looks and 90 days. Counting by what enters and leaves a window would save visits only where
looks are much denser than windows are long, and could not tell the busiest day or an answer.

Functions of a look are inlined: handing so many arrays to a function costs more than what most of them do.
"""

from typing import Final

import numpy as np
from numba import njit

from predictive_scoring.features.sweep_state import Events, Floats, Held, Ints, Looks, Own, Steps

COUNT: Final = 0  # (op, slot, window)
LAST: Final = 1  # (op, slot)
DECAYED: Final = 2  # (op, slot, decay)
FIRST: Final = 3  # (op, slot)
END_KIND: Final = 4  # (op, end): kind of the first (0) or last (1) activity
RATIO: Final = 5  # (op, slot, slot, window): the first divided by the second
TREND: Final = 6  # (op, short window, long window): rate of the short one as a multiple of the long one's
ACCELERATION: Final = 7  # (op, window, window, window): change of the change of the daily rate
BETWEEN: Final = 8  # (op, slot, slot): days from the first of one to the first of the other
AFTER: Final = 9  # (op, slot, slot): whether the second happened after the first of the first
MEAN_DAYS: Final = 10  # (op, slot, slot, window): microseconds divided by a count, in days

# Slots behind those of the kinds. Of those from KINDS on nothing is held but what lies in windows.
OTHER, INBOUND, OUTBOUND, NEITHER, ALL, WORKING, WEEKEND, DIRECTED, OWN, KINDS, DAYS, TOPICS = range(12)
USE_DAYS, USE_TOPICS, ANSWERED, WAITED, UNANSWERED, BUSIEST_DAY, BUSIEST_HOUR, THEMES = range(12, 20)
WANTS_KINDS, WANTS_TOPICS, WANTS_THEMES, WANTS_CLOCK, WANTS_USE, WANTS_BURSTS, WANTS_ANSWERS = range(7)

DAY: Final = 86_400_000_000
HOUR: Final = DAY // 24
LONG_AGO: Final = -(2**62)
FAR: Final = 200.0  # decayed sums are moved to a new origin before exp() of the distance could overflow


@njit(cache=True, nogil=True)
def by_occurrence(occurred: Ints) -> Ints:
    """Return the order of occurrence; rows that were recorded in that order, the rule, cost one pass."""
    for i in range(1, len(occurred)):
        if occurred[i] < occurred[i - 1]:
            return np.argsort(occurred, kind="mergesort")
    return np.arange(len(occurred))


@njit(inline="always", nogil=True)
def scan(  # noqa: C901, PLR0915 (the innermost loop: a call inside it would cost more than its body)
    events: Events, rows: Ints, as_of: int, look: int, steps: Steps, held: Held
) -> None:
    """Count what lies in each window, walking back over `rows`, which occurred before `as_of`, in that order."""
    counts, seen, n_kinds, themes = held.counts, held.topic_seen, steps.n_kinds, steps.n_kinds + THEMES
    counts[:] = 0
    seen[:, steps.n_topics] = look  # a row without a topic is never a new one
    topics, by_theme, clock = steps.wants[WANTS_TOPICS], steps.wants[WANTS_THEMES], steps.wants[WANTS_CLOCK]
    use, bursts, touches = steps.wants[WANTS_USE], steps.wants[WANTS_BURSTS], steps.wants[WANTS_ANSWERS]
    last_day = last_use_day = last_hour = LONG_AGO
    in_day = in_hour = 0
    answered_at = answer_here = here = -LONG_AGO  # the next answer after this instant, and one at it
    end = len(rows)
    for window in range(len(held.begins)):
        for place in range(end - 1, held.begins[window] - 1, -1):
            event = rows[place]
            if not events.known[event] < as_of:
                continue
            when, kind, direction = events.occurred[event], events.kind[event], events.direction[event]
            counts[window, kind] += 1
            counts[window, n_kinds + INBOUND + direction] += 1
            day = when // DAY
            counts[window, n_kinds + DAYS] += day != last_day
            if topics:
                topic = events.topic[event]
                counts[window, n_kinds + TOPICS] += seen[0, topic] != look
                seen[0, topic] = look
            if by_theme:
                counts[window, themes + events.theme[event]] += 1
            if clock:
                part = events.clock[event]
                counts[window, n_kinds + WORKING] += part == 1
                counts[window, n_kinds + WEEKEND] += part == 2
            if use and steps.is_usage[kind]:
                counts[window, n_kinds + USE_DAYS] += day != last_use_day
                counts[window, n_kinds + USE_TOPICS] += seen[1, events.topic[event]] != look
                last_use_day = day
                seen[1, events.topic[event]] = look
            if bursts:
                hour = when // HOUR
                in_day = in_day + 1 if day == last_day else 1
                in_hour = in_hour + 1 if hour == last_hour else 1
                counts[window, n_kinds + BUSIEST_DAY] = max(counts[window, n_kinds + BUSIEST_DAY], in_day)
                counts[window, n_kinds + BUSIEST_HOUR] = max(counts[window, n_kinds + BUSIEST_HOUR], in_hour)
                last_hour = hour
            if touches:
                if when != here:
                    answered_at = min(answered_at, answer_here)
                    here = when
                if steps.is_answer[kind] or (steps.any_inbound_answers and direction == 0):
                    answer_here = when
                if direction == 1:
                    waited = answered_at - when
                    counts[window, n_kinds + ANSWERED] += waited <= steps.answer_within
                    counts[window, n_kinds + WAITED] += waited if waited <= steps.answer_within else 0
                    counts[window, n_kinds + UNANSWERED] += answered_at == -LONG_AGO
            last_day = day
        end = min(end, held.begins[window])


@njit(inline="always", nogil=True)
def sum_up(steps: Steps, held: Held) -> None:
    """Add to each window what lies in the shorter ones, and fill in the slots that follow from others."""
    counts, n = held.counts, steps.n_kinds
    for w in range(len(counts)):
        if w > 0:
            in_day = max(counts[w, n + BUSIEST_DAY], counts[w - 1, n + BUSIEST_DAY])
            in_hour = max(counts[w, n + BUSIEST_HOUR], counts[w - 1, n + BUSIEST_HOUR])
            for slot in range(counts.shape[1]):
                counts[w, slot] += counts[w - 1, slot]
            counts[w, n + BUSIEST_DAY], counts[w, n + BUSIEST_HOUR] = in_day, in_hour
        counts[w, n + DIRECTED] = counts[w, n + INBOUND] + counts[w, n + OUTBOUND]
        counts[w, n + OWN] = counts[w, n + INBOUND] + counts[w, n + NEITHER]
        counts[w, n + ALL] = counts[w, n + DIRECTED] + counts[w, n + NEITHER]
        counts[w, n + KINDS] = 0
        if steps.wants[WANTS_KINDS]:
            for kind in range(n):
                counts[w, n + KINDS] += counts[w, kind] > 0


@njit(inline="always", nogil=True)
def gather(steps: Steps, held: Held) -> None:
    """Give to groups of kinds what their kinds amount to."""
    counts, first_group = held.counts, steps.n_kinds + THEMES + steps.n_themes + 1
    for group in range(len(steps.group_starts) - 1):
        slot = first_group + group
        held.last[slot], held.first[slot] = LONG_AGO, -LONG_AGO
        counts[:, slot] = 0
        held.faded[:, slot] = 0.0
        for place in range(steps.group_starts[group], steps.group_starts[group + 1]):
            kind = steps.group_kinds[place]
            held.last[slot] = max(held.last[slot], held.last[kind])
            held.first[slot] = min(held.first[slot], held.first[kind])
            for window in range(len(counts)):
                counts[window, slot] += counts[window, kind]
            for d in range(len(held.faded)):
                held.faded[d, slot] += held.faded[d, kind]


@njit(inline="always", nogil=True)
def apply(events: Events, event: int, stop: int, as_of: int, steps: Steps, held: Held) -> int:
    """Add activities known before `as_of` to what is held of a lead since its beginning; return the next one."""
    n_kinds, last, first, faded, decays = steps.n_kinds, held.last, held.first, held.faded, steps.decays
    everything, themes, origin = n_kinds + ALL, n_kinds + THEMES, held.ends[2]
    while event < stop and events.known[event] < as_of:
        when, kind, direction = events.occurred[event], events.kind[event], events.direction[event]
        if when < first[everything] or (when == first[everything] and kind < held.ends[0]):
            held.ends[0] = kind
        if when > last[everything] or (when == last[everything] and kind < held.ends[1]):
            held.ends[1] = kind
        directed, theme = n_kinds + INBOUND + direction, themes + events.theme[event]
        last[kind], first[kind] = max(last[kind], when), min(first[kind], when)
        last[directed], first[directed] = max(last[directed], when), min(first[directed], when)
        last[everything], first[everything] = max(last[everything], when), min(first[everything], when)
        last[theme], first[theme] = max(last[theme], when), min(first[theme], when)
        if len(decays) > 0 and when - origin > FAR * decays[0]:  # the first decay is the shortest
            for d in range(len(decays)):
                shrunk = np.exp((origin - when) / decays[d])
                for slot in range(len(last)):
                    faded[d, slot] *= shrunk
            origin = when
        for d in range(len(decays)):
            weight = np.exp((when - origin) / decays[d])
            faded[d, kind] += weight
            faded[d, directed] += weight
            faded[d, everything] += weight
            faded[d, theme] += weight
        event += 1
    held.ends[2] = origin
    return event


@njit(inline="always", nogil=True)
def write(  # noqa: C901, PLR0912 (one dispatch: with a function a feature it took five times as long)
    steps: Steps, held: Held, as_of: int, row: int, out: Floats
) -> None:
    """Write every feature of a look into its column of `out`, NaN where it has no value."""
    ops, windows, everything = steps.ops, steps.windows, steps.n_kinds + ALL
    counts, last, first = held.counts, held.last, held.first
    for d in range(len(steps.decays)):
        held.now[d] = np.exp((held.ends[2] - as_of) / steps.decays[d])
    for f in range(len(ops)):
        op, a, b, c = ops[f, 0], ops[f, 1], ops[f, 2], ops[f, 3]
        value = np.nan
        if op == COUNT:
            value = counts[b, a]
        elif op == LAST:
            if last[a] > LONG_AGO:
                value = (as_of - last[a]) / DAY
        elif op == DECAYED:
            value = held.faded[b, a] * held.now[b] if last[a] > LONG_AGO else 0.0
        elif op == FIRST:
            if first[a] < -LONG_AGO:
                value = (as_of - first[a]) / DAY
        elif op == END_KIND:
            if last[everything] > LONG_AGO:
                value = held.ends[a]
        elif op == RATIO:
            if counts[c, b] > 0:
                value = counts[c, a] / counts[c, b]
        elif op == MEAN_DAYS:
            if counts[c, b] > 0:
                value = counts[c, a] / DAY / counts[c, b]
        elif op == TREND:
            if counts[b, everything] > 0:
                value = counts[a, everything] / counts[b, everything] * (windows[b] / windows[a])
        elif op == ACCELERATION:
            short, middle, long = counts[a, everything], counts[b, everything], counts[c, everything]
            before = (middle - short) / ((windows[b] - windows[a]) / DAY)
            value = short / (windows[a] / DAY) - 2 * before + (long - middle) / ((windows[c] - windows[b]) / DAY)
        elif op == BETWEEN:
            if first[b] < -LONG_AGO and first[a] <= first[b]:
                value = (first[b] - first[a]) / DAY
        else:
            value = 1.0 if first[a] < -LONG_AGO and last[b] > first[a] else 0.0
        out[f, row] = value


@njit(cache=True, nogil=True)
def nothing_held(steps: Steps) -> Held:
    """Return what is held of a lead before anything has happened."""
    n_slots, n_windows = steps.n_kinds + THEMES + steps.n_themes + len(steps.group_starts), len(steps.windows)
    n_decays = len(steps.decays)
    return Held(
        np.zeros((n_windows, n_slots), np.int64),
        np.full((2, steps.n_topics + 1), -1, np.int64),
        np.empty(n_slots, np.int64),
        np.empty(n_slots, np.int64),
        np.empty(3, np.int64),
        np.empty((n_decays, n_slots), np.float64),
        np.empty(n_decays, np.float64),
        np.empty(n_windows, np.int64),
    )


@njit(inline="always", nogil=True)
def forget(held: Held) -> None:
    """Empty what is held, for the next lead; what is counted at each look needs no emptying."""
    held.last[:] = LONG_AGO
    held.first[:] = -LONG_AGO
    held.faded[:] = 0.0
    held.ends[2] = LONG_AGO
    held.begins[:] = 0


@njit(inline="always", nogil=True)
def pass_on(steps: Steps, held: Held, row: int, own: Own) -> None:
    """Write what the sweep of the account must know of the lead at this look."""
    for w in range(len(steps.windows)):
        own.counts[0, w, row] = held.counts[w, steps.n_kinds + ALL]
        if steps.wants[WANTS_USE]:
            for kind in range(steps.n_kinds):
                own.counts[1, w, row] += held.counts[w, kind] if steps.is_usage[kind] else 0
    for d in range(len(steps.decays)):
        own.faded[d, row] = held.faded[d, steps.n_kinds + ALL] * held.now[d]


@njit(cache=True, nogil=True)
def lead_sweep(events: Events, looks: Looks, steps: Steps, out: Floats, own: Own) -> None:
    """Fill `out` (n_features, n_rows) for every look, and add to `own` what the account must know of the lead."""
    held = nothing_held(steps)
    begins, windows, occurred = held.begins, steps.windows, events.occurred
    for lead in range(len(looks.starts) - 1):
        start, stop = events.starts[lead], events.starts[lead + 1]
        rows = start + by_occurrence(occurred[start:stop])
        forget(held)
        event, upto = start, 0
        for look in range(looks.starts[lead], looks.starts[lead + 1]):
            as_of, row = looks.as_of[look], looks.row[look]
            event = apply(events, event, stop, as_of, steps, held)
            while upto < stop - start and occurred[rows[upto]] < as_of:
                upto += 1
            for w in range(len(windows)):
                while begins[w] < upto and occurred[rows[begins[w]]] < as_of - windows[w]:
                    begins[w] += 1
            scan(events, rows[:upto], as_of, look, steps, held)
            sum_up(steps, held)
            gather(steps, held)
            write(steps, held, as_of, row, out)
            pass_on(steps, held, row, own)
