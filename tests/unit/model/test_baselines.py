"""The baselines are fair: they learn, they are calibrated, and they can be written down."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from one_penalty import fit_linear
from predictive_scoring.config.train import Train
from predictive_scoring.model.baselines import Baselines
from predictive_scoring.model.baselines_fit import fit_baselines
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.fitting import Later, Sample, fit_scorers
from predictive_scoring.model.naive_bayes import fit_naive_bayes

SETTINGS = Train(n_threads=1)


def _sample(n: int = 3000, seed: int = 0) -> Sample:
    generator = np.random.default_rng(seed)
    visits, demo = generator.poisson(1.5, n).astype(float), generator.random(n) < 0.2
    channel = np.array(["ads", "referral"], dtype=object)[(generator.random(n) < 0.3).astype(int)]
    frame = pd.DataFrame(
        {
            "visits": visits,
            "visits_again": visits + 0.0,
            "demo": demo.astype(float),
            "channel": channel,
            "silence": np.where(visits > 0, generator.random(n) * 30, np.nan),
            "noise": generator.normal(size=n),
        }
    )
    chance = 1 / (1 + np.exp(3 - 0.5 * visits - demo - 0.8 * (channel == "referral")))
    y = (generator.random(n) < chance).astype(float)
    return Sample(frame, y, np.arange(n), np.ones(n), np.ones(n, int))


@pytest.fixture(scope="module", params=[True, False], ids=["own window", "out of fold"])
def fitted(request: pytest.FixtureRequest) -> Baselines:
    train, later = _sample(), Later(_sample(seed=1), _sample(seed=4)) if request.param else None
    logistic = fit_scorers(train, later, SETTINGS).logistic
    return fit_baselines(train, later, SETTINGS, logistic)


def test_each_says_the_right_share_and_all_but_the_constant_rank(fitted: Baselines) -> None:
    unseen = _sample(seed=2)
    for name, chance in fitted.probabilities(unseen.frame).items():
        assert chance.mean() == pytest.approx(unseen.y.mean(), rel=0.2), name
        least = {"constant": 0.5, "single": 0.6, "naive_bayes": 0.55}.get(name, 0.65)  # one column; no counts
        assert roc_auc_score(unseen.y, chance) >= least, name


def test_the_points_table_asks_a_handful_of_questions_none_twice_in_whole_points(fitted: Baselines) -> None:
    names = [question.name for question in fitted.points.questions]
    assert len(names) <= 6
    assert not {"visits", "visits_again"} <= set(names)
    assert {"demo", "channel"} <= set(names)
    assert max(max(q.points) - min(q.points) for q in fitted.points.questions) in {10, 11}


def assert_they_learn_what_the_model_learns(refit: bool) -> None:
    """Check it by leads that came through a channel which the later windows alone have."""
    settings, train = SETTINGS.model_copy(update={"refit": refit}), _sample()
    newer = [_sample(seed=seed) for seed in (1, 4)]
    for sample in newer:
        sample.frame["channel"] = np.where(sample.frame["channel"] == "ads", "fax", sample.frame["channel"])
    later = Later(*newer)
    fitted = fit_baselines(train, later, settings, fit_scorers(train, later, settings).logistic)
    asked = train.frame.iloc[:1].assign(channel="fax", silence=np.nan)
    seldom = train.frame.iloc[:1].assign(channel="pigeon", silence=np.nan)  # as a level that was never seen
    for name in ("points", "naive_bayes"):
        told, unknown = (fitted.probabilities(frame)[name][0] for frame in (asked, seldom))
        assert bool(told != unknown) is refit, name


@pytest.mark.parametrize("refit", [True, False])
def test_they_learn_from_the_later_windows_if_the_model_does(*, refit: bool) -> None:
    assert_they_learn_what_the_model_learns(refit)


def test_planted_bug_baselines_that_stay_behind_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Later, "known", lambda _, train: train)
    with pytest.raises(AssertionError):
        assert_they_learn_what_the_model_learns(refit=True)


def test_they_survive_json(fitted: Baselines) -> None:
    again = Baselines.model_validate_json(fitted.model_dump_json())
    frame = _sample(seed=3).frame
    for name, chance in fitted.probabilities(frame).items():
        np.testing.assert_array_equal(again.probabilities(frame)[name], chance)


def test_points_of_unseen_levels_and_missing_values_are_found(fitted: Baselines) -> None:
    frame = _sample(5).frame.assign(channel="fax", visits=np.nan)
    assert np.isfinite(fitted.probabilities(frame)["points"]).all()


def test_the_linear_part_is_scikit_learns_regression_on_the_same_design() -> None:
    sample = _sample()
    frame = sample.frame[["demo", "noise"]]
    encoding = Encoding.fit(frame)
    encoded = encoding.encode(frame)
    part = fit_linear(encoded, sample.y, sample.importance, encoding, 1.0)
    standard = np.clip((encoded - encoded.mean(axis=0)) / encoded.std(axis=0), -4, 4)
    expected = LogisticRegression(C=1.0, tol=1e-8).fit(standard, sample.y).decision_function(standard)
    np.testing.assert_allclose(part.log_odds(encoded), expected, atol=1e-4)
    np.testing.assert_allclose(part.contributions(encoded).sum(axis=1), part.log_odds(encoded), atol=1e-12)
    assert np.abs(part.contributions(encoded)[:, :-1].mean(axis=0)).max() < 1e-12


def test_naive_bayes_multiplies_the_frequencies_with_a_tenth_added() -> None:
    """By hand, as the public source has it: S(won) = P(won) · Π (won_v + 0.1) / Σ (won_v + 0.1)."""
    frame = pd.DataFrame(
        {
            "channel": ["ads", "ads", "fair", "fair", "ads", None],
            "newsletter": [1.0, 0.0, 1.0, 1.0, 0.0, 0.0],
            "stage_mql__days_since": [3.0, np.nan, 1.0, np.nan, np.nan, np.nan],
            "visits": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    )
    y = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    encoding = Encoding.fit(frame, min_level_leads=1)
    bayes = fit_naive_bayes(encoding.encode(frame), y, np.ones(6), encoding)
    assert [field.name for field in bayes.fields] == ["channel", "newsletter", "stage_mql__days_since"]
    asked = pd.DataFrame(
        {
            "channel": ["ads", None],
            "newsletter": [1.0, 1.0],
            "stage_mql__days_since": [9.0, np.nan],
            "visits": [0.0, 0.0],
        }
    )
    won = 2 / 6 * (1.1 / 2.2) * (2.1 / 2.2) * (2.1 / 2.2)
    lost = 4 / 6 * (2.1 / 3.2) * (1.1 / 4.2) * (0.1 / 4.2)
    without_channel = (2 / 6 * (2.1 / 2.2) * (0.1 / 2.2)) / (4 / 6 * (1.1 / 4.2) * (4.1 / 4.2))
    odds = np.exp(bayes.log_odds(encoding.encode(asked.astype({"channel": object}))))
    np.testing.assert_allclose(odds, [won / lost, without_channel])


def test_the_single_column_is_the_most_telling_one_and_is_chosen_without_the_test_leads(fitted: Baselines) -> None:
    (question,) = fitted.single.questions
    assert question.name in {"visits", "visits_again"}
