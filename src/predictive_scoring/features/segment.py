"""Which looks at leads are of a segment: the one place that says so, for training and for scoring alike."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.definition import Catalogue

Where = Mapping[str, tuple[str, ...]]


def members(frame: pd.DataFrame, where: Where) -> NDArray[np.bool_]:
    """Return of which rows each category has one of the values, by what was known at the look.

    Parameters
    ----------
    frame
        Feature rows.
    where
        From columns of the frame to values; what is not known is none of them.

    Examples
    --------
    >>> frame = pd.DataFrame({"account__country": ["ES", "US", None], "lead__channel": ["event", "event", "event"]})
    >>> members(frame, {"account__country": ("ES", "PT"), "lead__channel": ("event",)}).tolist()
    [True, False, False]
    """
    inside = np.ones(len(frame), dtype=np.bool_)
    for name, values in where.items():
        inside &= frame[name].isin(list(values)).to_numpy(dtype=np.bool_)
    return inside


def columns_of(where: Where, catalogue: Catalogue, *, segment: str) -> dict[str, tuple[str, ...]]:
    """Return a segment as declared, by what readers call an attribute, with the names of the model's columns.

    A column's own name does too. Where an attribute is several categories (a number and its bands are not), only that
    tells them apart.

    Raises
    ------
    ConfigurationError
        If the model knows no such category.
    """
    return {_column(name, catalogue, segment): values for name, values in where.items()}


def _column(name: str, catalogue: Catalogue, segment: str) -> str:
    categories = [feature for feature in catalogue.features if feature.type == "category"]
    found = [feature.name for feature in categories if name in (feature.name, feature.concept)]
    if name in found:
        return name
    if len(found) == 1:
        return found[0]
    known = sorted({feature.name for feature in categories} | {feature.concept for feature in categories})
    close = difflib.get_close_matches(name, known, n=1)
    raise ConfigurationError(
        f"train.segments.{segment}: {name!r} is {'more than one category' if found else 'no category'} of the features",
        found=found or None,
        expected="one of them" if found else f"one of {', '.join(known)}",
        fix=f"did you mean {close[0]!r}?" if close and not found else "name a category as docs/features.md has it",
    )


def refuse_values(frame: pd.DataFrame, where: Where, levels: Mapping[str, Sequence[str]], *, segment: str) -> None:
    """Refuse values that no look at any lead ever had: a slip of the pen would leave a segment empty for good.

    Parameters
    ----------
    levels
        Of each column the values that many leads share, which may be told: a rare one may be a person's.

    Raises
    ------
    ConfigurationError
        Naming the values that never occur.
    """
    for name, values in where.items():
        missing = sorted(set(values) - {str(value) for value in frame[name].dropna().unique()})
        if missing:
            raise ConfigurationError(
                f"train.segments.{segment}: no lead was ever known with {_shown(missing)} as {name}",
                expected=f"values of {name}, such as {_shown(levels.get(name, ()))}",
                fix="write them as the history has them, or leave them out",
            )


def _shown(values: Sequence[str], most: int = 12) -> str:
    return ", ".join(map(repr, values[:most])) + (f" and {len(values) - most} more" if len(values) > most else "")
