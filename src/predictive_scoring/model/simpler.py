"""The scorer of a simpler model than the blend."""

from dataclasses import replace
from typing import Literal

from predictive_scoring.model.baselines import Baselines
from predictive_scoring.model.scorer import Scorer


def simpler(scorer: Scorer, baselines: Baselines, name: Literal["logistic", "points"]) -> Scorer:
    """Return a baseline in the form of the blend it was trained beside.

    A points table and a logistic regression are sums of terms, so they are the linear half of a blend whose other half
    counts nothing: one scorer, one kernel of contributions, one form of bundle for all.
    """
    part = baselines.points_part if name == "points" else baselines.logistic
    offset, calibrator = baselines.offsets[name], baselines.calibrators[name]
    return replace(scorer, linear=part, linear_share=1.0, offset=offset, calibrator=calibrator)
