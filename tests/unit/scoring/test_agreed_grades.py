"""What the letters mean is agreed on by two teams: other cut-offs give other letters, by the same model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from test_run import BUSY, counted

from predictive_scoring.agreement.definition import Grading
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.grading import AGREEMENT, agreed_grading, cut_offs
from predictive_scoring.scoring.run import Wish, run_scoring
from predictive_scoring.scoring.trace import Wanted, trace
from predictive_scoring.scoring.write import Run
from small_company import SmallCompany

SHARE = Grading(by="share", A=0.1, B=0.3, C=0.6)
CHANCE = Grading(by="probability", A=0.5, B=0.2, C=0.05)
CALLS = Grading(by="calls", A=5, B=20, C=40)


@pytest.fixture
def run(company: SmallCompany, bundle: Bundle) -> Run:
    return Run(bundle, counted(company.history, 900), BUSY)


def _scores(run: Run, folder: Path) -> FinishedScores:
    run_scoring(run, Wish(folder))
    return FinishedScores.load(folder, ["lead_id", "probability", "grade"])


def _letters(found: FinishedScores) -> list[str]:
    return [letter for letter in found.scores["grade"].to_pylist() if letter != "?"]


def test_letters_by_probability_are_those_of_the_agreed_cut_offs(run: Run, tmp_path: Path) -> None:
    found = _scores(replace(run, grading=CHANCE), tmp_path / "scores")
    for chance, letter in zip(*(found.scores[name].to_pylist() for name in ("probability", "grade")), strict=True):
        wanted = "A" if chance >= 0.5 else "B" if chance >= 0.2 else "C" if chance >= 0.05 else "D"
        assert letter in (wanted, "?")
    assert set(_letters(found)) == set("ABCD")
    assert found.about.grades == {"A": 0.5, "B": 0.2, "C": 0.05}  # what the page says
    planted = _scores(replace(run, grading=None), tmp_path / "planted")  # the planted bug: an agreement nobody reads
    assert _letters(planted) != _letters(found)


def test_letters_by_calls_are_the_best_of_the_day(run: Run, tmp_path: Path) -> None:
    found = _scores(replace(run, grading=CALLS), tmp_path / "scores")
    chances = np.sort(found.scores["probability"].to_numpy())[::-1]
    assert len(chances) > 40
    assert found.about.grades == {"A": chances[4], "B": chances[19], "C": chances[39]}
    best = found.scores.to_pylist()[:5]
    assert {row["grade"] for row in best} <= {"A", "?"}
    assert "A" in {row["grade"] for row in best}
    assert all(row["grade"] != "A" for row in found.scores.to_pylist() if row["probability"] < chances[4])


def test_fewer_leads_than_calls_are_all_an_a(bundle: Bundle) -> None:
    assert cut_offs(bundle, CALLS, np.array([0.1, 0.2])) == {"A": 0.0, "B": 0.0, "C": 0.0}
    assert cut_offs(bundle, CALLS, np.zeros(0))["A"] == 0.0


def test_letters_by_share_are_read_off_the_reference_leads(bundle: Bundle) -> None:
    letters = cut_offs(bundle, SHARE, np.zeros(0))
    table = np.array(bundle.reference.probability_table)
    for letter, share in (("A", 0.1), ("B", 0.3), ("C", 0.6)):
        assert (table >= letters[letter]).mean() == pytest.approx(share, abs=0.011)
    assert letters["A"] > letters["B"] > letters["C"]


def test_other_letters_are_another_run_and_change_nothing_but_letters(run: Run, tmp_path: Path) -> None:
    plain, agreed = run, replace(run, grading=SHARE)
    assert plain.key != agreed.key != replace(run, grading=CALLS).key
    before, after = _scores(plain, tmp_path / "scores"), _scores(agreed, tmp_path / "scores")
    assert before.scores.drop_columns(["grade"]).equals(after.scores.drop_columns(["grade"]))
    assert before.scores["grade"] != after.scores["grade"]
    assert before.model_version == after.model_version


def test_how_often_each_letter_converts_is_said_only_of_the_letters_that_were_judged(run: Run, tmp_path: Path) -> None:
    judged, others = _scores(run, tmp_path / "a").about, _scores(replace(run, grading=CHANCE), tmp_path / "b").about
    assert judged.evaluation is not None
    assert others.evaluation is not None
    assert len(judged.evaluation.by_grade) == 4
    assert others.evaluation.by_grade == ()
    assert "grades are those of the agreement" in others.evaluation.findings[0].en
    assert not any("of the agreement" in finding.en for finding in judged.evaluation.findings)


@pytest.mark.parametrize("grading", [SHARE, CHANCE, CALLS, None])
def test_one_lead_is_explained_with_the_letter_that_it_has_in_the_batch(
    run: Run, tmp_path: Path, grading: Grading | None
) -> None:
    found = _scores(replace(run, grading=grading), tmp_path / "scores")
    for row in found.scores.to_pylist()[::25]:
        scored = trace(run.bundle, run.history, BUSY, row["lead_id"], Wanted(grading)).scored
        assert scored is not None
        assert scored["grade"] == row["grade"]


def test_the_version_in_force_on_the_day_says_what_the_letters_mean(tmp_path: Path) -> None:
    versions: list[dict[str, Any]] = [
        {"valid_from": "2024-01-01", "own_actions": ["visit"]},
        {"valid_from": f"{BUSY:%Y-%m-%d}", "own_actions": ["visit"], "grades": CHANCE.model_dump()},
    ]
    path = tmp_path / "agreement.yaml"
    path.write_text(yaml.safe_dump({"versions": versions}), encoding="utf-8")
    assert agreed_grading(path, BUSY) == CHANCE
    assert agreed_grading(path, BUSY.replace(year=BUSY.year - 1)) is None


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"by": "share", "A": 0.3, "B": 0.2, "C": 0.5}, "must rise"),
        ({"by": "share", "A": 0.015, "B": 0.2, "C": 0.5}, "whole hundredths"),
        ({"by": "share", "A": 0.05, "B": 0.2, "C": 1}, "from 0.01 to 0.99"),
        ({"by": "probability", "A": 0.1, "B": 0.2, "C": 0.5}, "must fall"),
        ({"by": "probability", "A": 1.5, "B": 0.2, "C": 0.1}, "below 1"),
        ({"by": "calls", "A": 10.5, "B": 20, "C": 30}, "whole numbers"),
        ({"by": "calls", "A": 0, "B": 20, "C": 30}, "greater than 0"),
        ({"by": "quota", "A": 1, "B": 2, "C": 3}, "'share', 'probability' or 'calls'"),
        ({"by": "calls", "A": 1, "B": 2}, "C"),
    ],
)
def test_letters_that_mean_nothing_clear_are_refused(tmp_path: Path, said: dict[str, Any], complaint: str) -> None:
    version = {"valid_from": "2024-01-01", "own_actions": ["visit"], "grades": said}
    path = tmp_path / "agreement.yaml"
    path.write_text(yaml.safe_dump({"versions": [version]}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=complaint):
        agreed_grading(path, BUSY)


def test_an_agreement_that_was_named_and_is_not_there_is_no_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert agreed_grading(AGREEMENT, BUSY) is None  # a project need not have one
    with pytest.raises(ConfigurationError, match="no agreement lies here"):
        agreed_grading(tmp_path / "agrement.yaml", BUSY)
