"""Young leads and old ones with the same chance are given the same: what weights a look was known when it was taken."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.inputs import TrainingDataError

WEEKLY, HORIZON, LAST = np.array([0.01, 0.05]), 4, 16  # of a lead that is small, that is large
TRUE = 1 - (1 - WEEKLY) ** HORIZON
SETTINGS = {"max_trees": 60, "n_replicas": 20, "n_threads": 1, "lead_weight_power": 1.0}


def _world() -> tuple[pd.DataFrame, NDArray[np.bool_], NDArray[np.int64]]:
    """Return weekly looks at leads until they convert, at every age with the same chance."""
    is_large = np.arange(3000) % 2
    converts = np.random.default_rng(5).geometric(WEEKLY[is_large])  # in which week
    n_looks = np.minimum(converts, LAST)
    leads = np.repeat(np.arange(3000), n_looks)
    age = np.arange(len(leads)) - np.repeat(np.cumsum(n_looks) - n_looks, n_looks)
    frame = pd.DataFrame({"age": age.astype(float), "is_large": is_large[leads].astype(float)})
    return frame, converts[leads] <= age + HORIZON, leads


def _of_large_leads(looks: NDArray[np.int64]) -> tuple[float, float]:
    """Return the chances of a young and of an old one."""
    frame, y, leads = _world()
    model = ConversionModel(**SETTINGS).fit(frame, y, groups=leads, looks=looks)
    young, old = model.predict_proba(pd.DataFrame({"age": [0.0, LAST - 1.0], "is_large": 1.0}))[:, 1]
    return float(young), float(old)


def test_young_leads_and_old_ones_have_the_chance_they_truly_have() -> None:
    young, old = _of_large_leads(_world()[0]["age"].to_numpy(dtype=np.int64) + 1)
    assert young == pytest.approx(TRUE[1], rel=0.15)
    assert old == pytest.approx(TRUE[1], rel=0.15)


def test_planted_bug_weights_by_all_looks_at_a_lead_favour_the_young() -> None:
    _, whose, n_looks = np.unique(_world()[2], return_inverse=True, return_counts=True)
    young, old = _of_large_leads(n_looks[whose])
    assert young > 1.3 * TRUE[1]
    assert old < 0.8 * TRUE[1]


@pytest.mark.parametrize("wrong", [0.0, 1.5, np.nan, -1.0, 1e300, 2.0**63, "first", None, True])
def test_numbers_of_looks_that_cannot_be_are_refused(wrong: object) -> None:
    frame, y, leads = _world()
    with pytest.raises(TrainingDataError, match="none of 1, 2, 3"):
        ConversionModel(**SETTINGS).fit(frame, y, groups=leads, looks=np.full(len(y), wrong))


def test_looks_that_are_numbered_in_some_windows_only_are_refused() -> None:
    frame, y, leads = _world()
    later = (frame, y, leads + 10**6)
    with pytest.raises(TrainingDataError, match="looks are given in some windows and not in others"):
        ConversionModel(**SETTINGS).fit(frame, y, groups=leads, looks=np.ones(len(y), int), calibration=later)
