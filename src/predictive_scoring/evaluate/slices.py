"""Whether the scores hold for every part of the leads that is large enough to be judged."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.ranking import Ranked, roc_auc
from predictive_scoring.evaluate.uncertainty import Draws, estimate, ranking_draws
from predictive_scoring.evaluate.whose import Whose

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Slicing:
    """Which rows are judged together, and how."""

    names: NDArray[Any]  # (n,) which slice each row is in
    least_converting: int  # a slice with fewer converting leads has no roc_auc: it would be noise
    level: float  # of the intervals
    n_draws: int
    seed: int


def by_slice(y: Vector, chance: Vector, whose: Whose, slicing: Slicing) -> list[dict[str, Any]]:
    """Return what was said and what happened in each slice, in the order of their names.

    Returns
    -------
    list of dict
        slice, the fields of `rate_of_leads`, mean_probability, roc_auc {value, low, high} or None, holds (the mean
        probability lies in the interval of the rate).
    """
    found = []
    for name in np.unique(slicing.names):
        members = slicing.names == name
        rate = rate_of_leads(y[members], whose[members], slicing.level)
        said = float(chance[members].mean())
        judged = rate["converting_leads"] >= slicing.least_converting and rate["rate"] < 1
        found.append(
            {
                "slice": str(name),
                **rate,
                "mean_probability": said,
                "roc_auc": _auc(y[members], chance[members], whose[members], slicing) if judged else None,
                "holds": bool(rate["low"] <= said <= rate["high"]),
            }
        )
    return found


def _auc(y: Vector, chance: Vector, whose: Whose, slicing: Slicing) -> dict[str, float | None]:
    draws = Draws.of(whose, slicing.n_draws, np.random.default_rng(slicing.seed))
    drawn = ranking_draws(y, chance, draws, {"roc_auc": Ranked.auc})["roc_auc"]
    return estimate(roc_auc(y, chance), drawn, slicing.level)


def age_slices(age_days: Vector, edges: tuple[int, ...]) -> NDArray[Any]:
    """Return the name of each lead's age slice, zero-padded so that names sort by age.

    Examples
    --------
    >>> age_slices(np.array([0.5, 3.0, 7.0, 400.0]), (1, 7, 90)).tolist()
    ['day 000', 'day 001 to 006', 'day 007 to 089', 'day 090 and later']
    """
    starts = [0, *edges]
    names = [
        f"day {start:03d}" if end - start == 1 else f"day {start:03d} to {end - 1:03d}"
        for start, end in zip(starts[:-1], edges, strict=True)
    ]
    names.append(f"day {starts[-1]:03d} and later")
    return np.array(names)[np.searchsorted(edges, age_days, side="right")]
