"""What each later window is used for: the calibrator, the refit, and nothing else."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictive_scoring.config.train import Train
from predictive_scoring.model import fitting
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.fitting import Later, Sample, fit_scorers
from predictive_scoring.model.inputs import TrainingDataError
from predictive_scoring.model.scorer import Scorer

REFITTED = Train(max_trees=30, n_replicas=20, n_threads=1, min_leaf_rows=20, min_level_leads=5)
SETTINGS = REFITTED.model_copy(update={"refit": False})


def window(name: str, seed: int, n: int = 400, lift: float = 0.0) -> Sample:
    """Return leads of one snapshot each; a quarter of them come through a channel that no other window has."""
    rng = np.random.default_rng(seed)
    visits = rng.poisson(2, n).astype(float)
    channel = np.where(np.arange(n) % 4 == 0, f"only in {name}", "everywhere").astype(object)
    chance = 1 / (1 + np.exp(2.5 - 0.6 * visits - lift))
    y = (rng.random(n) < chance).astype(float)
    leads = np.array([f"{name} {i}" for i in range(n)], dtype=object)
    return Sample(pd.DataFrame({"visits": visits, "channel": channel}), y, leads, np.ones(n), np.ones(n, int))


def windows(**changed: Sample) -> dict[str, Sample]:
    names = ("train", "between", "calibration")
    return {name: window(name, seed) for seed, name in enumerate(names)} | changed


def fitted(given: dict[str, Sample], settings: Train = SETTINGS) -> Scorer:
    later = Later(given["calibration"], given.get("between"))
    return fit_scorers(given["train"], later, settings).blend


def levels(scorer: Scorer) -> set[str]:
    (channel,) = [column for column in scorer.encoding.columns if column.name == "channel"]
    return set(channel.levels)


def halves(scorer: Scorer) -> tuple[Any, ...]:
    return scorer.booster.model_to_string(), scorer.linear, scorer.offset, scorer.encoding


def assert_training_rows_alone_are_learned() -> None:
    """Check the fit that the calibrator judges: whatever the later rows are, it is the same."""
    given = windows()
    assert levels(fitted(given)) == {"everywhere", "only in train"}
    for name in ("between", "calibration"):
        assert halves(fitted(windows(**{name: window(name, 9, lift=2.0)}))) == halves(fitted(given))


def test_without_a_refit_the_fit_learns_from_training_alone() -> None:
    assert_training_rows_alone_are_learned()


@pytest.mark.parametrize("planted", ["between", "calibration"])
def test_planted_bug_a_fit_that_knows_what_it_is_judged_on_is_caught(
    monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    fit, ordered = fitting.fit_scorers, fitting.ordered

    def knowing(train: Sample, later: Later, *rest: Any) -> fitting.Fitted:
        def more(sample: Sample, *how: Any) -> Any:
            return ordered(fitting.joined([sample, getattr(later, planted)]) if sample is train else sample, *how)

        monkeypatch.setattr(fitting, "ordered", more)
        return fit(train, later, *rest)

    monkeypatch.setitem(globals(), "fit_scorers", knowing)
    with pytest.raises(AssertionError):
        assert_training_rows_alone_are_learned()


def test_the_calibration_window_moves_the_calibrator() -> None:
    plain, moved = fitted(windows()), fitted(windows(calibration=window("calibration", 3, lift=2.0)))
    assert moved.calibrator.c > plain.calibrator.c


def test_a_refit_learns_from_the_calibration_window_and_from_what_lies_between_too() -> None:
    given = windows()
    everything = {"everywhere", "only in train", "only in between", "only in calibration"}
    assert levels(fitted(given, REFITTED)) == everything
    del given["between"]
    assert levels(fitted(given, REFITTED)) == everything - {"only in between"}


def assert_the_newest_window_sets_the_level(given: dict[str, Sample]) -> None:
    """Check that conversions come as often as said where they have just become likelier."""
    refitted = fitted(given, REFITTED)
    newest = given["calibration"]
    said = refitted.probability(refitted.raw(newest.frame)).mean()
    assert refitted.calibrator.method != "none"
    assert said == pytest.approx(newest.y.mean(), abs=1e-6)


def test_after_a_refit_the_newest_window_sets_the_level_once_and_not_twice() -> None:
    assert_the_newest_window_sets_the_level(windows(calibration=window("calibration", 3, lift=2.0)))


def test_planted_bug_a_refit_that_keeps_the_calibrators_level_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting.Calibrator, "moved", lambda calibrator, _by: calibrator)
    with pytest.raises(AssertionError):
        assert_the_newest_window_sets_the_level(windows(calibration=window("calibration", 3, lift=2.0)))


def test_a_refit_takes_over_what_draws_log_odds_together_and_nothing_that_stretches_them() -> None:
    given = windows(calibration=window("calibration", 3, lift=2.0))
    plain, refitted = fitted(given).calibrator, fitted(given, REFITTED).calibrator
    assert (refitted.method, refitted.a, refitted.b) == (plain.method, min(plain.a, 1.0), min(plain.b, 1.0))
    stretched = plain.model_copy(update={"a": 2.0, "b": 0.5, "replicas": ((3.0, 0.25, 1.0),)}).unstretched()
    assert (stretched.a, stretched.b, stretched.replicas) == (1.0, 0.5, ((1.0, 0.25, 1.0),))


@pytest.mark.parametrize(("name", "settings"), [("train", SETTINGS), ("between", REFITTED), ("calibration", REFITTED)])
def test_each_window_moves_the_trees_of_the_fit_that_it_is_for(name: str, settings: Train) -> None:
    moved = fitted(windows(**{name: window(name, 9, lift=2.0)}), settings)
    assert moved.booster.model_to_string() != fitted(windows(), settings).booster.model_to_string()


def test_rows_between_training_and_a_window_that_is_not_there_are_refused() -> None:
    train, between = window("train", 0), window("between", 1)
    with pytest.raises(TrainingDataError, match="no such window"):
        ConversionModel.from_settings(SETTINGS).fit(train.frame, train.y, between=(between.frame, between.y))


def test_the_model_hands_its_windows_on_as_they_were_given() -> None:
    given = windows()
    parts: dict[str, Any] = {name: (s.frame, s.y, s.leads) for name, s in given.items() if name != "train"}
    model = ConversionModel.from_settings(REFITTED).fit(
        given["train"].frame, given["train"].y, groups=given["train"].leads, **parts
    )
    assert model.scorer_.booster.model_to_string() == fitted(given, REFITTED).booster.model_to_string()
    assert model.n_trees_ == model.scorer_.booster.num_trees() >= 1


def test_the_logistic_half_alone_has_the_refit_of_the_blend_and_a_level_of_its_own() -> None:
    given = windows(calibration=window("calibration", 3, n=4000, lift=1.5))
    both = fit_scorers(given["train"], Later(given["calibration"], given["between"]), REFITTED)
    assert both.logistic.linear == both.blend.linear
    assert (both.logistic.linear_share, both.logistic.calibrator.method) == (1.0, both.blend.calibrator.method)
    newest = given["calibration"]
    for scorer in (both.blend, both.logistic):
        assert scorer.probability(scorer.raw(newest.frame)).mean() == pytest.approx(newest.y.mean(), abs=1e-6)
    assert both.logistic.offset != both.blend.offset


def test_a_window_between_may_hold_one_class_and_rows_of_no_weight() -> None:
    train, later = window("train", 0), window("calibration", 2)
    between = window("between", 1).frame
    weight = np.append(0.0, np.ones(len(between) - 1))
    model = ConversionModel.from_settings(REFITTED).fit(
        train.frame,
        train.y,
        calibration=(later.frame, later.y),
        between=(between, np.zeros(len(between)), None, weight),
    )
    assert "only in between" in levels(model.scorer_)


@pytest.mark.parametrize("converting", [1, 29])
@pytest.mark.parametrize("settings", [SETTINGS, REFITTED])
def test_where_a_fold_would_leave_out_every_lead_of_a_class_the_level_is_what_happened(
    converting: int, settings: Train
) -> None:
    frame, y = pd.DataFrame({"visits": np.arange(30.0) % 7}), (np.arange(30) < converting).astype(float)
    scorer = ConversionModel.from_settings(settings).fit(frame, y).scorer_
    assert (1 / (1 + np.exp(-scorer.raw(frame)))).mean() == pytest.approx(converting / 30, abs=1e-6)


WRONG = {
    "a frame alone": (lambda frame, _y, _n: frame, "not the parts of a window"),
    "no labels": (lambda frame, _y, _n: (frame,), "not the parts of a window"),
    "too many parts": (lambda frame, y, _n: (frame, y, None, None, None, None), "not the parts of a window"),
    "groups here only": (lambda frame, y, n: (frame, y, n), "groups are given in some windows"),
    "looks here only": (lambda frame, y, n: (frame, y, None, None, n + 1), "looks are given in some windows"),
    "no rows": (lambda frame, y, _n: (frame[:0], y[:0]), "no rows"),
    "another class": (lambda frame, y, _n: (frame, y + 1), "of another class"),
    "fewer labels": (lambda frame, y, _n: (frame, y[:10]), "inconsistent numbers of samples"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_window_that_cannot_be_is_refused_by_its_name(wrong: str) -> None:
    train, later = window("train", 0), window("calibration", 2)
    made, why = WRONG[wrong]
    with pytest.raises(ValueError, match=why) as refused:
        ConversionModel.from_settings(SETTINGS).fit(
            train.frame, train.y, calibration=made(later.frame, later.y, np.arange(len(later.y)))
        )
    assert wrong == "fewer labels" or str(refused.value).startswith("calibration: ")


def test_a_gap_without_a_row_is_no_gap() -> None:
    train, later = window("train", 0), window("calibration", 2)
    empty = (later.frame[:0], later.y[:0])
    both = [
        ConversionModel.from_settings(REFITTED).fit(train.frame, train.y, calibration=(later.frame, later.y), **rest)
        for rest in ({}, {"between": empty})
    ]
    assert both[0].scorer_.booster.model_to_string() == both[1].scorer_.booster.model_to_string()
