"""The sweep through the activities and looks of an account: what the other leads did, or all of them together.

Windows move forward over the activities in the order of occurrence: each activity enters and leaves each window once,
so the cost does not depend on how many leads look. An activity that becomes known after a window has passed it is never
counted there; one that is counted leaves when it is passed.
"""

from typing import Final

import numpy as np
from numba import njit

from predictive_scoring.features.sweep import DAY, FAR, LONG_AGO, WANTS_USE, by_occurrence
from predictive_scoring.features.sweep_state import Events, Floats, Ints, Looks, Own, Spans, Steps

COUNT: Final = 0  # (op, window, track, whole): whole 1 includes the lead that is looked at
ACTIVE: Final = 1  # (op, window, track, whole): leads with an activity in the window
DECAYED: Final = 2  # (op, decay, -, whole)
LAST: Final = 3  # (op, -, -, whole)

NOBODY: Final = -2  # -1 is what is known for the account only


def with_decays_in_use(steps: Steps, own: Own) -> tuple[Steps, Own]:
    """Return the steps without decays that only leads have: each costs an exponential an activity."""
    is_decayed = steps.ops[:, 0] == DECAYED
    used = np.unique(steps.ops[is_decayed, 1])
    ops = steps.ops.copy()
    ops[is_decayed, 1] = np.searchsorted(used, ops[is_decayed, 1])
    return steps._replace(decays=steps.decays[used], ops=ops), own._replace(faded=own.faded[used])


@njit(cache=True, nogil=True)
def meet(when: int, lead: int, newest: Ints) -> None:
    """Keep the latest occurrence with its lead, and the latest of any other lead."""
    if lead == newest[1]:
        newest[0] = max(newest[0], when)
    elif when > newest[0]:
        newest[2], newest[3] = newest[0], newest[1]
        newest[0], newest[1] = when, lead
    elif when > newest[2]:
        newest[2], newest[3] = when, lead


@njit(cache=True, nogil=True)
def fade(when: int, decays: Floats, origin: Ints, faded: Floats) -> None:
    """Add an activity to the decayed sums, and move their origin before a weight could overflow."""
    if when - origin[0] > FAR * decays[0]:  # the first decay is the shortest
        for d in range(len(decays)):
            faded[d] *= np.exp((origin[0] - when) / decays[d])
        origin[0] = when
    for d in range(len(decays)):
        faded[d] += np.exp((when - origin[0]) / decays[d])


@njit(cache=True, nogil=True)
def enter(events: Events, event: int, stop: int, as_of: int, steps: Steps, spans: Spans) -> int:
    """Count activities known before `as_of` in every window that has not passed them; return the next one."""
    n_tracks, n_windows = spans.n_inside.shape
    fades = len(steps.decays) > 0
    while event < stop and events.known[event] < as_of:
        when, lead, is_use = events.occurred[event], events.lead[event], steps.is_usage[events.kind[event]]
        spans.applied[event] = True
        meet(when, lead, spans.newest)
        if fades:
            fade(when, steps.decays, spans.origin, spans.faded)
        for track in range(n_tracks if is_use else 1):
            if lead >= 0:
                spans.latest[track, lead] = max(spans.latest[track, lead], when)
            for w in range(n_windows):
                if when >= spans.begin[w]:
                    spans.n_inside[track, w] += 1
                    if lead >= 0 and not spans.is_active[track, w, lead]:
                        spans.is_active[track, w, lead] = True
                        spans.n_active[track, w] += 1
        event += 1
    return event


@njit(cache=True, nogil=True)
def move(events: Events, rows: Ints, window: int, begin: int, steps: Steps, spans: Spans) -> None:
    """Move a window's begin forward: activities that it passes leave, and so do leads with nothing later."""
    spans.begin[window] = begin
    while spans.passed[window] < len(rows):
        event = rows[spans.passed[window]]
        if events.occurred[event] >= begin:
            break
        spans.passed[window] += 1
        if not spans.applied[event]:
            continue
        lead = events.lead[event]
        n_tracks = len(spans.n_inside) if steps.is_usage[events.kind[event]] else 1
        for track in range(n_tracks):
            spans.n_inside[track, window] -= 1
            if lead >= 0 and spans.is_active[track, window, lead] and spans.latest[track, lead] < begin:
                spans.is_active[track, window, lead] = False
                spans.n_active[track, window] -= 1


@njit(cache=True, nogil=True)
def write(steps: Steps, spans: Spans, own: Own, look: tuple[int, int, int], out: Floats) -> None:
    """Write every feature of a look, which is (as_of, row, lead), into its column of `out`."""
    as_of, row, lead = look
    for f in range(len(steps.ops)):
        op, a, track, whole = steps.ops[f]
        value = np.nan
        if op == COUNT:
            value = spans.n_inside[track, a] - (0 if whole else own.counts[track, a, row])
        elif op == ACTIVE:
            value = spans.n_active[track, a] - (0 if whole else own.counts[track, a, row] > 0)
        elif op == DECAYED:
            now = np.exp((spans.origin[0] - as_of) / steps.decays[a])
            # What only the lead did is taken off again: rounding must not leave a trace of colleagues that are none.
            others = spans.newest[2] > LONG_AGO or (spans.newest[0] > LONG_AGO and spans.newest[1] != lead)
            value = spans.faded[a] * now - (0.0 if whole else own.faded[a, row])
            value = max(value, 0.0) if others or whole else 0.0
        else:
            latest = spans.newest[0] if whole or spans.newest[1] != lead else spans.newest[2]
            value = (as_of - latest) / DAY if latest > LONG_AGO else np.nan
        out[f, row] = value


@njit(cache=True, nogil=True)
def nothing_inside(n_tracks: int, n_windows: int, n_decays: int, n_leads: int, n_events: int) -> Spans:
    """Return what lies in the windows of an account before anything has happened."""
    return Spans(
        np.empty(n_windows, np.int64),
        np.empty(n_windows, np.int64),
        np.empty((n_tracks, n_windows), np.int64),
        np.empty((n_tracks, n_windows), np.int64),
        np.zeros((n_tracks, n_windows, n_leads), np.bool_),
        np.full((n_tracks, n_leads), LONG_AGO, np.int64),
        np.zeros(n_events, np.bool_),
        np.empty(4, np.int64),
        np.empty(n_decays, np.float64),
        np.empty(1, np.int64),
    )


@njit(cache=True, nogil=True)
def account_sweep(events: Events, looks: Looks, n_leads: int, steps: Steps, own: Own, out: Floats) -> None:
    """Fill `out` (n_features, n_rows) with what the *other* leads of the account, and the account itself, did."""
    n_windows, n_tracks = len(steps.windows), 2 if steps.wants[WANTS_USE] else 1
    spans = nothing_inside(n_tracks, n_windows, len(steps.decays), n_leads, len(events.known))
    for account in range(len(looks.starts) - 1):
        start, stop = events.starts[account], events.starts[account + 1]
        rows = start + by_occurrence(events.occurred[start:stop])
        spans.begin[:] = LONG_AGO
        spans.passed[:] = 0
        spans.n_inside[:] = 0
        spans.n_active[:] = 0
        spans.newest[:] = np.array([LONG_AGO, NOBODY, LONG_AGO, NOBODY])
        spans.faded[:] = 0.0
        spans.origin[0] = LONG_AGO
        event = start
        for look in range(looks.starts[account], looks.starts[account + 1]):
            as_of, row = looks.as_of[look], looks.row[look]
            event = enter(events, event, stop, as_of, steps, spans)
            for w in range(n_windows):
                move(events, rows, w, as_of - steps.windows[w], steps, spans)
            write(steps, spans, own, (as_of, row, looks.lead[look]), out)
