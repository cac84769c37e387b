"""The trees' exact contributions to each row: by our own kernel where it can, by LightGBM's where not."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.shapley.groups import MOST_BITS, TooManyFeaturesError
from predictive_scoring.model.shapley.kernel import add_contributions
from predictive_scoring.model.shapley.plan import Plan, TooLargeError, plan_of
from predictive_scoring.model.shapley.trees import Ensemble

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class TreeContributions:
    """A booster, made ready to say what moved each row.

    Exact path-dependent TreeSHAP (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9). The kernel gives, to rounding,
    what LightGBM's ``pred_contrib`` gives, many times faster. What it cannot do is left to ``pred_contrib``.
    """

    booster: lgb.Booster
    plan: Plan | None
    why_slow: str | None = None  # in English, where there is no plan

    @classmethod
    def of(cls, booster: lgb.Booster) -> "TreeContributions":
        """Return a booster's contributions; its tables are made here, once."""
        ensemble = Ensemble.parsed(booster.model_to_string())
        if ensemble.n_outputs > 1:
            return cls(booster, None, "the model has several outputs")
        if ensemble.linear:
            return cls(booster, None, "the trees have linear models in their leaves")
        try:
            return cls(booster, plan_of(ensemble))
        except TooManyFeaturesError:
            return cls(booster, None, f"a tree asks more than {MOST_BITS} features on one path")
        except TooLargeError:
            return cls(booster, None, "the tables of the fast kernel would be too large")

    def __call__(self, encoded: Matrix) -> Matrix:
        """Return contributions in log-odds, shape (n, k + 1), the expected value last; rows sum to the raw score.

        With several outputs the columns are those of one output after another, as LightGBM has them. A row's
        contributions are the same in any batch. Compiled code lets other threads run.
        """
        if self.plan is None or encoded.shape[1] != self.booster.num_feature():  # LightGBM says what is wrong
            return np.asarray(self.booster.predict(encoded, pred_contrib=True, num_threads=1), dtype=np.float64)
        by_column: Matrix = np.zeros((encoded.shape[1] + 1, len(encoded)))
        add_contributions(self.plan, encoded, by_column)
        return by_column.T
