"""What ConversionModel accepts: frames as they are, anything else by scikit-learn's own rules."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, column_or_1d, validate_data

from predictive_scoring.errors import DataContractError

_MOST_LOOKS = 2**31  # no lead is looked at as often: dates and codes lie above


class TrainingDataError(DataContractError, ValueError):
    """The training data cannot be learned from; also a ValueError, as scikit-learn's callers expect."""


def as_frame(model: BaseEstimator, X: Any, *, reset: bool) -> pd.DataFrame:
    """Return the input as a frame, its column names and count checked against the fitted ones.

    Raises
    ------
    ValueError
        As scikit-learn's `validate_data` does for sparse, empty, complex, one-dimensional or infinite input.
    """
    if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X.columns):
        if reset:
            validate_data(model, X, reset=True, skip_check_array=True)
            if len(X) == 0 or X.shape[1] == 0:
                raise TrainingDataError("no rows or no columns to learn from", found=f"0 sample(s): shape {X.shape}")
        return X
    checked = validate_data(model, X, reset=reset, dtype="numeric", ensure_all_finite="allow-nan")
    names = getattr(model, "feature_names_in_", [f"x{position}" for position in range(checked.shape[1])])
    return pd.DataFrame(checked, columns=list(names))


def as_labels(y: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the two classes in order and the labels as 0 and 1.

    Raises
    ------
    TrainingDataError
        If a label is missing, or there are not exactly two classes.
    """
    labels = column_or_1d(y, warn=True)
    if pd.isna(labels).any():
        raise TrainingDataError(
            f"labels: {int(pd.isna(labels).sum())} are missing (Input y contains NaN)",
            fix="leave immature snapshots out: an outcome that cannot be known yet is not a negative",
        )
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise TrainingDataError("labels: Input y contains infinity", expected="two classes: converted or not")
    if labels.dtype == object and all(isinstance(label, (bool, np.bool_)) for label in labels):
        labels = labels.astype(bool)
    check_classification_targets(labels)
    if type_of_target(labels) != "binary":
        raise TrainingDataError(
            f"Only binary classification is supported. The type of the target is {type_of_target(labels)}.",
            expected="two classes: converted or not",
        )
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise TrainingDataError(
            "labels: the Classifier can't train when only one class is present",
            found=f"{len(labels)} rows, all of one class",
            expected="rows that converted and rows that did not",
            fix="check the target's stage and horizon, or wait for outcomes to mature",
        )
    return classes, codes.astype(np.float64)


def as_weights(sample_weight: ArrayLike | None, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return weights as (n,) floats, ones if none are given; negative ones are refused."""
    weight = _check_sample_weight(sample_weight, np.empty((len(frame), 1)), dtype=np.float64, ensure_non_negative=True)
    return np.asarray(weight, dtype=np.float64)


def as_groups(groups: ArrayLike | None, frame: pd.DataFrame) -> NDArray[Any]:
    """Return whose row each is; without groups each row is its own."""
    if groups is None:
        return np.arange(len(frame))
    check_consistent_length(groups, frame)
    return np.asarray(groups)


def as_looks(looks: ArrayLike | None, frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return which look at its group each row is, from 1; without numbers each row is a first one.

    Raises
    ------
    TrainingDataError
        If a number is none of 1, 2, 3 and so on.
    """
    if looks is None:
        return np.ones(len(frame), dtype=np.int64)
    numbers = column_or_1d(looks)
    check_consistent_length(numbers, frame)
    whole = pd.to_numeric(pd.Series(numbers), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if numbers.dtype.kind in "bmM" or not ((whole >= 1) & (whole < _MOST_LOOKS) & (whole % 1 == 0)).all():
        raise TrainingDataError("looks: a number is missing or none of 1, 2, 3, ...", expected="1 for a first look")
    return whole.astype(np.int64)
