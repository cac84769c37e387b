"""Values and columns that break a careless model: each is fitted with sound chances, or refused by its name."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from predictive_scoring.config.params import Params
from predictive_scoring.config.parse import parse_block
from predictive_scoring.config.train import Train
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.model import linear_fit
from predictive_scoring.model.conversion_model import ConversionModel

SMALL = {"max_trees": 30, "n_replicas": 20, "n_threads": 1}


def _world(n: int = 500) -> tuple[NDArray[np.float64], NDArray[np.bool_], np.random.Generator]:
    generator = np.random.default_rng(0)
    visits = generator.normal(size=n)
    return visits, generator.random(n) < 1 / (1 + np.exp(-2 * visits)), generator


def _vast(visits: NDArray[np.float64], generator: np.random.Generator) -> pd.DataFrame:
    vast = generator.choice([1e308, -1e308, 5e-324, -0.0], len(visits))
    return pd.DataFrame({"visits": visits, "vast": vast})


def test_D04_numbers_at_the_limits_overflow_nowhere_in_fitting_scoring_and_explaining() -> None:
    visits, converts, generator = _world()
    frame = _vast(visits, generator)
    model = ConversionModel(**SMALL).fit(frame, converts)
    chances = model.predict_proba(frame)[:, 1]
    assert np.all((chances > 0) & (chances < 1))
    assert np.isfinite(model.explain(frame).to_numpy()).all()


def test_D04_planted_bug_squaring_such_numbers_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    visits, converts, generator = _world()
    monkeypatch.setattr(linear_fit, "_VAST", np.inf)
    with pytest.raises(RuntimeWarning, match="overflow"):
        ConversionModel(**SMALL).fit(_vast(visits, generator), converts)


def test_D04_a_number_that_is_vast_at_scoring_only_gives_a_chance_too() -> None:
    visits, converts, _ = _world()
    model = ConversionModel(**SMALL).fit(pd.DataFrame({"visits": visits}), converts)
    awkward = pd.DataFrame({"visits": [1e308, -1e308, 5e-324, -0.0, 0.0]})
    chances = model.predict_proba(awkward)[:, 1]
    assert np.all((chances >= 0) & (chances <= 1))
    assert chances[0] > 0.5 > chances[1]
    assert chances[3] == chances[4]
    assert np.isfinite(model.explain(awkward).to_numpy()).all()


def test_D03_infinity_is_refused_by_the_name_of_its_column() -> None:
    visits, converts, _ = _world()
    with pytest.raises(DataContractError, match="budget"):
        ConversionModel(**SMALL).fit(pd.DataFrame({"budget": np.where(visits > 1, np.inf, visits)}), converts)


def test_D19_a_monotone_constraint_cannot_be_set_so_none_can_meet_a_category() -> None:
    with pytest.raises(ConfigurationError, match="monotone_constraints: unknown key"):
        parse_block(Train, {"monotone_constraints": [1, 0]}, where="params.yaml")
    with pytest.raises(TypeError, match="monotone_constraints"):
        ConversionModel(monotone_constraints=[1])  # type: ignore[call-arg]
    assert "monotone" not in str(Params.model_json_schema())


@pytest.mark.parametrize("dtype", ["datetime64[us]", "datetime64[us, UTC]", "timedelta64[us]"])
def test_D20_a_column_of_instants_is_refused_by_its_name_with_what_to_do(dtype: str) -> None:
    visits, converts, _ = _world()
    since = pd.Series(np.arange(len(visits))).astype("int64").astype(dtype)
    with pytest.raises(DataContractError, match="since") as refused:
        ConversionModel(**SMALL).fit(pd.DataFrame({"visits": visits, "since": since}), converts)
    assert "age in days" in str(refused.value)


def test_D21_a_column_given_twice_trains_and_its_contributions_still_add_up() -> None:
    visits, converts, _ = _world()
    once, twice = pd.DataFrame({"visits": visits}), pd.DataFrame({"visits": visits, "again": visits})
    chances = [ConversionModel(**SMALL).fit(frame, converts).predict_proba(frame)[:, 1] for frame in (once, twice)]
    assert np.abs(chances[0] - chances[1]).max() < 0.05
    told = ConversionModel(**SMALL).fit(twice, converts).explain(twice)
    np.testing.assert_allclose(told.sum(axis=1), chances[1], atol=1e-9)
