"""The daily chances and rates of a lead, from what is known at 00:00 UTC."""

import numpy as np

from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.coefficients import HALF, PACE, WIN
from predictive_scoring.sources.simulator.compiled import compiled
from predictive_scoring.sources.simulator.state import State


@compiled
def half(x: float, at: float) -> float:
    """Return x / (x + at): 0 for nothing, one half at `at`, towards 1."""
    return x / (x + at)


@compiled
def season(day: int) -> float:
    """Return a wave with the period of a year, in [-1, 1], highest in late winter."""
    return float(np.cos(2.0 * np.pi * (day - 50) / 365.25))


@compiled
def workday(day: int, weekend: float) -> float:
    """Return 1 from Monday to Friday and `weekend` on the other days."""
    return 1.0 if day % 7 < codes.MONDAY_TO_FRIDAY else weekend


@compiled
def colleagues(group: State, i: int) -> float:
    """Return the decayed activity of the account without the lead's own."""
    return max(float(group[codes.ACCOUNT, codes.OWN] - group[i, codes.OWN]), 0.0)


@compiled
def engagement_effect(group: State, i: int) -> float:
    """Return what the lead's and its colleagues' activity adds to the log chance to be won."""
    decides = 1.0 if group[i, codes.SENIORITY] < codes.N_DECISION_MAKERS else 0.0
    pricing = WIN.pricing_page_views + decides * WIN.pricing_page_views_of_a_decision_maker
    z = pricing * half(group[i, codes.PRICED], HALF.pricing_page_views)
    z += WIN.demo_requests * half(group[i, codes.DEMOED], HALF.demo_requests)
    z += WIN.email_replies * half(group[i, codes.REPLIED], HALF.email_replies)
    z += WIN.product_logins * half(group[i, codes.LOGGED_IN], HALF.product_logins)
    z += WIN.webinars * half(group[i, codes.ATTENDED], HALF.webinars)
    z += WIN.browsing * half(group[i, codes.BROWSING], HALF.browsing)
    return z + WIN.colleagues_activity * half(colleagues(group, i), HALF.colleagues_activity)


@compiled
def win_chance(group: State, i: int, day: int) -> float:
    """Return the probability that lead `i`, still open, is won on this day."""
    stage = group[i, codes.STAGE]
    z = WIN.stage_none if stage == 0 else (WIN.stage_mql if stage == 1 else WIN.stage_sql)
    z += group[i, codes.FIT_WIN] + engagement_effect(group, i)
    z += WIN.earlier_win_at_account * group[codes.ACCOUNT, codes.HAS_WIN]
    if group[i, codes.BUDGET_KNOWN] > 0:
        z += WIN.budget_is_known + WIN.budget_size * group[i, codes.BUDGET_SIZE]
    z += WIN.age_per_100_days * 0.01 * (day - group[i, codes.BORN]) + WIN.season * season(day)
    if day % 7 >= codes.MONDAY_TO_FRIDAY:
        z += WIN.weekend
    return min(float(np.exp(z)), 0.3)


@compiled
def interest(group: State, i: int, day: int) -> float:
    """Return how much a lead does of its own accord on a day, relative to the average."""
    z = PACE.interest + group[i, codes.FIT_INTEREST]
    z += PACE.interest_from_browsing * half(group[i, codes.BROWSING], HALF.browsing)
    z += PACE.interest_from_colleagues * half(colleagues(group, i), HALF.colleagues_activity)
    z += PACE.interest_from_outbound * half(group[i, codes.TOUCHED], HALF.outbound)
    z += PACE.interest_from_stage * group[i, codes.STAGE]
    return float(np.exp(z + PACE.interest_age_per_100_days * 0.01 * (day - group[i, codes.BORN])))


@compiled
def activity_rates(group: State, i: int, day: int) -> float:
    """Fill in the day's rate of each kind for an open lead, from `codes.RATES` on, and return their sum."""
    r, stage, touched = codes.RATES, group[i, codes.STAGE], group[i, codes.TOUCHED]
    browsing = half(group[i, codes.BROWSING], HALF.browsing)
    demoed = half(group[i, codes.DEMOED], HALF.demo_requests)
    inbound = interest(group, i, day)
    group[i, r + codes.PAGE_VIEW] = 0.32 * inbound
    group[i, r + codes.PRICING] = (0.028 + 0.05 * demoed + 0.02 * stage) * inbound
    group[i, r + codes.DOWNLOAD] = 0.04 * inbound
    group[i, r + codes.WEBINAR] = 0.10 * inbound if day % 7 == codes.THURSDAY else 0.0
    group[i, r + codes.DEMO] = 0.004 * inbound * (1.0 + 5.0 * half(group[i, codes.PRICED], HALF.pricing_page_views))
    group[i, r + codes.FORM] = 0.01 * inbound
    group[i, r + codes.OPEN] = 0.06 * touched * (0.4 + 1.2 * browsing)
    group[i, r + codes.CLICK] = 0.25 * group[i, r + codes.OPEN]
    group[i, r + codes.REPLY] = 0.012 * touched * (0.4 + browsing + 0.5 * stage)
    again = PACE.login_from_login * half(group[i, codes.LOGGED_IN], HALF.product_logins)
    group[i, r + codes.LOGIN] = np.exp(PACE.login + PACE.login_from_demo * demoed + again)
    group[i, r + codes.SENT] = PACE.email_sent * (1.0 + 0.6 * stage) / (1.0 + 0.02 * (day - group[i, codes.BORN]))
    group[i, r + codes.CALL] = PACE.call * (1.0 + 6.0 * stage + 8.0 * demoed) * workday(day, 0.0)
    total = 0.0
    for kind in range(codes.N_KINDS):
        group[i, r + kind] *= workday(day, PACE.weekend)
        total += group[i, r + kind]
    return total
