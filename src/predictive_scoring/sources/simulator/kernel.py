"""One day of one account: the only code that draws, for the history and for the futures behind the truth alike.

Every draw of day d depends on the state at its 00:00 UTC alone, and the state holds only what the exported tables show
as known by then. What the day adds is gathered from `codes.TODAY` on and enters the state at the next midnight.
"""

import numpy as np

from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator import coefficients as c
from predictive_scoring.sources.simulator.compiled import compiled
from predictive_scoring.sources.simulator.rates import activity_rates, half, season, win_chance, workday
from predictive_scoring.sources.simulator.state import Account, Rows, State
from predictive_scoring.sources.simulator.stream import pick, poisson, uniform


@compiled
def put(rows: Rows, key: tuple[int, int, int], kind: int, delay: int) -> None:
    """Append an event of (account, lead, day)."""
    i = int(rows.stream[1])
    rows.table[i, 0], rows.table[i, 1], rows.table[i, 2] = key
    rows.table[i, 3] = kind
    rows.table[i, 4] = delay
    rows.stream[1] = np.uint64(i + 1)


@compiled
def learn(group: State, i: int, kind: int) -> None:
    """Count an activity that becomes known on this day."""
    today = codes.TODAY - codes.BROWSING
    if kind == codes.SENT:
        group[i, today + codes.TOUCHED] += 1.0
    elif kind == codes.CALL:
        group[i, today + codes.TOUCHED] += 2.0
    elif kind == codes.LOGIN:
        group[i, today + codes.LOGGED_IN] += 1.0
    else:
        group[i, today + codes.BROWSING] += 1.0
        group[i, today + codes.OWN] += 1.0
        if kind == codes.PRICING:
            group[i, today + codes.PRICED] += 1.0
        elif kind == codes.DEMO:
            group[i, today + codes.DEMOED] += 1.0
        elif kind == codes.REPLY:
            group[i, today + codes.REPLIED] += 1.0
        elif kind == codes.WEBINAR:
            group[i, today + codes.ATTENDED] += 1.0


@compiled
def draw_activities(rows: Rows, group: State, i: int, key: tuple[int, int, int]) -> None:
    """Draw a day's activities of an open lead."""
    total = activity_rates(group, i, key[2])
    for _ in range(poisson(rows.stream, total)):
        u = uniform(rows.stream) * total
        kind = 0
        while kind < codes.N_KINDS - 1 and u >= group[i, codes.RATES + kind]:
            u -= group[i, codes.RATES + kind]
            kind += 1
        delay = 0
        if kind == codes.WEBINAR:
            delay = 1 if uniform(rows.stream) < 0.6 else 2  # known before the next Monday either way
            group[i, codes.PENDING + delay] += 1.0
        else:
            learn(group, i, kind)
        put(rows, key, kind, delay)


@compiled
def move(rows: Rows, group: State, i: int, day: int, chance: float) -> int:
    """Draw at most one move of an open lead: won, lost, opted out, the next stage, or a stated budget."""
    stage, pace = group[i, codes.STAGE], workday(day, 0.1)
    engaged = half(group[i, codes.OWN], 10.0) + half(group[i, codes.DEMOED], c.HALF.demo_requests)
    u = uniform(rows.stream) - chance
    if u < 0.0:
        return codes.WON
    u -= (c.PACE.lost + c.PACE.lost_from_stage * stage) * pace
    if u < 0.0:
        return codes.LOST
    u -= c.PACE.opt_out * (1.0 + 3.0 * half(group[i, codes.TOUCHED], c.HALF.outbound))
    if u < 0.0:
        return codes.OPT_OUT
    if stage == 0:
        u -= (c.PACE.mql + c.PACE.mql_from_engagement * engaged * engaged) * pace
    elif stage == 1:
        u -= (c.PACE.sql + c.PACE.sql_from_engagement * engaged) * pace
    if u < 0.0:
        return codes.MQL if stage == 0 else codes.SQL
    if stage > 0 and group[i, codes.BUDGET_KNOWN] == 0 and u < c.PACE.budget * stage * pace:
        return codes.BUDGET
    return codes.NO_MOVE


@compiled
def settle(group: State, i: int, day: int) -> None:
    """Write the day's move into the state of the next midnight."""
    moved = int(group[i, codes.MOVE])
    group[i, codes.MOVE] = codes.NO_MOVE
    if moved == codes.MQL or moved == codes.SQL:  # noqa: PLR1714 (a set would be built on every call)
        group[i, codes.STAGE] += 1.0
    elif moved == codes.BUDGET:
        group[i, codes.BUDGET_KNOWN] = 1.0
    else:
        group[i, codes.CLOSED_DAY] = day
        if moved == codes.WON:
            group[i, codes.CLOSED] = codes.IS_WON
            group[codes.ACCOUNT, codes.HAS_WIN] = 1.0
        elif moved == codes.LOST:
            group[i, codes.CLOSED] = codes.IS_LOST
        else:
            group[i, codes.CLOSED] = codes.IS_OPTED_OUT if moved == codes.OPT_OUT else codes.IS_SILENT


@compiled
def open_lead_day(rows: Rows, group: State, i: int, key: tuple[int, int, int]) -> float:
    """Draw the day of an open lead and return the chance it had to be won."""
    if key[2] - group[i, codes.BORN] > c.PACE.silent_after_days:
        group[i, codes.MOVE] = codes.SILENT
        return 0.0
    chance = win_chance(group, i, key[2])
    moved = move(rows, group, i, key[2], chance)
    if moved != codes.OPT_OUT:
        draw_activities(rows, group, i, key)
    if moved != codes.NO_MOVE:
        put(rows, key, moved, 0)
        group[i, codes.MOVE] = moved
    return chance


@compiled
def arrive(rows: Rows, group: State, account: Account, day: int) -> None:
    """Add a new lead, first seen on this day."""
    i, stream = int(group[codes.ACCOUNT, codes.N_LEADS]), rows.stream
    group[codes.ACCOUNT, codes.N_LEADS] += 1.0
    for k in range(codes.N_COLUMNS):
        group[i, k] = 0.0
    channel, seniority = pick(stream, c.CHANNEL_SHARE), pick(stream, c.SENIORITY_SHARE)
    department, language = pick(stream, c.DEPARTMENT_SHARE), pick(stream, c.LANGUAGE_SHARE)
    email = pick(stream, c.EMAIL_SHARE_WITHOUT_ACCOUNT if account.solo_day >= 0 else c.EMAIL_SHARE)
    group[i, codes.BORN], group[i, codes.CHANNEL], group[i, codes.SENIORITY] = day, channel, seniority
    group[i, codes.DEPARTMENT], group[i, codes.LANGUAGE], group[i, codes.EMAIL] = department, language, email
    fit = account.fit_win + c.CHANNEL_WIN[channel] + c.SENIORITY_WIN[seniority]
    group[i, codes.FIT_WIN] = fit + c.DEPARTMENT_WIN[department] + c.EMAIL_WIN[email]
    fit = account.fit_interest + c.CHANNEL_INTEREST[channel] + c.SENIORITY_INTEREST[seniority]
    group[i, codes.FIT_INTEREST] = fit + c.EMAIL_INTEREST[email]
    group[i, codes.BUDGET_SIZE] = uniform(stream) + uniform(stream) + uniform(stream) + uniform(stream) - 2.0
    put(rows, (account.number, i, day), codes.CREATED, 0)
    put(rows, (account.number, i, day), codes.FORM, 0)
    learn(group, i, codes.FORM)


@compiled
def arrival_chance(group: State, account: Account, day: int) -> float:
    """Return the probability that a new lead comes on this day."""
    if account.solo_day >= 0:
        return 1.0 if day == account.solo_day else 0.0
    if group[codes.ACCOUNT, codes.N_LEADS] >= codes.MAX_LEADS:
        return 0.0
    z = account.log_arrival + 0.15 * season(day) + 0.15 * day / 365.25
    z += c.PACE.arrival_from_engagement * half(group[codes.ACCOUNT, codes.OWN], c.HALF.colleagues_activity)
    return min(float(np.exp(z)) * workday(day, c.PACE.weekend), 0.5)


@compiled
def visit(rows: Rows, group: State, account: Account, day: int) -> None:
    """Draw page views that are known for the account only; more come where people are active."""
    if account.solo_day >= 0:
        return
    mean = c.PACE.anonymous_page_view * half(group[codes.ACCOUNT, codes.OWN], c.HALF.colleagues_activity)
    for _ in range(poisson(rows.stream, mean)):
        put(rows, (account.number, -1, day), codes.ANONYMOUS, 0)
        group[codes.ACCOUNT, codes.TODAY] += 1.0


@compiled
def to_midnight(group: State, day: int) -> None:
    """Let the state decay by a day and take in what the day made known."""
    added = group[codes.ACCOUNT, codes.TODAY]
    group[codes.ACCOUNT, codes.TODAY] = 0.0
    for i in range(int(group[codes.ACCOUNT, codes.N_LEADS])):
        if group[i, codes.CLOSED] != codes.STILL_OPEN and group[i, codes.CLOSED_DAY] < day - 2:
            continue  # nothing of it changes any more, and its last webinars are recorded
        if group[i, codes.MOVE] != codes.NO_MOVE:
            settle(group, i, day)
        for _ in range(int(group[i, codes.PENDING])):
            learn(group, i, codes.WEBINAR)
        group[i, codes.PENDING] = group[i, codes.PENDING + 1]
        group[i, codes.PENDING + 1] = group[i, codes.PENDING + 2]
        group[i, codes.PENDING + 2] = 0.0
        added += group[i, codes.TODAY + codes.OWN - codes.BROWSING]
        for k in range(codes.N_DECAYED):
            group[i, codes.BROWSING + k] = group[i, codes.BROWSING + k] * c.DECAY[k] + group[i, codes.TODAY + k]
            group[i, codes.TODAY + k] = 0.0
    group[codes.ACCOUNT, codes.OWN] = group[codes.ACCOUNT, codes.OWN] * c.DECAY[codes.OWN - codes.BROWSING] + added


@compiled
def step(rows: Rows, group: State, account: Account, day: int) -> None:
    """Draw one day of an account and carry its state to the next 00:00 UTC.

    `codes.CHANCE` then holds each lead's chance on this day to be won, 0 for leads that are not open.
    """
    for i in range(int(group[codes.ACCOUNT, codes.N_LEADS])):
        key = (account.number, i, day)
        group[i, codes.CHANCE] = 0.0
        if group[i, codes.CLOSED] == codes.STILL_OPEN:
            group[i, codes.CHANCE] = open_lead_day(rows, group, i, key)
        elif group[i, codes.CLOSED] == codes.IS_WON:  # customers log in on; it moves nobody's chances
            for _ in range(poisson(rows.stream, c.PACE.customer_login * workday(day, c.PACE.weekend))):
                put(rows, key, codes.LOGIN, 0)
    if group[codes.ACCOUNT, codes.OWN] > 0.0:
        visit(rows, group, account, day)
    arrival = arrival_chance(group, account, day)
    if arrival > 0.0 and uniform(rows.stream) < arrival:
        arrive(rows, group, account, day)
    if group[codes.ACCOUNT, codes.N_LEADS] > 0.0:
        to_midnight(group, day)
