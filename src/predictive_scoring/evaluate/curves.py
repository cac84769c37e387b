"""Tables behind the figures: what was said against what happened, what calling catches, where scores lie."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.evaluate.probability import reliability
from predictive_scoring.evaluate.proportions import design_effect, rate_of_leads
from predictive_scoring.evaluate.ranking import caught_at
from predictive_scoring.evaluate.whose import Whose

Vector = NDArray[np.float64]
_N_POINTS = 101
_N_BARS = 40


def reliability_table(y: Vector, chances: Mapping[str, Vector], n_bins: int) -> pd.DataFrame:
    """Return a row a bin and model: model, predicted, observed, n."""
    tables = []
    for name, chance in chances.items():
        bins = reliability(y, chance, n_bins)
        columns = {"model": name, "predicted": bins.said, "observed": bins.happened, "n": bins.weight}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def gain_table(y: Vector, chances: Mapping[str, Vector]) -> pd.DataFrame:
    """Return what share of conversions lies among the best-scored share of leads: model, share_called, share_caught."""
    shares = np.linspace(0, 1, _N_POINTS)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "model": name,
                    "share_called": shares,
                    "share_caught": [caught_at(y, chance, float(share)) for share in shares],
                }
            )
            for name, chance in chances.items()
        ],
        ignore_index=True,
    )


def score_table(y: Vector, chance: Vector) -> pd.DataFrame:
    """Return the histogram of probabilities: low, high (equal widths in log-odds), others, converting."""
    log_odds = np.log(np.clip(chance, 1e-9, 1 - 1e-9)) - np.log1p(-np.clip(chance, 1e-9, 1 - 1e-9))
    edges = np.linspace(log_odds.min(), log_odds.max() + 1e-9, _N_BARS + 1)
    place = np.clip(np.searchsorted(edges, log_odds, side="right") - 1, 0, _N_BARS - 1)
    shown = 1 / (1 + np.exp(-edges))
    return pd.DataFrame(
        {
            "low": shown[:-1],
            "high": shown[1:],
            "others": np.bincount(place, 1 - y, _N_BARS).astype(int),
            "converting": np.bincount(place, y, _N_BARS).astype(int),
        }
    )


def reliability_by_lead(y: Vector, chance: Vector, whose: Whose, n_bins: int, level: float) -> pd.DataFrame:
    """Return the model's bins with intervals that know whose snapshots they hold: predicted, observed, low, high, n.

    How far an account's snapshots go together is taken from all bins, or from the bin's own where that is more: of
    true chances the intervals of all bins then hold as often as `level` says, and only four times in five otherwise.
    """
    ranks = np.argsort(np.argsort(chance, kind="stable"), kind="stable")
    place = (ranks * n_bins) // max(1, len(y))
    bins = np.unique(place)
    together = design_effect((y[place == bin_number], whose[place == bin_number]) for bin_number in bins)
    rows = []
    for bin_number in bins:
        members = place == bin_number
        rate = rate_of_leads(y[members], whose[members], level, together)
        rows.append(
            {
                "predicted": float(chance[members].mean()),
                "observed": rate["rate"],
                "low": rate["low"],
                "high": rate["high"],
                "n": rate["snapshots"],
            }
        )
    return pd.DataFrame(rows)
