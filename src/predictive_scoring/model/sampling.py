"""A few rows that stand for many."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def spread_sample(frame: pd.DataFrame, raw: NDArray[np.float64], n_rows: int) -> pd.DataFrame:
    """Return at most `n_rows` rows, spread evenly over the order of `raw`: the same rows whatever their order."""
    order = np.argsort(raw, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, min(n_rows, len(order))).round().astype(int))
    chosen: pd.DataFrame = frame.iloc[order[places]]
    return chosen
