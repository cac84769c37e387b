"""How the share that converts moves over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.proportions import design_effect, rate_of_leads
from predictive_scoring.evaluate.whose import Whose


def rates_over_time(
    y: NDArray[np.float64],
    whose: Whose,
    as_of: NDArray[np.datetime64],
    level: float,
    chance: NDArray[np.float64] | None = None,
) -> list[dict[str, Any]]:
    """Return the share that converts in each calendar month of snapshots, with intervals.

    Returns
    -------
    list of dict
        month (``YYYY-MM``), the fields of `rate_of_leads` and, given chances, mean_probability and holds: it lies in
        the interval of the rate.
    """
    months = as_of.astype("datetime64[M]")
    together = design_effect((y[months == month], whose[months == month]) for month in np.unique(months))
    found = []
    for month in np.unique(months):
        members = months == month
        rate = rate_of_leads(y[members], whose[members], level, together)
        said = None if chance is None else float(chance[members].mean())
        held = {} if said is None else {"mean_probability": said, "holds": bool(rate["low"] <= said <= rate["high"])}
        found.append({"month": str(month), **rate, **held})
    return found
