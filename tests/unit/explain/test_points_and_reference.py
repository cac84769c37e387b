import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explained_world import AdditiveModel, Logistic, catalogue, rows
from predictive_scoring.errors import BundleRefusedError, ConfigurationError, DataContractError
from predictive_scoring.explain.concepts import fold
from predictive_scoring.explain.explanation import explain
from predictive_scoring.explain.percentiles import percentile_of, percentile_table
from predictive_scoring.explain.points import probability_points
from predictive_scoring.explain.reference import Reference, fit_reference
from predictive_scoring.explain.tilt import tilted_weights

CATALOGUE, MODEL = catalogue(), AdditiveModel()
REFERENCE = fit_reference(MODEL, CATALOGUE, rows(800))
LOG_ODDS = st.floats(-8, 8, allow_nan=False, width=64)


def test_the_base_is_the_mean_calibrated_chance_of_the_reference_leads() -> None:
    raw = MODEL.contributions(rows(800)).sum(axis=1)
    assert REFERENCE.base_probability == pytest.approx(Logistic().probability(raw).mean(), abs=1e-12)


def test_base_plus_points_is_the_probability_that_the_model_gives() -> None:
    frame = rows(500, seed=9)
    found = explain(MODEL, REFERENCE, CATALOGUE, frame)
    expected = Logistic().probability(MODEL.contributions(frame).sum(axis=1))
    np.testing.assert_allclose(found.probability, expected, atol=1e-12)
    np.testing.assert_allclose(found.base + found.points.sum(axis=1), expected, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, (3, 5), elements=LOG_ODDS), st.floats(-5, 5))
def test_points_add_up_and_keep_sign_and_order(centred: np.ndarray, base: float) -> None:
    link = Logistic()
    points, probability = probability_points(centred, base, link)
    np.testing.assert_allclose(link.probability(np.array([base]))[0] + points.sum(axis=1), probability, atol=1e-12)
    assert (points * centred >= -1e-15).all()
    assert (np.abs(points[:, 0] - points[:, 1])[np.isclose(centred[:, 0], centred[:, 1], atol=0)] < 1e-12).all()


def test_points_are_the_integral_along_the_straight_path() -> None:
    centred = np.array([[1.5, -0.4, 0.3]])
    steps = (np.arange(20_000) + 0.5) / 20_000
    raw = -2.0 + steps * centred.sum()
    chance = Logistic().probability(raw)
    by_hand = centred[0] * (0.8 * chance * (1 - chance)).mean()
    points, _ = probability_points(centred, -2.0, Logistic())
    np.testing.assert_allclose(points[0], by_hand, rtol=1e-8)


@pytest.mark.parametrize("distance", [0.0, 1e-14, 1e-9, 1e-6, -1e-6, 2e-5])
def test_contributions_that_cancel_out_get_the_local_slope(distance: float) -> None:
    points, _ = probability_points(np.array([[2.0, -2.0 + distance]]), -1.0, Logistic())
    chance = Logistic().probability(np.array([-1.0]))[0]
    np.testing.assert_allclose(points[0, 0], 2.0 * 0.8 * chance * (1 - chance), rtol=1e-4)


def test_splitting_points_by_the_slope_at_the_lead_would_not_add_up() -> None:
    """The planted bug: a slope at one end instead of the mean slope."""
    centred = np.array([[2.0, 1.0]])
    _, probability = probability_points(centred, -3.0, Logistic())
    wrong = centred * 0.8 * probability * (1 - probability)
    assert abs(Logistic().probability(np.array([-3.0]))[0] + wrong.sum() - probability[0]) > 0.05


def test_concepts_sum_what_their_features_contribute() -> None:
    contributions = MODEL.contributions(rows(4))[:, :-1]
    folded = fold(contributions, CATALOGUE)
    assert folded[:, 0] == pytest.approx(contributions[:, :4].sum(axis=1))
    assert folded.sum(axis=1) == pytest.approx(contributions.sum(axis=1))


def test_contributions_of_another_catalogue_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="do not follow the catalogue"):
        fold(np.zeros((1, 3)), CATALOGUE)


def test_a_typical_lead_gets_no_points() -> None:
    """Centres are means over leads whose mean log-odds are the base's: their own points average out to nothing."""
    frame = rows(800)
    centred = REFERENCE.centred(MODEL.contributions(frame), CATALOGUE)
    raw = MODEL.contributions(frame).sum(axis=1)
    weights = tilted_weights(raw, np.ones(800), REFERENCE.base_raw)
    np.testing.assert_allclose(weights @ centred, 0.0, atol=1e-12)


def test_a_lead_scored_alone_scores_as_in_a_batch() -> None:
    frame = rows(60, seed=2)
    together = explain(MODEL, REFERENCE, CATALOGUE, frame)
    for row in (0, 31, 59):
        alone = explain(MODEL, REFERENCE, CATALOGUE, frame.iloc[[row]])
        assert alone.probability[0] == together.probability[row]
        assert (alone.points[0] == together.points[row]).all()
        assert (alone.score[0], alone.fit[0]) == (together.score[row], together.fit[row])


def test_f07_an_empty_batch_has_an_explanation() -> None:
    found = explain(MODEL, REFERENCE, CATALOGUE, rows(0))
    assert found.points.shape == (0, len(CATALOGUE.concepts))
    assert len(found.probability) == 0


def test_scores_spread_evenly_over_the_reference_and_follow_the_probability() -> None:
    found = explain(MODEL, REFERENCE, CATALOGUE, rows(800))
    order = np.argsort(found.probability)
    assert (np.diff(found.score[order]) >= 0).all()
    assert (found.score.min(), found.score.max()) == (1, 100)
    assert found.score.mean() == pytest.approx(50.5, abs=1)
    assert min(found.fit.min(), found.engagement.min()) >= 1
    assert max(found.fit.max(), found.engagement.max()) <= 100


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.lists(st.floats(-1, 2), min_size=2, max_size=10))
def test_ranks_lie_between_1_and_100_and_never_fall(reference: list[float], values: list[float]) -> None:
    ranks = percentile_of(np.sort(values), percentile_table(np.array(reference), np.ones(len(reference))))
    assert ranks.min() >= 1
    assert ranks.max() <= 100
    assert (np.diff(ranks) >= 0).all()


def test_a_reference_survives_json() -> None:
    assert Reference.model_validate_json(REFERENCE.model_dump_json()) == REFERENCE


def test_a_reference_of_another_model_is_refused() -> None:
    with pytest.raises(BundleRefusedError, match="different averages"):
        explain(AdditiveModel(expected=-1.0), REFERENCE, CATALOGUE, rows(3))


def test_a_reference_of_other_concepts_is_refused() -> None:
    other = CATALOGUE.model_copy(update={"concepts": tuple(reversed(CATALOGUE.concepts))})
    with pytest.raises(BundleRefusedError, match="different concepts"):
        explain(MODEL, REFERENCE, other, rows(3))


def test_a_reference_without_rows_is_refused() -> None:
    with pytest.raises(DataContractError, match="no rows"):
        fit_reference(MODEL, CATALOGUE, rows(0))


def test_heavier_reference_leads_pull_the_base() -> None:
    frame = rows(200)
    chance = explain(MODEL, REFERENCE, CATALOGUE, frame).probability
    pulled = fit_reference(MODEL, CATALOGUE, frame, np.where(chance > np.median(chance), 5.0, 1.0))
    assert pulled.base_probability > fit_reference(MODEL, CATALOGUE, frame).base_probability


def test_the_mean_weight_of_a_concept_is_what_it_moves_reference_leads_by() -> None:
    found = explain(MODEL, REFERENCE, CATALOGUE, rows(800))
    by_hand = [float(np.mean([abs(point) for point in column])) for column in found.points.T]
    np.testing.assert_allclose(REFERENCE.mean_abs_points, by_hand, rtol=0, atol=1e-12)
    assert max(by_hand) > 0.01


def test_planted_bug_a_mean_without_signs_taken_off_would_say_far_less() -> None:
    found = explain(MODEL, REFERENCE, CATALOGUE, rows(800))
    assert np.abs(found.points.mean(axis=0)).sum() < 0.7 * sum(REFERENCE.mean_abs_points)


def test_rows_that_weigh_nothing_do_not_count_in_the_mean_weight() -> None:
    some = np.where(np.arange(800) < 400, 1.0, 1e-12)
    weighted = fit_reference(MODEL, CATALOGUE, rows(800), some)
    np.testing.assert_allclose(
        weighted.mean_abs_points, fit_reference(MODEL, CATALOGUE, rows(800).iloc[:400]).mean_abs_points, rtol=1e-6
    )
