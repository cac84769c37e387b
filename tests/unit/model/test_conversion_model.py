"""ConversionModel keeps scikit-learn's rules, learns what is there, and gives the same bytes for the same rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from predictive_scoring.config.train import Train
from predictive_scoring.errors import DataContractError
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.level import offset_to_mean
from predictive_scoring.model.points import probability_contributions
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.model.weights import look_numbers

SMALL = {"max_trees": 40, "n_replicas": 20, "n_threads": 1}
World = tuple[pd.DataFrame, NDArray[np.bool_], NDArray[np.int64]]


def _world(n_leads: int = 600, seed: int = 0) -> World:
    """Return snapshots of leads, three each, that convert more often with visits and by referral."""
    generator = np.random.default_rng(seed)
    leads = np.repeat(np.arange(n_leads), 3)
    channel = np.array(["ads", "event", "referral"], dtype=object)[generator.integers(0, 3, n_leads)][leads]
    visits = generator.poisson(2, len(leads)).astype(float)
    employees = np.where(generator.random(n_leads) < 0.2, np.nan, generator.lognormal(4, 1, n_leads))[leads]
    chance = 1 / (1 + np.exp(3 - 0.6 * visits - 1.2 * (channel == "referral")))
    y = np.repeat(generator.random(n_leads), 3) < chance
    noise = generator.normal(size=len(leads))
    frame = pd.DataFrame({"visits": visits, "channel": channel, "employees": employees, "noise": noise})
    return frame, y, leads


def _expected_failures(_: object) -> dict[str, str]:
    return {"check_sample_weight_equivalence_on_dense_data": "rows are drawn for each tree, leaves count rows"}


@parametrize_with_checks([ConversionModel(**SMALL)], expected_failed_checks=_expected_failures)
def test_scikit_learns_estimator_checks(estimator: ConversionModel, check: object) -> None:
    check(estimator)  # type: ignore[operator]


def test_E11_shuffled_rows_give_the_same_bytes(tmp_path: Path) -> None:
    frame, y, leads = _world()
    order = np.random.default_rng(1).permutation(len(y))
    written = []
    for rows, name in ((np.arange(len(y)), "a"), (order, "b")):
        model = ConversionModel(**SMALL).fit(frame.iloc[rows], y[rows], groups=leads[rows])
        written.append([path.read_bytes() for path in model.scorer_.save(tmp_path / name)])
    assert written[0] == written[1]


def test_E11_shuffled_windows_give_the_same_bytes(tmp_path: Path) -> None:
    frame, y, leads = _world()
    later, later_y, later_leads = _world(seed=1)
    written = []
    for turn in (1, -1):
        window = (later[::turn], later_y[::turn], later_leads[::turn])
        model = ConversionModel(**SMALL).fit(frame, y, groups=leads, calibration=window, between=window)
        written.append([path.read_bytes() for path in model.scorer_.save(tmp_path / str(turn))])
    assert written[0] == written[1]


def test_planted_bug_training_in_the_order_of_the_rows_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictive_scoring.model.fitting.canonical_order", lambda *parts: np.arange(len(parts[0])))
    with pytest.raises(AssertionError):
        test_E11_shuffled_rows_give_the_same_bytes(tmp_path)


def test_the_number_of_threads_changes_nothing(tmp_path: Path) -> None:
    frame, y, leads = _world()
    texts = [
        ConversionModel(**{**SMALL, "n_threads": n}).fit(frame, y, groups=leads).scorer_.booster.model_to_string()
        for n in (1, 2)
    ]
    assert texts[0] == texts[1].replace("[num_threads: 2]", "[num_threads: 1]")


def test_the_model_ranks_unseen_leads_better_than_chance_and_says_the_right_share() -> None:
    frame, y, leads = _world(1500)
    unseen, truth, _ = _world(1500, seed=9)
    chance = ConversionModel(**SMALL).fit(frame, y, groups=leads).predict_proba(unseen)[:, 1]
    assert roc_auc_score(truth, chance) > 0.7
    assert chance.mean() == pytest.approx(truth.mean(), rel=0.15)


def test_the_explanation_sums_to_the_probability() -> None:
    frame, y, leads = _world()
    model = ConversionModel(**SMALL).fit(frame, y, groups=leads)
    parts = model.explain(frame)
    assert list(parts.columns) == [*frame.columns, "base"]
    np.testing.assert_allclose(parts.sum(axis=1), model.predict_proba(frame)[:, 1], rtol=0, atol=1e-12)
    assert np.ptp(parts["base"]) < 1e-12
    assert parts["visits"].abs().mean() > 3 * parts["noise"].abs().mean()


def test_a_lead_at_the_average_is_explained_by_the_slope_there() -> None:
    frame, y, leads = _world()
    scorer = ConversionModel(**SMALL).fit(frame, y, groups=leads).scorer_
    contributions = scorer.contributions(frame)[:1]
    contributions[0, :-1] = [1e-9, -1e-9, 0, 0]
    parts = probability_contributions(contributions, scorer.calibrator)
    assert parts[0, 0] == pytest.approx(1e-9 * scorer.calibrator.slope(contributions[:, -1])[0], rel=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_contributions_sum_to_raw_and_survive_saving(share: float, tmp_path: Path) -> None:
    frame, y, leads = _world()
    scorer = ConversionModel(**SMALL, linear_share=share).fit(frame, y, groups=leads).scorer_
    scorer.save(tmp_path)
    again = Scorer.load(tmp_path)
    np.testing.assert_allclose(scorer.contributions(frame).sum(axis=1), scorer.raw(frame), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(again.raw(frame), scorer.raw(frame))
    np.testing.assert_array_equal(again.interval(again.raw(frame), 0.9)[0], scorer.interval(scorer.raw(frame), 0.9)[0])


def test_columns_in_another_order_give_the_same_scores() -> None:
    frame, y, leads = _world()
    scorer = ConversionModel(**SMALL).fit(frame, y, groups=leads).scorer_
    np.testing.assert_array_equal(scorer.raw(frame[frame.columns[::-1]]), scorer.raw(frame))


def test_D16_column_names_may_hold_any_characters() -> None:
    frame, y, _ = _world()
    frame.columns = pd.Index(["visits: [30d]", "channel {x}", "employés, nº", "a b"])
    model = ConversionModel(**SMALL).fit(frame, y)
    assert "channel {x}" in model.explain(frame)


def test_E01_one_class_is_refused_as_a_breach_of_contract_and_a_value_error() -> None:
    frame, y, _ = _world()
    for kind in (DataContractError, ValueError):
        with pytest.raises(kind, match="one class"):
            ConversionModel(**SMALL).fit(frame, np.zeros(len(y)))


def test_missing_labels_are_refused_and_not_taken_for_zero() -> None:
    frame, y, _ = _world()
    labels = y.astype(float)
    labels[0] = np.nan
    with pytest.raises(DataContractError, match="labels: 1 are missing"):
        ConversionModel(**SMALL).fit(frame, labels)


def test_it_clones_cross_validates_by_group_and_stands_in_a_pipeline() -> None:
    frame, y, leads = _world()
    model = clone(ConversionModel.from_settings(Train(**SMALL)))
    assert model.get_params()["max_trees"] == SMALL["max_trees"]
    piped = make_pipeline(FunctionTransformer(), model).set_output(transform="pandas")
    scores = cross_val_score(piped, frame, y, groups=leads, cv=GroupKFold(3), scoring="roc_auc")
    assert scores.min() > 0.6


def test_importance_weights_move_the_calibrated_average() -> None:
    frame, y, leads = _world(1500)
    plain = ConversionModel(**SMALL).fit(frame, y, groups=leads).predict_proba(frame)[:, 1].mean()
    weight = np.where(y, 3.0, 1.0)
    tilted = ConversionModel(**SMALL).fit(frame, y, weight, groups=leads).predict_proba(frame)[:, 1].mean()
    odds = [mean / (1 - mean) for mean in (plain, tilted)]
    assert odds[1] > 1.8 * odds[0]


def test_weighting_by_lead_does_not_move_the_average_probability() -> None:
    frame, y, leads = _world(2000)
    often = np.flatnonzero((leads % 3 == 0) | (np.arange(len(y)) % 3 == 0))  # some leads thrice, most once
    train, looks = (frame.iloc[often], y[often]), look_numbers(leads[often], often)
    for power in (0.0, 1.0):
        model = ConversionModel(**SMALL, lead_weight_power=power).fit(*train, groups=leads[often], looks=looks)
        assert model.predict_proba(train[0])[:, 1].mean() == pytest.approx(train[1].mean(), rel=0.05), power


def test_the_offset_makes_the_mean_probability_the_share_that_converted() -> None:
    raw, y = np.array([-3.0, 0.0, 4.0, 1.0]), np.array([0.0, 0, 1, 0])
    importance = np.array([1.0, 2, 1, 1])
    chance = 1 / (1 + np.exp(-(raw + offset_to_mean(raw, y, importance))))
    assert np.average(chance, weights=importance) == pytest.approx(0.2)
