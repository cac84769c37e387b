"""The quarter's forecast: a sum that can be done by hand, and an interval that keeps its word in drawn worlds."""

import numpy as np
import pytest

from predictive_scoring.handoff import forecast as forecasting
from predictive_scoring.handoff.desk import WEEK
from predictive_scoring.handoff.forecast import QUARTER_DAYS, PastWeeks, forecast
from predictive_scoring.handoff.weeks import mondays
from predictive_scoring.snapshots.instants import DAY
from predictive_scoring.snapshots.labels import FIRST_MONDAY

N_WEEKS = 60
START = FIRST_MONDAY + N_WEEKS * WEEK
PAST = mondays(FIRST_MONDAY, START)
QUARTER = QUARTER_DAYS * DAY


def _past(n_by_week: np.ndarray, delay_days: np.ndarray) -> PastWeeks:
    week = np.repeat(np.arange(N_WEEKS), n_by_week)
    delay = (delay_days * DAY).astype(np.int64)
    known = PAST[week] + delay < START
    return PastWeeks(PAST, np.full(N_WEEKS, 10.0), week[known], delay[known], START)


def test_weeks_that_all_bring_one_conversion_after_twenty_days_bring_one_each_in_time() -> None:
    found = forecast(_past(np.ones(N_WEEKS, int), np.full(N_WEEKS, 20.0)), START, 0.9)
    assert found is not None
    in_time = (START + QUARTER - mondays(START, START + QUARTER) > 20 * DAY).sum()
    assert in_time == 10
    assert found.expected == pytest.approx(in_time)
    assert found.low < found.expected < found.high


def test_a_quarter_of_twice_as_many_good_leads_promises_twice_as_many_conversions() -> None:
    past = _past(np.ones(N_WEEKS, int), np.full(N_WEEKS, 20.0))
    grown = PastWeeks(past.monday, np.where(past.monday >= START - QUARTER, 20.0, 10.0), past.week, past.delay, START)
    plain, more = forecast(past, START, 0.9), forecast(grown, START, 0.9)
    assert plain is not None
    assert more is not None
    assert more.expected == pytest.approx(2 * plain.expected, rel=0.1)  # grown weeks have brought no more so far


def test_without_a_quarter_behind_it_nothing_is_foretold() -> None:
    past = _past(np.ones(N_WEEKS, int), np.full(N_WEEKS, 20.0))
    short = PastWeeks(PAST[-12:], past.volume[-12:], np.zeros(0, np.int64), np.zeros(0, np.int64), START)
    assert forecast(short, START, 0.9) is None


def _coverage(burst: float) -> float:
    """Return how often the interval holds, where months are good or bad by a factor drawn anew each month."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(300):
        months = rng.gamma(1 / burst, burst, 40) if burst else np.ones(40)
        rate = 3.0 * np.repeat(months, 4)[: N_WEEKS + 13]
        counts = rng.poisson(rate)
        delays = rng.uniform(0, 120, counts.sum())
        found = forecast(_past(counts[:N_WEEKS], delays[: counts[:N_WEEKS].sum()]), START, 0.9)
        assert found is not None
        week = np.repeat(np.arange(N_WEEKS, N_WEEKS + 13), counts[N_WEEKS:])
        at = FIRST_MONDAY + week * WEEK + delays[counts[:N_WEEKS].sum() :] * DAY
        held.append(found.low <= (at < START + QUARTER).sum() <= found.high)
    return float(np.mean(held))


def test_the_interval_holds_as_often_as_it_says_in_even_months_and_nearly_so_in_uneven_ones() -> None:
    assert _coverage(0.0) == pytest.approx(0.93, abs=0.05)  # whole numbers outwards: a little more than nine in ten
    assert _coverage(0.3) > 0.82


def test_planted_an_interval_that_takes_all_weeks_for_alike_is_too_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "overdispersion", lambda past, time: 1.0)
    assert _coverage(0.3) < 0.8
