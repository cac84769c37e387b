"""Figures on reasons, against worlds in which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from explained_world import AdditiveModel, catalogue, rows
from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.evaluate.reasons import coverage, deletion, effects_of, signs
from predictive_scoring.evaluate.reasons_review import reasons_of
from predictive_scoring.explain.concepts import fold
from predictive_scoring.explain.explanation import explain
from predictive_scoring.explain.reference import fit_reference
from small_company import SmallCompany

CATALOGUE, MODEL = catalogue(), AdditiveModel()
FRAME = rows(300)
POINTS = explain(MODEL, fit_reference(MODEL, CATALOGUE, FRAME), CATALOGUE, FRAME).points


def raw(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(MODEL.contributions(frame).sum(axis=1))


def test_coverage_counts_the_reasons_that_tell_most() -> None:
    found = coverage(np.array([[0.5, 0.3, 0.2, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    assert found["leads"] == 1  # the one that nothing moves is left out
    assert (found["share_of_first_1"], found["share_of_first_3"]) == (0.5, 1.0)
    assert (found["reasons_for_50pct"], found["reasons_for_80pct"], found["reasons_for_90pct"]) == (1, 2, 3)
    assert coverage(np.zeros((3, 2))) == {"leads": 0}


def test_forgetting_the_strongest_moves_a_score_more_than_forgetting_by_lot() -> None:
    found = deletion(raw, CATALOGUE, FRAME, POINTS, np.random.default_rng(0))
    assert found["ratio"] > 1.3


def test_planted_reasons_of_another_lead_do_no_better_than_lot() -> None:
    shuffled = POINTS[np.random.default_rng(3).permutation(len(POINTS))][:, ::-1]
    found = deletion(raw, CATALOGUE, FRAME, shuffled, np.random.default_rng(0))
    assert found["ratio"] < 1.3


def test_forgetting_leaves_the_other_concepts_alone() -> None:
    """A lead that is its own donor forgets nothing."""
    found = deletion(raw, CATALOGUE, FRAME.iloc[:1].reset_index(drop=True), POINTS[:1], np.random.default_rng(0))
    assert found["moved_by_strongest"] == pytest.approx(0.0, abs=1e-12)  # the only donor is the lead itself


def test_signs_are_those_of_the_history(company: SmallCompany) -> None:
    judged = company.judged
    frame = judged.reference_frame
    points = explain(judged.scorer, judged.reference, judged.catalogue, frame).points
    found, turned = signs(points, frame, judged.evidence), signs(-points, frame, judged.evidence)
    assert found["first"]["agrees"] > 0.6
    assert turned["first"]["agrees"] < found["first"]["agrees"] / 2
    assert turned["all"]["contradicts"] > found["all"]["contradicts"]
    assert sum(found["all"][name] for name in ("agrees", "unclear", "contradicts")) == pytest.approx(1.0)


def test_effects_are_mean_distances_from_the_mean() -> None:
    by_concept = fold(MODEL.contributions(FRAME)[:, :-1], CATALOGUE)
    expected = [np.mean([abs(v - column.mean()) for v in column]) for column in by_concept.T]
    np.testing.assert_allclose(effects_of(by_concept), expected)


def test_the_review_of_reasons_holds_what_adds_up(company: SmallCompany) -> None:
    found = reasons_of(company.dataset, company.candidate, Evaluate().level, seed=5)
    assert found["adds_up"] < 1e-9
    assert found["coverage"]["share_of_first_3"] > 0.5
    assert found["deletion"]["ratio"] > 1.0
    assert found == reasons_of(company.dataset, company.candidate, Evaluate().level, seed=5)
