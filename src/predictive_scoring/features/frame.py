"""A feature table as the pandas frame that a model takes."""

from typing import Any

import pandas as pd
import pyarrow as pa

from predictive_scoring.features.definition import Catalogue, Feature


def to_frame(table: pa.Table, catalogue: Catalogue) -> pd.DataFrame:
    """Return the features as a frame: numbers and booleans float64 (1, 0, NaN), categories as categories of text.

    Parameters
    ----------
    table
        From `compute`; other columns are left out.

    Returns
    -------
    pandas.DataFrame
        Columns in the order of the catalogue, rows in the order of the table.
    """
    return pd.DataFrame({feature.name: _series(table[feature.name], feature) for feature in catalogue.features})


def _series(column: pa.ChunkedArray, feature: Feature) -> "pd.Series[Any]":
    if feature.type == "category":
        text = pa.dictionary(pa.int32(), pa.string())
        return pd.Series(column.cast(text).unify_dictionaries().combine_chunks().to_pandas())
    return pd.Series(column.cast(pa.float64()).to_numpy())
