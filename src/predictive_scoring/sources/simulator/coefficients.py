"""What drives the simulated world, in plain numbers: the kernel reads them, and truth.json states them."""

import math
from typing import Any, NamedTuple

from predictive_scoring.sources.simulator import vocabulary


class WinDrivers(NamedTuple):
    """Log-scale effects on the daily chance to win; engagement enters as x / (x + half), x a decayed count."""

    stage_none: float = -8.7
    stage_mql: float = -8.0
    stage_sql: float = -6.85
    pricing_page_views: float = 1.1
    pricing_page_views_of_a_decision_maker: float = 0.6
    demo_requests: float = 1.1
    email_replies: float = 0.9
    product_logins: float = 1.2
    webinars: float = 0.5
    browsing: float = 0.5
    colleagues_activity: float = 0.8
    earlier_win_at_account: float = 0.8
    budget_is_known: float = 0.3
    budget_size: float = 0.25
    age_per_100_days: float = -0.7
    season: float = 0.15
    weekend: float = -2.0


class Pace(NamedTuple):
    """How fast the rest of the funnel moves: daily rates, log-scale effects of momentum, and limits."""

    arrival: float = 0.00155
    arrival_from_engagement: float = 0.9
    interest: float = -1.2
    interest_from_browsing: float = 1.3
    interest_from_colleagues: float = 0.6
    interest_from_outbound: float = 0.5
    interest_from_stage: float = 0.35
    interest_age_per_100_days: float = -1.3
    anonymous_page_view: float = 0.08
    login: float = -5.2
    login_from_demo: float = 1.8
    login_from_login: float = 3.6
    email_sent: float = 0.07
    call: float = 0.006
    mql: float = 0.0014
    mql_from_engagement: float = 0.02
    sql: float = 0.004
    sql_from_engagement: float = 0.016
    lost: float = 0.0008
    lost_from_stage: float = 0.0012
    opt_out: float = 0.00025
    budget: float = 0.012
    customer_login: float = 0.09
    weekend: float = 0.3
    silent_after_days: float = 270.0


class HalfAt(NamedTuple):
    """The decayed count x at which x / (x + half) reaches one half of its effect."""

    pricing_page_views: float = 1.0
    demo_requests: float = 0.7
    email_replies: float = 0.8
    product_logins: float = 3.0
    webinars: float = 0.7
    browsing: float = 4.0
    colleagues_activity: float = 10.0
    outbound: float = 1.0


INDUSTRY_WIN = (0.45, 0.2, -0.1, 0.35, 0.1, -0.5, 0.0, 0.15, -0.05)
COUNTRY_WIN = (0.15, 0.05, 0.2, -0.05, 0.05, -0.15, -0.1, 0.0)
SIZE_BANDS = (0.0, 10.0, 50.0, 250.0, 1000.0)  # employees from which a band begins
SIZE_WIN = (-0.6, -0.1, 0.35, 0.45, 0.1, -0.15)  # the last is 'not known'
CHANNEL_WIN = (0.1, -0.25, 0.15, 0.7, 0.1, 0.4, -0.6, -0.35)
SENIORITY_WIN = (0.25, 0.4, 0.2, -0.15, -1.2, -0.25)
DEPARTMENT_WIN = (0.25, 0.15, 0.1, 0.0, -0.1, -0.15, -0.05)
EMAIL_WIN = (0.1, -0.55, -1.5, -0.3)
TIME_CONSTANTS_DAYS = {
    "browsing": 14.0,
    "pricing_page_views": 14.0,
    "demo_requests": 30.0,
    "email_replies": 14.0,
    "product_logins": 10.0,
    "webinars": 30.0,
    "outbound": 7.0,
    "account_activity": 30.0,
}


CHANNEL_INTEREST = (0.1, -0.2, 0.3, 0.25, 0.0, 0.1, -0.6, -0.15)
SENIORITY_INTEREST = (-0.1, 0.1, 0.15, 0.1, -0.1, -0.1)
EMAIL_INTEREST = (0.05, -0.15, -1.0, -0.2)
CHANNEL_SHARE = (0.26, 0.22, 0.10, 0.07, 0.10, 0.06, 0.12, 0.07)
SENIORITY_SHARE = (0.08, 0.14, 0.27, 0.33, 0.05, 0.13)
DEPARTMENT_SHARE = (0.28, 0.20, 0.14, 0.14, 0.08, 0.06, 0.10)
LANGUAGE_SHARE = (0.50, 0.35, 0.05, 0.10)
EMAIL_SHARE = (0.86, 0.10, 0.005, 0.035)
EMAIL_SHARE_WITHOUT_ACCOUNT = (0.22, 0.66, 0.04, 0.08)
WIN, PACE, HALF = WinDrivers(), Pace(), HalfAt()
DECAY = tuple(math.exp(-1.0 / days) for days in TIME_CONSTANTS_DAYS.values())  # what is left after a day


def drivers() -> dict[str, Any]:
    """Return the effects on the daily log chance to win by driver, for truth.json and checks of explanations."""
    return {
        "scale": "logarithm of the daily probability of the stage 'won'; values add up",
        "effects": WIN._asdict(),
        "decay_days": TIME_CONSTANTS_DAYS,
        "half_at": HALF._asdict(),
        "industry": dict(zip(vocabulary.INDUSTRIES, INDUSTRY_WIN, strict=True)),
        "country": dict(zip(vocabulary.COUNTRIES, COUNTRY_WIN, strict=True)),
        "employees": {"band_begins_at": SIZE_BANDS, "effect": SIZE_WIN[:-1], "not_known": SIZE_WIN[-1]},
        "channel": dict(zip(vocabulary.CHANNELS, CHANNEL_WIN, strict=True)),
        "seniority": dict(zip(vocabulary.SENIORITIES, SENIORITY_WIN, strict=True)),
        "department": dict(zip(vocabulary.DEPARTMENTS, DEPARTMENT_WIN, strict=True)),
        "email_kind": dict(zip(vocabulary.EMAIL_KINDS, EMAIL_WIN, strict=True)),
        "pure_noise": ["form_language", "newsletter", "founded", "topic", "value"],
    }
