"""ConversionModel: the scikit-learn classifier that the pipeline trains."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from threadpoolctl import threadpool_limits

from predictive_scoring.config.train import Train
from predictive_scoring.model.encoding import Direction
from predictive_scoring.model.fitting import Later, Sample, fit_scorers
from predictive_scoring.model.inputs import TrainingDataError, as_frame, as_groups, as_labels, as_looks, as_weights
from predictive_scoring.model.points import probability_contributions

_DEFAULTS = Train()
_PARTS = ("X", "y", "groups", "weight", "looks")  # of a later window


class ConversionModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calibrated chances to convert: boosted trees averaged with a logistic regression in log-odds.

    Numbers, booleans, text and categories with missing values go in as they are. Training depends on the content
    of the rows, not on their order.

    Parameters
    ----------
    seed, learning_rate, max_trees, early_stopping_rounds, num_leaves, min_leaf_rows, feature_share, row_share, l2,
    extra_trees, larger_trees
        Of the trees; see `predictive_scoring.config.train.Train`, which also sets the bounds.
    linear_share, linear_l2, linear_knots
        Share of the logistic regression in the blend, from 0 to 1, its ridge penalty, and where a number's line bends.
    refit
        Whether what the calibrator was fitted on is learned from too, once it is fitted, and what lies between.
    lead_weight_power
        0 to 1: how far, in training, a later look at a group counts less: the k-th counts one over k to this power.
    min_level_leads, max_levels
        Which levels of a category are kept; the rest is 'other'.
    n_folds, n_replicas, n_threads
        Folds of groups; redraws behind the intervals; threads.
    monotone
        From names of numbers to 1 (the chance may only rise with it, other things equal) or -1 (only fall); where a
        value is missing nothing is promised.

    Attributes
    ----------
    classes_ : (2,) array
        The second is the one whose chance is meant.
    scorer_ : Scorer
        What scores without this class or scikit-learn.
    logistic_ : Scorer
        Its logistic half alone, levelled and calibrated likewise.
    n_trees_ : int
        Trees in the boosted half.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> X = pd.DataFrame({"visits": generator.poisson(3, 400).astype(float)})
    >>> y = generator.random(400) < 1 / (1 + np.exp(3 - X["visits"]))
    >>> model = ConversionModel(max_trees=20).fit(X, y)
    >>> few, many = model.predict_proba(pd.DataFrame({"visits": [0.0, 8.0]}))[:, 1]
    >>> bool(few < 0.3 < 0.7 < many)
    True
    """

    def __init__(  # noqa: PLR0913 (scikit-learn reads the settings off this signature)
        self,
        *,
        seed: int = _DEFAULTS.seed,
        learning_rate: float = _DEFAULTS.learning_rate,
        max_trees: int = _DEFAULTS.max_trees,
        early_stopping_rounds: int = _DEFAULTS.early_stopping_rounds,
        num_leaves: int = _DEFAULTS.num_leaves,
        min_leaf_rows: int = _DEFAULTS.min_leaf_rows,
        feature_share: float = _DEFAULTS.feature_share,
        row_share: float = _DEFAULTS.row_share,
        l2: float = _DEFAULTS.l2,
        extra_trees: bool = _DEFAULTS.extra_trees,
        larger_trees: bool = _DEFAULTS.larger_trees,
        linear_share: float = _DEFAULTS.linear_share,
        linear_l2: float = _DEFAULTS.linear_l2,
        linear_knots: int = _DEFAULTS.linear_knots,
        refit: bool = _DEFAULTS.refit,
        lead_weight_power: float = _DEFAULTS.lead_weight_power,
        min_level_leads: int = _DEFAULTS.min_level_leads,
        max_levels: int = _DEFAULTS.max_levels,
        n_folds: int = _DEFAULTS.n_folds,
        n_replicas: int = _DEFAULTS.n_replicas,
        n_threads: int = _DEFAULTS.n_threads,
        monotone: Mapping[str, Direction] | None = None,
    ) -> None:
        self.seed = seed
        self.learning_rate = learning_rate
        self.max_trees = max_trees
        self.early_stopping_rounds = early_stopping_rounds
        self.num_leaves = num_leaves
        self.min_leaf_rows = min_leaf_rows
        self.feature_share = feature_share
        self.row_share = row_share
        self.l2 = l2
        self.extra_trees = extra_trees
        self.larger_trees = larger_trees
        self.linear_share = linear_share
        self.linear_l2 = linear_l2
        self.linear_knots = linear_knots
        self.refit = refit
        self.lead_weight_power = lead_weight_power
        self.min_level_leads = min_level_leads
        self.max_levels = max_levels
        self.n_folds = n_folds
        self.n_replicas = n_replicas
        self.n_threads = n_threads
        self.monotone = monotone

    @classmethod
    def from_settings(cls, settings: Train, monotone: Mapping[str, Direction] | None = None) -> Self:
        """Return an unfitted model with the settings of params.yaml, and the catalogue's directions."""
        chosen = {name: getattr(settings, name) for name in cls._get_param_names() if name != "monotone"}
        return cls(**chosen, monotone=monotone)

    def fit(  # noqa: PLR0913 (scikit-learn hands what it knows to `fit`, by name)
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        looks: ArrayLike | None = None,
        calibration: Sequence[Any] | None = None,
        between: Sequence[Any] | None = None,
    ) -> Self:
        """Return the model, fitted.

        Parameters
        ----------
        X : (n, k) frame or array
        y : (n,) array
            Two classes.
        sample_weight : (n,) array, optional
            How much each row counts, in training and calibration; rows with weight 0 are left out.
        groups : (n,) array, optional
            Whose row each is (lead or account): a group is never on both sides of a fold.
        looks : (n,) array, optional
            Which look at its group each row is, from 1 for the first in time; what later ones say is partly known.
            Without it every row counts as a first one: never number rows in an order that is not that of time.
        calibration : (X, y) or (X, y, groups) or (X, y, groups, weight) or (X, y, groups, weight, looks), optional
            A later window, for the calibrator; no group of training may be in it. Without it: out-of-fold scores of the
            training rows.
        between : likewise, optional
            Rows between the training rows and the end of `calibration`, learned from once the calibrator is fitted,
            with `refit`.

        Raises
        ------
        TrainingDataError
            If a label is missing, training has not two classes, groups or looks are given in some windows only, or
            there are rows between training and a calibration window that is not there.
        """
        chosen = self.get_params()
        directions = chosen.pop("monotone")
        settings = Train(**chosen)
        frame = as_frame(self, X, reset=True)
        check_consistent_length(frame, y)
        self.classes_, labels = as_labels(y)
        weight = as_weights(sample_weight, frame)
        train = _without_empty(Sample(frame, labels, as_groups(groups, frame), weight, as_looks(looks, frame)))
        _refuse_one_class(train)
        given = {"groups": groups is not None, "looks": looks is not None}
        judging = self._window("calibration", calibration, given)
        lying_between = self._window("between", between, given)
        if judging is None and lying_between is not None:
            raise TrainingDataError(
                "between: rows before the end of a calibration window, and there is no such window",
                fix="give `calibration` too, or join these rows to X",
            )
        later = None if judging is None else Later(judging, lying_between)
        with threadpool_limits(1, user_api="blas"):  # sums round by how many threads they are parted to
            fitted = fit_scorers(train, later, settings, directions)
        self.scorer_, self.logistic_ = fitted.blend, fitted.logistic
        self.n_trees_ = self.scorer_.booster.num_trees()
        return self

    def _window(self, name: str, parts: Sequence[Any] | None, given: Mapping[str, bool]) -> Sample | None:
        """Return a later window, or None where there is no row; what training says of rows every window says."""
        if parts is None:
            return None
        if not isinstance(parts, (tuple, list)) or not 2 <= len(parts) <= len(_PARTS):
            raise TrainingDataError(
                f"{name}: not the parts of a window",
                found=type(parts).__name__ + (f" of {len(parts)}" if isinstance(parts, (tuple, list)) else ""),
                expected=f"({', '.join(_PARTS)}), of which the first two must be there",
            )
        X, y, groups, weight, looks = (*parts, None, None, None)[: len(_PARTS)]
        for what, part in (("groups", groups), ("looks", looks)):
            if (part is not None) is not given[what]:
                raise TrainingDataError(f"{name}: {what} are given in some windows and not in others")
        if len(X) == 0 and name == "between":
            return None
        frame, labels = as_frame(self, X, reset=False), np.asarray(y)
        check_consistent_length(frame, labels)
        if len(frame) == 0 or pd.isna(labels).any() or not np.isin(labels, self.classes_).all():
            raise TrainingDataError(f"{name}: no rows, or labels that are missing or of another class")
        converts = (labels == self.classes_[1]).astype(np.float64)
        whose, counts = as_groups(groups, frame), as_weights(weight, frame)
        return _without_empty(Sample(frame, converts, whose, counts, as_looks(looks, frame)))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return (n, 2) calibrated probabilities, columns as in `classes_`."""
        check_is_fitted(self)
        chance = self.scorer_.probability(self.scorer_.raw(as_frame(self, X, reset=False)))
        return np.column_stack([1 - chance, chance])

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return (n,) calibrated log-odds of the second class."""
        check_is_fitted(self)
        return self.scorer_.calibrator.log_odds(self.scorer_.raw(as_frame(self, X, reset=False)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier class of each row; with rare conversions that is nearly always the first."""
        second = self.decision_function(X) > 0
        return np.asarray(self.classes_[second.astype(int)])

    def explain(self, X: Any) -> pd.DataFrame:
        """Return what moved each probability: a column an input column, and `base`; rows sum to the probability.

        Contributions are differences in probability, from the model's average lead.
        """
        check_is_fitted(self)
        frame = as_frame(self, X, reset=False)
        parts = probability_contributions(self.scorer_.contributions(frame), self.scorer_.calibrator)
        return pd.DataFrame(parts, columns=[*self.scorer_.encoding.names, "base"], index=frame.index)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.classifier_tags.multi_class = False
        return tags


def _without_empty(sample: Sample) -> Sample:
    counted = sample.importance > 0
    return sample if counted.all() else sample.take(counted)


def _refuse_one_class(train: Sample) -> None:
    if len(np.unique(train.y)) < 2:
        raise TrainingDataError(
            "labels: the Classifier can't train when only one class is present after sample_weight trimming",
            found=f"{len(train.y)} rows with weight above 0",
        )
