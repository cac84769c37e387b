"""So many calls: who can be called, what that should bring, and what is left below the line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from predictive_scoring.config.score import RankBy

Floats = NDArray[np.float64]


_OF_CHANCES = {"cut_off", "share_caught", "conversions", "low", "high"}


@dataclass(frozen=True)
class Chances:
    """The chances of a batch of leads; arrays of shape (n,)."""

    chance: Floats
    low: Floats
    high: Floats
    level: float  # of low and high

    @classmethod
    def listed(cls, scores: pa.Table, level: float) -> "Chances":
        """Return the chances of scores in the order of their list: whom it names first is called first.

        Parameters
        ----------
        scores
            By rank. That may be by expected value; what calls bring is counted in the order in which they are made.
        """
        chance, low, high = (scores[f"probability{end}"].to_numpy() for end in ("", "_low", "_high"))
        return cls(chance, low, high, level)

    def part(self, members: "slice | NDArray[np.bool_]") -> "Chances":
        """Return some of them."""
        return Chances(self.chance[members], self.low[members], self.high[members], self.level)


@dataclass(frozen=True)
class Expected:
    """How many of some leads should convert."""

    leads: int
    conversions: float
    low: float
    high: float


@dataclass(frozen=True)
class Capacity:
    """What a number of calls catches and what it leaves."""

    calls: int
    cut_off: float | None  # the least chance that is called; None: nobody is
    called: Expected
    left: Expected
    share_caught: float | None  # of all expected conversions

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)


def order_of(scores: pa.Table) -> RankBy:
    """Return in which order a list of scores lies: that of chances, unless values are there and chances do not fall.

    Parameters
    ----------
    scores
        By rank.

    Examples
    --------
    >>> chances = pa.array([0.2, 0.4])
    >>> order_of(pa.table({"probability": chances, "expected_value": [300.0, 100.0]}))
    'expected_value'
    """
    falls = np.diff(scores["probability"].to_numpy()) <= 0
    return "expected_value" if "expected_value" in scores.column_names and not falls.all() else "probability"


def without_chances(record: Any) -> Any:
    """Return what `as_json` returned, however deep, with null for whatever is a chance or counted from chances.

    Where a model's chances did not hold against what happened, only its order may be used: how many are called, and who
    is left.

    Examples
    --------
    >>> without_chances({"calls": 2, "cut_off": 0.4, "called": {"leads": 2, "conversions": 0.9}})
    {'calls': 2, 'cut_off': None, 'called': {'leads': 2, 'conversions': None}}
    """
    if isinstance(record, dict):
        return {key: None if key in _OF_CHANCES else without_chances(value) for key, value in record.items()}
    return [without_chances(each) for each in record] if isinstance(record, list) else record


def capacity(chances: Chances, calls: int) -> Capacity:
    """Return what calling the first brings.

    Parameters
    ----------
    chances
        In the order of the calls.
    """
    return reach(chances, np.arange(len(chances.chance)) < calls, calls)


def reach(chances: Chances, is_called: NDArray[np.bool_], calls: int) -> Capacity:
    """Return what some calls bring and leave, whoever gets them.

    Parameters
    ----------
    is_called
        Shape (n,).
    """
    best = chances.part(is_called)
    called, left = expected(best), expected(chances.part(~is_called))
    total = called.conversions + left.conversions
    return Capacity(
        calls=calls,
        cut_off=float(best.chance.min()) if len(best.chance) else None,
        called=called,
        left=left,
        share_caught=called.conversions / total if total else None,
    )


def expected(chances: Chances) -> Expected:
    """Return the sum of the chances with an interval for the conversions that will be found.

    Two things are unknown. Whether each lead converts: the variance of the sum is ``sum p (1 - p)``, leads being taken
    to decide each for itself. And how well the chances are calibrated: one calibrator errs for all leads in the same
    direction, so the ends of their intervals add up (the quantile of a sum of comonotonic quantities is the sum of
    their quantiles: Dhaene et al. 2002, doi:10.1016/S0167-6687(02)00134-8). The distances of both are joined as those
    of independent errors, by the root of their squares (Zou and Donner 2008, doi:10.1002/sim.3095).

    Examples
    --------
    >>> sure = Chances(np.full(100, 0.5), np.full(100, 0.5), np.full(100, 0.5), 0.9)
    >>> found = expected(sure)
    >>> found.conversions, round(found.low, 1), round(found.high, 1)
    (50.0, 41.8, 58.2)
    """
    chance = chances.chance
    total, n_leads = float(chance.sum()), len(chance)
    by_chance = NormalDist().inv_cdf((1 + chances.level) / 2) ** 2 * float((chance * (1 - chance)).sum())
    below, above = total - float(chances.low.sum()), float(chances.high.sum()) - total
    low, high = total - np.sqrt(by_chance + below**2), total + np.sqrt(by_chance + above**2)
    return Expected(n_leads, total, max(0.0, float(low)), min(float(n_leads), float(high)))


def by_value(
    chances: Chances, values: NDArray[np.str_], calls: int, own: Mapping[str, int] | None = None
) -> dict[str, tuple[Capacity, Expected]]:
    """Return for each value of a category what calls of its own bring, and its part of what calls for all bring.

    Parameters
    ----------
    chances
        In the order of the calls.
    values : (n,) array
        In the same order.
    own
        Calls of a value's own; as many as for all where it is not named.

    Returns
    -------
    dict
        By value: its first leads, as many as it has calls; and those of its leads among the first `calls` of all.
    """
    place = np.arange(len(values))
    return {
        str(value): (
            capacity(chances.part(values == value), (own or {}).get(str(value), calls)),
            expected(chances.part((values == value) & (place < calls))),
        )
        for value in np.unique(values)
    }
