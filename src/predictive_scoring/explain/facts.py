"""What a sentence says of a lead, as few small integers: sentences are built once for each distinct fact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.features.definition import Feature

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Fact = tuple[int, ...]

UNKNOWN = -1
MONTHS = 100_000  # a duration of this and more is whole months, see `durations`
YEARS = 200_000
_DAYS_IN_MONTH = 30.4375
_DAYS_IN_YEAR = 365.25
_EXACT_DAYS = 60
_EXACT_COUNT = 100
_TABLE_ROWS = 16  # a table of this many entries a row is still quicker than sorting the rows


@dataclass(frozen=True)
class Said:
    """The sentences of one concept for a batch: row i says ``told(language)[codes[i]]``."""

    codes: Ints  # (n,)
    values: tuple[str | None, ...]  # one a distinct fact: the value in question, the same in every language
    facts: tuple[Fact, ...]
    tell: Callable[[Language, Fact], str]

    def told(self, language: Language) -> tuple[str, ...]:
        """Return the sentence of each distinct fact."""
        return tuple(self.tell(language, fact) for fact in self.facts)


def said(columns: Sequence[Ints], tell: Callable[[Language, Fact], str], value: Callable[[Fact], str | None]) -> Said:
    """Return sentences for rows of facts; `tell` is called once for each distinct fact and language that is asked."""
    codes, distinct = distinct_facts(columns)
    return Said(codes, tuple(value(fact) for fact in distinct), tuple(distinct), tell)


def distinct_facts(columns: Sequence[Ints]) -> tuple[Ints, list[Fact]]:
    """Return each row's place among the distinct rows, and the distinct rows.

    Examples
    --------
    >>> codes, facts = distinct_facts([np.array([3, 0, 3]), np.array([7, 7, 7])])
    >>> codes.tolist(), facts
    ([1, 0, 1], [(0, 7), (3, 7)])
    """
    codes: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        n_levels, inverse = _dense(column)
        # Dense codes of the columns so far times the levels of this one: never more than n² < 2^63.
        n_distinct, codes = _dense(codes * n_levels + inverse)
    first: Ints = np.zeros(n_distinct if len(codes) else 0, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of equal places the last one written stays
    return codes, list(zip(*(column[first].tolist() for column in columns), strict=True))


def _dense(values: Ints) -> tuple[int, Ints]:
    """Return the number of distinct values, and each value's rank among them: by a table where that beats sorting."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if high - low >= _TABLE_ROWS * len(values):
        levels, ranks = np.unique(values, return_inverse=True)
        return len(levels), ranks
    is_there = np.zeros(high - low + 1, dtype=np.bool_)
    is_there[values - low] = True
    return int(is_there.sum()), (np.cumsum(is_there) - 1)[values - low]


def numbers(frame: pd.DataFrame, feature: Feature) -> Floats:
    """Return a feature's column as float64, missing as NaN."""
    return frame[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)


def counts(values: Floats) -> Ints:
    """Return counts that are exact up to a hundred, of two digits above, and `UNKNOWN` where missing.

    Examples
    --------
    >>> counts(np.array([0.0, 7.0, 123.0, 45678.0, np.nan])).tolist()
    [0, 7, 120, 46000, -1]
    """
    known = np.isfinite(values)
    count = np.where(known, np.round(np.where(known, values, 0.0)), 0.0)
    magnitude = 10.0 ** np.floor(np.log10(np.maximum(count, 1.0)) - 1)
    rounded = np.where(count > _EXACT_COUNT, np.round(count / magnitude) * magnitude, count)
    return np.where(known, rounded, UNKNOWN).astype(np.int64)


def is_rounded(count: int) -> bool:
    """Return whether `counts` may have rounded this one."""
    return count > _EXACT_COUNT


def durations(days: Floats) -> Ints:
    """Return whole days up to 59, then months, from two years on years; `UNKNOWN` where missing.

    Months are `MONTHS` plus their number, years `YEARS` plus theirs. Below zero (in the future): zero.

    Examples
    --------
    >>> durations(np.array([0.2, 59.9, 61.0, 800.0, np.nan])).tolist()
    [0, 59, 100002, 200002, -1]
    """
    known = np.isfinite(days)
    d = np.where(known, np.maximum(days, 0.0), 0.0)
    months = MONTHS + np.round(d / _DAYS_IN_MONTH)
    years = YEARS + np.round(d / _DAYS_IN_YEAR)
    whole = np.where(d < _EXACT_DAYS, np.floor(d), np.where(months < MONTHS + 24, months, years))
    return np.where(known, whole, UNKNOWN).astype(np.int64)


def categories(frame: pd.DataFrame, feature: Feature) -> tuple[Ints, list[str]]:
    """Return each row's place among the distinct values, `UNKNOWN` where missing, and the values as text."""
    codes, values = pd.factorize(frame[feature.name])
    return np.asarray(codes, dtype=np.int64), [str(value) for value in values]


def duration_text(duration: int) -> str | None:
    """Return a duration of `durations` as ISO 8601, None if it is not known.

    Examples
    --------
    >>> [duration_text(d) for d in (4, MONTHS + 3, YEARS + 2, UNKNOWN)]
    ['P4D', 'P3M', 'P2Y', None]
    """
    if duration == UNKNOWN:
        return None
    if duration >= YEARS:
        return f"P{duration - YEARS}Y"
    return f"P{duration - MONTHS}M" if duration >= MONTHS else f"P{duration}D"


def fact_text(value: int) -> str | None:
    """Return an integer fact as text, None if it is not known."""
    return None if value == UNKNOWN else str(value)
