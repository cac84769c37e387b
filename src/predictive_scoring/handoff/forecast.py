"""How many of those whom the next quarter hands over will convert in it, by what past weeks came to."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.contract.history import History
from predictive_scoring.handoff.weeks import mondays
from predictive_scoring.snapshots.instants import DAY, Micros, to_micros

Floats = NDArray[np.float64]
QUARTER_DAYS: Final = 90
LEAST_WEEKS: Final = 4  # with as long behind them as the first week of the quarter has before it
_BLOCK_WEEKS: Final = (1, 2, 4)  # good and bad weeks follow each other: longer stretches are compared too
_LEAST_BLOCKS: Final = 4


@dataclass(frozen=True)
class Forecast:
    """Conversions in the quarter after an instant, of people handed over within it."""

    expected: float
    low: int
    high: int
    level: float
    n_weeks: int  # past weeks that had as much time as the quarter's first
    overdispersion: float  # variance over mean of past counts, at least 1


@dataclass(frozen=True)
class PastWeeks:
    """What each past Monday handed over, and what came of it.

    Attributes
    ----------
    monday : (n_weeks,) array
    volume : (n_weeks,) array
        Sum of the chances of those who were handed over.
    week : (n_conversions,) array
        Place of the Monday whose hand-over converted.
    delay : (n_conversions,) array
        From hand-over to conversion, in microseconds.
    complete_until
        Conversions before it are known.
    """

    monday: Micros
    volume: Floats
    week: NDArray[np.int64]
    delay: Micros
    complete_until: int

    def had(self, time: int) -> NDArray[np.bool_]:
        """Return which weeks' hand-overs had so many microseconds to convert."""
        return self.monday + time <= self.complete_until


def forecast(past: PastWeeks, start: int, level: float) -> Forecast | None:
    """Return the forecast for the quarter that begins at `start`, or None where the past is too short.

    How many people will come is taken from the last quarter, how many of them convert from the weeks that had the time:
    a Monday with ``t`` left to the quarter's end brings ``v C / V``, with ``v`` the mean weekly volume of the last
    quarter and ``C``, ``V`` the conversions within ``t`` and the volume of the past weeks that had ``t``. So the
    chances tell weeks of many good leads from others, and how right they are is counted, not believed.

    Each past conversion has a weight ``h`` in the sum of these terms, ``mu = sum h``. Three things vary: the coming
    count, by ``phi mu``; the past counts behind the rates, ``phi sum h²``, with ``phi`` the over-dispersion (McCullagh
    and Nelder 1989, section 4.5); and the volumes, by ``2 s² / (n v²) mu²`` for ``n`` weeks like the last ``n`` with
    variance ``s²``. The ends are those of the square root, whose variance does not depend on the mean (Anscombe 1948,
    doi:10.1093/biomet/35.3-4.246), rounded outwards. A season or a trend that the past does not show is in none of it.

    Parameters
    ----------
    start
        In microseconds; nothing past it is in `past`.
    level
        In (0, 1).
    """
    left = start + QUARTER_DAYS * DAY - mondays(start, start + QUARTER_DAYS * DAY)  # what each Monday leaves its people
    recent = past.volume[past.monday >= start - QUARTER_DAYS * DAY]
    weight = np.zeros(len(past.week))
    for time in left:
        had_time = past.had(int(time))
        volume = float(past.volume[had_time].sum())
        if had_time.sum() < LEAST_WEEKS or volume <= 0:
            return None
        weight += (had_time[past.week] & (past.delay < time)) * (recent.mean() / volume)
    mean, spread = float(weight.sum()), overdispersion(past, int(left[0]))
    of_volumes = 2 * float(recent.var(ddof=1)) / (len(recent) * recent.mean() ** 2) if recent.any() else 0.0
    factor = spread + (spread * float((weight**2).sum()) / mean + of_volumes * mean if mean else 0.0)
    low, high = count_interval(mean, factor, level)
    return Forecast(mean, low, high, level, int(past.had(int(left[0])).sum()), spread)


def overdispersion(past: PastWeeks, time: int) -> float:
    """Return how much more the counts of past weeks vary than by chance: Pearson's statistic over its freedom, >= 1.

    A week is expected to convert in proportion to its volume. Stretches of one, two and four weeks are compared and
    the largest ratio is taken: where good weeks follow good ones, weeks alone look more alike than quarters are.
    """
    mature = past.had(time)
    counts = np.bincount(past.week[past.delay < time], minlength=len(past.monday))[mature]
    volume = past.volume[mature]
    if not counts.any():
        return 1.0
    fair = volume * counts.sum() / volume.sum()
    ratios = [1.0]
    for length in _BLOCK_WEEKS:
        found, expected = _stretches(counts, length), _stretches(fair, length)
        there = expected > 0
        if there.sum() >= _LEAST_BLOCKS:
            chi_square = ((found - expected)[there] ** 2 / expected[there]).sum()
            ratios.append(float(chi_square / (there.sum() - 1)))
    return max(ratios)


def _stretches(values: NDArray[np.int64] | Floats, length: int) -> Floats:
    """Return the sums of stretches of so many weeks, the oldest weeks left out where they make none."""
    n_stretches = len(values) // length
    sums = values[len(values) - n_stretches * length :].reshape(n_stretches, length).sum(axis=1)
    return np.asarray(sums, dtype=np.float64)


def count_interval(mean: float, factor: float, level: float) -> tuple[int, int]:
    """Return whole numbers between which a count falls whose variance is `factor` times its mean.

    Examples
    --------
    >>> count_interval(100.0, 1.0, 0.95)
    (81, 121)
    """
    half = NormalDist().inv_cdf((1 + level) / 2) * float(np.sqrt(factor)) / 2
    root = float(np.sqrt(mean + 3 / 8))
    low = max(0.0, root - half) ** 2 - 3 / 8
    return max(0, int(np.floor(low))), int(np.ceil((root + half) ** 2 - 3 / 8))


def time_after(history: History, until: int) -> int:
    """Return how much of the following quarter the history holds, in microseconds."""
    observed = history.facts.observed_until
    return 0 if observed is None else min(QUARTER_DAYS * DAY, max(0, to_micros(observed) - until))
