"""A declared direction binds both halves of the model, and so the blend and its chances."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from one_penalty import fit_linear
from predictive_scoring.errors import DataContractError
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.model import boosting, linear_fit
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.encoding import Direction, Encoding

N = 3000
VALUES = np.linspace(-1.0, 8.0, 60)
SMALL = {"max_trees": 60, "n_replicas": 20, "n_threads": 1, "min_leaf_rows": 20, "early_stopping_rounds": 60}


def leads() -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return leads whose chance falls with visits in the data, whatever business sense says, and rises with demos."""
    rng = np.random.default_rng(0)
    visits, demos = rng.poisson(2, N).astype(float), rng.poisson(1, N).astype(float)
    frame = pd.DataFrame({"visits": visits, "demos": demos, "channel": rng.choice(["ads", "fair"], N)})
    return frame, rng.random(N) < 1 / (1 + np.exp(1.0 + 0.5 * visits - 0.7 * demos))


def along(model: ConversionModel, name: str) -> NDArray[np.float64]:
    """Return the chances of leads that differ in one column alone, (leads, values)."""
    frame = leads()[0].iloc[:40]
    return np.column_stack([model.predict_proba(frame.assign(**{name: value}))[:, 1] for value in VALUES])


def fitted(monotone: dict[str, Direction] | None, **changed: float) -> ConversionModel:
    frame, y = leads()
    return ConversionModel(**(SMALL | changed), monotone=monotone).fit(frame, y)


def assert_only_rises(model: ConversionModel) -> None:
    assert (np.diff(along(model, "visits"), axis=1) >= -1e-12).all()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_with_a_declared_direction_the_chance_only_rises(share: float) -> None:
    assert_only_rises(fitted({"visits": 1}, linear_share=share))
    assert (np.diff(along(fitted({"demos": -1}, linear_share=share), "demos"), axis=1) <= 1e-12).all()


def test_a_direction_that_the_history_shares_costs_nothing_and_the_others_stay_free() -> None:
    model = fitted({"visits": 1, "demos": 1})
    assert (np.diff(along(model, "demos"), axis=1)).max() > 0.01
    assert np.diff(along(fitted(None), "visits"), axis=1).min() < -0.01


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_planted_bug_a_half_that_takes_no_notice_of_the_direction_is_caught(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if share == 0.0:
        parameters = boosting.parameters
        unbound = {"monotone_constraints", "monotone_constraints_method"}
        monkeypatch.setattr(
            boosting,
            "parameters",
            lambda *of: {name: value for name, value in parameters(*of).items() if name not in unbound},
        )
    else:
        monkeypatch.setattr(
            linear_fit, "_against_their_direction", lambda terms, *_: np.zeros(len(terms), dtype=np.bool_)
        )
    with pytest.raises(AssertionError):
        assert_only_rises(fitted({"visits": 1}, linear_share=share))


def test_a_line_that_bends_keeps_its_direction_behind_each_bend() -> None:
    rng = np.random.default_rng(1)
    x = rng.random(4000) * 10
    y = (rng.random(4000) < 1 / (1 + np.exp(2.0 - np.where(x < 5, x, 10 - x)))).astype(float)  # up, then down
    frame = pd.DataFrame({"x": x})
    for direction in (0, 1):
        encoding = Encoding.fit(frame, directions={"x": direction})  # type: ignore[dict-item]
        part = fit_linear(encoding.encode(frame), y, np.ones(4000), encoding, 1.0, n_knots=3)
        steps = np.diff(part.log_odds(np.linspace(0, 10, 200)[:, None]))
        assert bool(steps.min() < 0) is (direction == 0)


@pytest.mark.parametrize("wrong", [{"channel": 1}, {"vists": -1}])
def test_a_direction_of_a_category_or_of_no_column_is_refused_by_name(wrong: dict[str, Direction]) -> None:
    with pytest.raises(DataContractError, match=next(iter(wrong))):
        fitted(wrong)


def test_the_catalogue_says_which_features_have_a_direction() -> None:
    common = {"concept": "visits", "source": "activity", "statistic": "count"}
    catalogue = Catalogue(
        features=(Feature(name="a", monotone=-1, **common), Feature(name="b", **common)),  # type: ignore[arg-type]
        concepts=(),
    )
    assert catalogue.directions == {"a": -1}
