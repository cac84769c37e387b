"""How the share that converts moves over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose


def rates_over_time(
    y: NDArray[np.float64], whose: Whose, as_of: NDArray[np.datetime64], level: float
) -> list[dict[str, Any]]:
    """Return the share that converts in each calendar month of snapshots, with intervals.

    Returns
    -------
    list of dict
        month (``YYYY-MM``), then the fields of `rate_of_leads`.
    """
    months = as_of.astype("datetime64[M]")
    return [
        {"month": str(month), **rate_of_leads(y[months == month], whose[months == month], level)}
        for month in np.unique(months)
    ]
