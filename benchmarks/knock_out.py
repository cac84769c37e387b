"""What each driver of a simulated world truly moves: the chance of a lead with the driver, and without it.

A coefficient says what a driver adds on a day. What it comes to within the horizon is another matter: whoever visits
comes back, asks for a demo and goes from stage to stage, and that is part of what visiting does. So the world is
continued from the state at the look twice, with the same random numbers: as it is, and with one driver of one lead set
to what counts for nothing. The difference of the logarithms of the two chances is the driver's total effect.
"""

from typing import Any, Final

import numba as nb
import numpy as np
import pyarrow as pa

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator import coefficients as c
from predictive_scoring.sources.simulator.accounts import INDUSTRY_INTEREST, draw_accounts, size_bands, traits_of
from predictive_scoring.sources.simulator.compiled import compiled
from predictive_scoring.sources.simulator.kernel import step
from predictive_scoring.sources.simulator.paths import Plan, copy_rows, futures, mean_and_error, with_room
from predictive_scoring.sources.simulator.state import Account, new_rows, new_state
from predictive_scoring.sources.simulator.stream import stream_of
from predictive_scoring.sources.simulator.tables import lead_ids, world_of
from predictive_scoring.sources.simulator.truth import MAX_AGE_DAYS, rows_of

Floats = np.ndarray
TRAITS: Final = ("industry", "country", "size", "channel", "seniority", "department", "email_kind")
DEEDS: Final = ("pricing_page_views", "demo_requests", "email_replies", "product_logins", "webinars")
STATES: Final = ("browsing", "colleagues_activity", "earlier_win", "budget", "age", "stage")
DRIVERS: Final = (*TRAITS, *DEEDS, *STATES)
N_TRAITS, N_DEEDS, N_DRIVERS, SENIORITY = len(TRAITS), len(DEEDS), len(DRIVERS), TRAITS.index("seniority")
MANAGER: Final = 2  # a seniority that decides nothing
USUAL_AGE: Final = 60  # days
_LEAST = 1e-7


@compiled
def _without(group: Any, i: int, driver: int, fit: Any, day: int) -> None:
    """Take one driver from lead `i`; `fit` holds what its traits add to the log chance to win, and to its interest."""
    if driver < N_TRAITS:
        group[i, codes.FIT_WIN] -= fit[driver, 0]
        group[i, codes.FIT_INTEREST] -= fit[driver, 1]
        if driver == SENIORITY:
            group[i, codes.SENIORITY] = MANAGER
    elif driver < N_TRAITS + N_DEEDS:
        group[i, codes.PRICED + driver - N_TRAITS] = 0.0  # the decayed count of a kind, in the order of `codes`
    else:
        _without_state(group, i, driver - N_TRAITS - N_DEEDS, day)


@compiled
def _without_state(group: Any, i: int, state: int, day: int) -> None:
    if state == 0:
        group[i, codes.BROWSING] = 0.0
        group[codes.ACCOUNT, codes.OWN] -= group[i, codes.OWN]
        group[i, codes.OWN] = 0.0
    elif state == 1:
        group[codes.ACCOUNT, codes.OWN] = group[i, codes.OWN]
    elif state == 2:
        group[codes.ACCOUNT, codes.HAS_WIN] = 0.0
    elif state == 3:
        group[i, codes.BUDGET_KNOWN] = 0.0
    elif state == 4:
        group[i, codes.BORN] = day - USUAL_AGE
    else:
        group[i, codes.STAGE] = 0.0


@compiled
def _fit(group: Any, i: int, of_account: Any) -> Floats:
    """Return what each trait adds: of the account industry, country and size; of the lead the rest."""
    fit = np.zeros((N_TRAITS, 2))
    fit[:3] = of_account
    channel, seniority = int(group[i, codes.CHANNEL]), int(group[i, codes.SENIORITY])
    department, email = int(group[i, codes.DEPARTMENT]), int(group[i, codes.EMAIL])
    fit[3, 0], fit[3, 1] = c.CHANNEL_WIN[channel], c.CHANNEL_INTEREST[channel]
    fit[SENIORITY, 0] = c.SENIORITY_WIN[seniority] - c.SENIORITY_WIN[MANAGER]
    fit[SENIORITY, 1] = c.SENIORITY_INTEREST[seniority] - c.SENIORITY_INTEREST[MANAGER]
    fit[5, 0] = c.DEPARTMENT_WIN[department]
    fit[6, 0], fit[6, 1] = c.EMAIL_WIN[email], c.EMAIL_INTEREST[email]
    return fit


@compiled
def _looked_at(group: Any, account: Account, day: int, plan: Plan, of_account: Any, every: int) -> Floats:
    """Return a row for each chosen lead: account, lead, its chance, and its chance without each driver."""
    n = int(group[codes.ACCOUNT, codes.N_LEADS])
    found = np.empty((n, 3 + N_DRIVERS))
    filled = 0
    as_it_is = np.zeros((0, 0))
    changed = new_state()
    for i in range(n):
        is_open = group[i, codes.CLOSED] == codes.STILL_OPEN and day - group[i, codes.BORN] <= plan.max_age_days
        if not is_open or (account.number + i) % every != 0:
            continue
        if as_it_is.shape[0] == 0:
            as_it_is = futures(group, account, day, plan)[0]
        found[filled, 0], found[filled, 1] = account.number, i
        found[filled, 2] = mean_and_error(as_it_is, i)[0]
        for driver in range(N_DRIVERS):
            copy_rows(group, changed, n)
            copy_rows(group[codes.ACCOUNT :], changed[codes.ACCOUNT :], 1)
            _without(changed, i, driver, _fit(group, i, of_account), day)
            found[filled, 3 + driver] = mean_and_error(futures(changed, account, day, plan)[0], i)[0]
        filled += 1
    return found[:filled]


@nb.njit
def _walked(traits: Any, plan: Plan, of_accounts: Any, every: int) -> Any:
    rows = new_rows(4 * codes.MAX_ROWS_OF_AN_ACCOUNT)
    found = [np.empty((0, 3 + N_DRIVERS))]
    for a in range(traits.solo_day.size):
        account = Account(a, traits.solo_day[a], traits.log_arrival[a], traits.fit_win[a], traits.fit_interest[a])
        group = new_state()
        rows.stream[0] = stream_of(plan.seed, a, 0)
        for day in range(plan.n_days + 1):
            if day == plan.truth_days[0] and group[codes.ACCOUNT, codes.N_LEADS] > 0:
                found.append(_looked_at(group, account, day, plan, of_accounts[a], every))
            if day < plan.n_days:
                rows = with_room(rows)
                step(rows, group, account, day)
    return rows.table[: int(rows.stream[1])], found


def total_effects(settings: Simulate, horizon_days: int, day: int, every: int) -> tuple[list[str], dict[str, Floats]]:
    """Return ids of every so-manieth lead open on a day, and each driver's total effect on the log of its chance.

    Parameters
    ----------
    day
        Of the history, from 0.
    """
    rng = np.random.default_rng(settings.seed)  # the draws of `write.draw_world`, in their order
    accounts = draw_accounts(settings.n_accounts, rng)
    traits = traits_of(accounts, settings, rng)
    n_solo = len(traits.solo_day) - settings.n_accounts
    bands, nothing = size_bands(accounts.employees), np.zeros(settings.n_accounts)
    industry, country = np.asarray(c.INDUSTRY_WIN)[accounts.industry], np.asarray(c.COUNTRY_WIN)[accounts.country]
    win = np.column_stack([industry, country, np.asarray(c.SIZE_WIN)[bands]])
    interest = np.column_stack([np.asarray(INDUSTRY_INTEREST)[accounts.industry], nothing, nothing])
    nobody = np.array([[c.INDUSTRY_WIN[-1], 0.0], [c.COUNTRY_WIN[-1], 0.0], [c.SIZE_WIN[-1], 0.0]])
    of_accounts = np.concatenate([np.stack([win, interest], axis=2), np.tile(nobody, (n_solo, 1, 1))])
    days = np.array([day], dtype=np.int64)
    plan = Plan(settings.seed, settings.n_days, horizon_days, settings.n_rollouts, MAX_AGE_DAYS, days)
    events, found = _walked(traits, plan, of_accounts, every)
    table = np.concatenate([np.asarray(part) for part in found])
    n_leads = int((events[:, 3] == codes.CREATED).sum())
    world = world_of(accounts, events, np.zeros((n_leads, 1)), settings.n_days, rng)
    ids: pa.Array = lead_ids(world.ids[rows_of(world, table)])
    log = np.log(np.maximum(table[:, 2:], _LEAST))
    return ids.to_pylist(), {name: log[:, 0] - log[:, 1 + k] for k, name in enumerate(DRIVERS)}
