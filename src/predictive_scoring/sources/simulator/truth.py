"""The true probabilities, and what can be said of a world in a few numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from predictive_scoring.config.simulate import Simulate
from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.coefficients import drivers
from predictive_scoring.sources.simulator.instants import midnights
from predictive_scoring.sources.simulator.tables import World, instants, lead_ids

Floats = npt.NDArray[np.float64]
MAX_AGE_DAYS = 190  # leads older than this have no stated truth
ACCOUNT, LEAD, DAY, PROBABILITY, ERROR, WIN_SHARE = range(6)


def truth_days(settings: Simulate, horizon_days: int) -> npt.NDArray[np.int64]:
    """Return the last Monday whose horizon ends within the history, if any, and the end itself.

    Examples
    --------
    >>> truth_days(Simulate(n_days=364), 90).tolist()
    [273, 364]
    """
    mature = (settings.n_days - horizon_days) // 7 * 7
    return np.array([day for day in (mature, settings.n_days) if day > 0], dtype=np.int64)


def rows_of(world: World, truth: Floats) -> npt.NDArray[np.int64]:
    """Return for each row of the truth the row of its lead in `world.leads`."""
    created = world.events[:, 3] == codes.CREATED
    keys = world.events[created, 0] * codes.MAX_LEADS + world.events[created, 1]
    order = np.argsort(keys)
    wanted = truth[:, ACCOUNT].astype(np.int64) * codes.MAX_LEADS + truth[:, LEAD].astype(np.int64)
    found = order[np.searchsorted(keys[order], wanted)]
    numbers: npt.NDArray[np.int64] = world.lead_numbers[created][found]
    return numbers


def truth_table(world: World, truth: Floats) -> pa.Table:
    """Return lead_id, as_of, probability, standard_error and the share of futures that were won, by as_of and lead."""
    ids = world.ids[rows_of(world, truth)]
    order = np.lexsort((ids, truth[:, DAY]))
    return pa.table(
        {
            "lead_id": lead_ids(ids[order]),
            "as_of": instants(midnights(truth[order, DAY].astype(np.int64))),
            "probability": np.clip(truth[order, PROBABILITY], 0.0, 1.0),
            "standard_error": truth[order, ERROR],
            "win_share": truth[order, WIN_SHARE],
        }
    )


def expected_auc(probability: Floats) -> float:
    """Return the expected area under the ROC curve of a ranking by the true probabilities themselves.

    The chance that a lead that converts ranks above one that does not, outcomes drawn by the probabilities; ties half.

    Examples
    --------
    >>> expected_auc(np.array([0.5, 0.5])), expected_auc(np.array([0.0, 1.0]))
    (0.5, 1.0)
    """
    p, counts = np.unique(np.clip(probability, 0.0, 1.0), return_counts=True)
    positives, negatives = p * counts, (1 - p) * counts
    below = np.cumsum(negatives) - negatives
    itself = np.sum(p * (1 - p) * counts)  # a lead makes no pair with itself
    pairs = positives.sum() * negatives.sum() - itself
    if pairs <= 0:
        return 0.5
    return float((np.sum(positives * (below + negatives / 2)) - itself / 2) / pairs)


def summary(world: World, truth: Floats, settings: Simulate, horizon_days: int) -> dict[str, Any]:
    """Return the settings, the drivers and the headline numbers of a world, for truth.json."""
    kinds = world.events[:, 3]
    looks = []
    for day in np.unique(truth[:, DAY]).tolist():
        at = truth[truth[:, DAY] == day]
        rate = realised_rate(world, at, horizon_days) if day + horizon_days <= settings.n_days else None
        looks.append(
            {
                "as_of": np.datetime_as_string(midnights(np.array([int(day)])).astype("M8[us]"), unit="s")[0] + "Z",
                "open_leads": len(at),
                "mean_probability": float(at[:, PROBABILITY].mean()),
                "mean_standard_error": float(at[:, ERROR].mean()),
                "expected_auc": expected_auc(at[:, PROBABILITY]),
                "realised_rate": rate,
            }
        )
    return {
        "simulated": True,
        "settings": settings.model_dump(mode="json"),
        "horizon_days": horizon_days,
        "max_age_days": MAX_AGE_DAYS,
        "leads": len(world.leads),
        "accounts": len(world.accounts.industry),
        "activities": int((kinds <= codes.ANONYMOUS).sum()),
        "share_of_leads_won": float((kinds == codes.WON).sum() / len(world.leads)),
        "looks": looks,
        "drivers": drivers(),
    }


def realised_rate(world: World, truth: Floats, horizon_days: int) -> float:
    """Return the share of the leads of one day's truth that were won within the horizon."""
    won_day = np.full(len(world.leads), -1, dtype=np.int64)
    won = world.events[:, 3] == codes.WON
    won_day[world.lead_numbers[won]] = world.events[won, 2]
    day = truth[:, DAY].astype(np.int64)
    reached = won_day[rows_of(world, truth)]
    return float(np.mean((reached >= day) & (reached < day + horizon_days)))
