"""How far a metric would move had other accounts come by: the bootstrap by account."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.ranking import Ranked
from predictive_scoring.evaluate.whose import Whose

Vector = NDArray[np.float64]
_BLOCK_CELLS = 4_000_000  # draws are made in blocks, so that memory does not grow with the test window


@dataclass(frozen=True)
class Draws:
    """How often each account is drawn: its leads, and all their snapshots, come and go together.

    Attributes
    ----------
    times : (n_draws, n_accounts) array
    codes : (n_rows,) array
        Whose each row is.
    """

    times: NDArray[np.int32]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, whose: Whose, n_draws: int, generator: np.random.Generator) -> "Draws":
        """Return draws of as many accounts as there are, with replacement."""
        distinct, codes = np.unique(whose.accounts, return_inverse=True)
        n_accounts = len(distinct)
        times = np.zeros((n_draws, n_accounts), dtype=np.int32)
        for draw in range(n_draws):
            times[draw] = np.bincount(generator.integers(0, n_accounts, n_accounts), minlength=n_accounts)
        return cls(times, codes.astype(np.int64))

    def row_weights(self) -> Iterator[NDArray[np.float64]]:
        """Yield (some draws, n_rows) weights until every draw has come."""
        step = max(1, _BLOCK_CELLS // max(1, len(self.codes)))
        for start in range(0, len(self.times), step):
            yield self.times[start : start + step].astype(np.float64)[:, self.codes]


def means_of_draws(values: Vector, draws: Draws) -> Vector:
    """Return the mean of a row quantity under each draw: two sums by account, then one product."""
    n_accounts = draws.times.shape[1]
    sums = np.bincount(draws.codes, values, n_accounts)
    counts = np.bincount(draws.codes, minlength=n_accounts).astype(np.float64)
    times = draws.times.astype(np.float64)
    return np.asarray((times @ sums) / (times @ counts), dtype=np.float64)


def ranking_draws(
    y: Vector, score: Vector, draws: Draws, metrics: Mapping[str, Callable[[Ranked], Vector]]
) -> dict[str, Vector]:
    """Return ranking metrics by name under each draw; the scores are sorted once a block of draws.

    Parameters
    ----------
    metrics : mapping
        From a name to what is asked of the `Ranked`, e.g. ``{"auc": Ranked.auc}``.
    """
    found: dict[str, list[Vector]] = {name: [] for name in metrics}
    for weights in draws.row_weights():
        ranked = Ranked.of(y, score, weights)
        for name, metric in metrics.items():
            found[name].append(metric(ranked))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def estimate(value: float, drawn: Vector, level: float) -> dict[str, float | None]:
    """Return ``{value, low, high}``: the percentile interval of the draws at a level in (0, 1).

    What is not a number (an AUC without conversions) is None, so that the result fits JSON.

    Examples
    --------
    >>> estimate(0.5, np.array([0.4, 0.5, 0.6]), 0.5)
    {'value': 0.5, 'low': 0.45, 'high': 0.55}
    """
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(drawn) == 0:
        return {"value": float(value) if np.isfinite(value) else None, "low": None, "high": None}
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return {"value": float(value), "low": float(low), "high": float(high)}
