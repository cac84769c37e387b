"""A search for settings: seeded, stopped by the clock, resumed, and believed only where it helps everywhere."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from predictive_scoring.config.search import Search
from predictive_scoring.config.train import Train
from predictive_scoring.model import search as searching
from predictive_scoring.model.candidate import train
from predictive_scoring.model.prepared import Prepared
from predictive_scoring.model.search import SPACE, Found, search
from small_company import PARAMS, SmallCompany

FEW = PARAMS.train.model_copy(update={"search": Search(minutes=30, trials=3, max_rows=1000), "n_folds": 2})
Trials = list[tuple[int, dict[str, Any], float | None, str]]


def searched(company: SmallCompany, journal: Path, settings: Train = FEW) -> tuple[Found, Trials]:
    told: Trials = []

    def tell(number: int, params: Mapping[str, Any], loss: float | None, ended: str) -> None:
        told.append((number, dict(params), loss, ended))

    return search(company.dataset, settings, journal, tell), told


@pytest.fixture
def by_one_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the loss of every fold is the learning rate itself."""
    monkeypatch.setattr(searching, "_loss", lambda *of: of[2].learning_rate)


def test_the_first_trial_is_the_settings_as_they_are_and_the_seed_fixes_the_others(
    company: SmallCompany, tmp_path: Path
) -> None:
    (found, told), (again, told_again) = (searched(company, tmp_path / name) for name in ("one.log", "two.log"))
    assert told == told_again
    assert found == again
    assert told[0][1] == {name: getattr(FEW, name) for name in SPACE}
    assert found.record["trials"] == 3
    assert all(loss is None or 0 < loss < 1 for *_, loss, _ in told)
    other = searched(company, tmp_path / "three.log", FEW.model_copy(update={"seed": 8}))[1]
    assert other[1][1] != told[1][1]


@pytest.mark.usefixtures("by_one_setting")
def test_what_is_better_on_every_fold_is_kept(company: SmallCompany, tmp_path: Path) -> None:
    many = FEW.model_copy(update={"search": Search(minutes=30, trials=12, max_rows=1000)})
    found, told = searched(company, tmp_path / "journal.log", many)
    assert found.record["kept"]
    assert found.settings.learning_rate == min(params["learning_rate"] for _, params, *_ in told)
    assert found.record["best_loss"] < found.record["default_loss"] == FEW.learning_rate
    assert {ended for *_, ended in told} == {"complete", "pruned"}
    tried = found.record["tried"]
    assert [(each["number"], each["ended"], each["loss"]) for each in tried] == [
        (number, ended, loss) for number, _, loss, ended in told
    ]
    assert [each["settings"] for each in tried if each["kept"]] == [found.record["settings"]]


def test_what_is_better_on_average_and_worse_on_a_fold_is_luck(
    company: SmallCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.5, 0.5, 0.1, 0.6, 0.7, 0.7])
    monkeypatch.setattr(searching, "_loss", lambda *_: next(losses))
    found, _ = searched(company, tmp_path / "journal.log")
    assert found.record["best_loss"] == pytest.approx(0.35)
    assert not found.record["kept"]
    assert [each["number"] for each in found.record["tried"] if each["kept"]] == [0]  # the settings as they were
    assert found.settings == FEW


@pytest.mark.usefixtures("by_one_setting")
def test_a_search_that_was_stopped_goes_on_and_other_data_begin_anew(company: SmallCompany, tmp_path: Path) -> None:
    journal = tmp_path / "journal.log"
    _, first = searched(company, journal)
    more = FEW.model_copy(update={"search": Search(minutes=30, trials=5, max_rows=1000)})
    found, second = searched(company, journal, more)
    assert [number for number, *_ in first + second] == [0, 1, 2, 3, 4]
    tried = [tuple(params.values()) for _, params, *_ in first + second]
    assert len(set(tried)) == len(tried)
    assert found.record["trials"] == 5
    fewer = more.model_copy(update={"search": Search(minutes=30, trials=5, max_rows=800)})
    assert searched(company, journal, fewer)[1][0][0] == 0


def test_a_search_stopped_in_its_first_trial_tries_the_settings_as_they_are_again(
    company: SmallCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "_loss", stopped)
    with pytest.raises(KeyboardInterrupt):
        searched(company, tmp_path / "journal.log")
    monkeypatch.setattr(searching, "_loss", lambda *of: of[2].learning_rate)
    found, told = searched(company, tmp_path / "journal.log")
    assert told[0][1] == {name: getattr(FEW, name) for name in SPACE}
    assert found.record["default_loss"] == FEW.learning_rate


@pytest.mark.usefixtures("by_one_setting")
def test_no_trial_begins_after_the_time_is_over(company: SmallCompany, tmp_path: Path) -> None:
    hurried = FEW.model_copy(update={"search": Search(minutes=1e-9, trials=50, max_rows=1000)})
    assert searched(company, tmp_path / "journal.log", hurried)[0].record["trials"] == 1


def test_neither_the_calibration_window_nor_the_last_is_looked_at(
    company: SmallCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()

    def noted(prepared: Prepared, *_: object) -> float:
        seen.update(prepared.rows.leads)
        return 0.5

    monkeypatch.setattr(searching, "_loss", noted)
    searched(company, tmp_path / "journal.log")
    later = company.dataset.rows("calibrate", "test")["lead_id"].to_pylist()
    assert seen
    assert not seen & set(later)


def test_training_takes_what_was_found_and_records_it(company: SmallCompany, tmp_path: Path) -> None:
    slow = PARAMS.train.model_copy(update={"linear_share": 1.0})
    candidate = train(company.dataset, FEW, tmp_path / "candidate", better=lambda _: Found(slow, {"trials": 7}))
    assert candidate.scorer.linear_share == 1.0
    assert candidate.training["search"] == {"trials": 7}
    assert candidate.settings(FEW) == FEW


def test_what_a_search_kept_is_what_the_backtest_tries(company: SmallCompany) -> None:
    for kept, leaves in ((True, 5), (False, FEW.num_leaves)):
        record = {"kept": kept, "settings": {"num_leaves": 5}}
        candidate = replace(company.candidate, training={**company.candidate.training, "search": record})
        assert candidate.settings(FEW).num_leaves == leaves
