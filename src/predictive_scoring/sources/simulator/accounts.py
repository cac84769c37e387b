"""The accounts of a world: drawn once, before any day."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator import coefficients as drivers
from predictive_scoring.sources.simulator.paths import Traits

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SOLO_SHARE = 0.35  # leads without an account, for each account
INDUSTRY_SHARE = (0.16, 0.17, 0.13, 0.12, 0.10, 0.08, 0.08, 0.12, 0.04)
COUNTRY_SHARE = (0.27, 0.14, 0.19, 0.11, 0.11, 0.08, 0.07, 0.03)
INDUSTRY_INTEREST = (0.15, 0.0, -0.05, 0.1, 0.0, 0.1, -0.05, 0.05, 0.0)


class Accounts(NamedTuple):
    """Columns of the accounts, an entry each; NaN is 'not known'."""

    industry: Codes
    country: Codes
    employees: Floats
    revenue: Floats
    founded_year: Codes


def draw_accounts(n: int, rng: np.random.Generator) -> Accounts:
    """Return `n` accounts; employees are log-normal, a twelfth of them and a quarter of revenues are not known."""
    employees = np.clip(np.round(np.exp(rng.normal(4.3, 1.5, n))), 1, 90_000)
    revenue = np.round(employees * np.exp(rng.normal(11.6, 0.6, n)), -3)
    return Accounts(
        industry=rng.choice(len(INDUSTRY_SHARE), n, p=INDUSTRY_SHARE).astype(np.int64),
        country=rng.choice(len(COUNTRY_SHARE), n, p=COUNTRY_SHARE).astype(np.int64),
        employees=np.where(rng.random(n) < 1 / 12, np.nan, employees),
        revenue=np.where(rng.random(n) < 1 / 4, np.nan, revenue),
        founded_year=rng.integers(1950, 2022, n),
    )


def size_bands(employees: Floats) -> Codes:
    """Return the band of each size, and the code after the last band where it is not known.

    Examples
    --------
    >>> size_bands(np.array([3.0, 10.0, 5000.0, np.nan])).tolist()
    [0, 1, 4, 5]
    """
    bands = np.searchsorted(np.array(drivers.SIZE_BANDS), employees, side="right") - 1
    return np.where(np.isnan(employees), len(drivers.SIZE_BANDS), bands).astype(np.int64)


def traits_of(accounts: Accounts, settings: Simulate, rng: np.random.Generator) -> Traits:
    """Return what the kernel needs of the accounts, followed by the leads that have none.

    A lead without an account counts as an account of unknown industry, size and country, and comes on one given day.
    """
    n, n_solo = len(accounts.industry), round(SOLO_SHARE * len(accounts.industry))
    bands = size_bands(accounts.employees)
    log_size = np.log(np.nan_to_num(accounts.employees, nan=np.exp(4.3)))
    fit_win = _at(drivers.INDUSTRY_WIN, accounts.industry) + _at(drivers.COUNTRY_WIN, accounts.country)
    nobody = drivers.INDUSTRY_WIN[-1] + drivers.COUNTRY_WIN[-1] + drivers.SIZE_WIN[-1]
    interest = _at(INDUSTRY_INTEREST, accounts.industry)
    arrival = np.log(drivers.PACE.arrival) + 0.22 * (log_size - 4.3) + interest
    growing = np.floor(settings.n_days * rng.random(n_solo) ** 0.85).astype(np.int64)
    return Traits(
        solo_day=np.concatenate([np.full(n, -1), growing]),
        log_arrival=np.concatenate([arrival, np.zeros(n_solo)]),
        fit_win=np.concatenate([fit_win + _at(drivers.SIZE_WIN, bands), np.full(n_solo, nobody)]),
        fit_interest=np.concatenate([interest, np.zeros(n_solo)]),
    )


def _at(values: tuple[float, ...], index: Codes) -> Floats:
    return np.asarray(values, dtype=np.float64)[index]
