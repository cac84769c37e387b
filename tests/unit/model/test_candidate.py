"""The candidate's folder: the same bytes for the same rows, in whatever order."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.errors import DataContractError
from predictive_scoring.model.candidate import train
from predictive_scoring.model.weights import look_weights
from small_company import PARAMS, SmallCompany


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_E13_training_twice_gives_the_same_bytes(company: SmallCompany, tmp_path: Path) -> None:
    train(company.dataset, PARAMS.train, tmp_path / "again")
    first, again = content(company.folder / "candidate"), content(tmp_path / "again")
    assert {"model.txt", "linear.json", "calibrator.json", "predictions.parquet"} <= set(first)
    assert [name for name in first if first[name] != again[name]] == []


def test_E11_shuffled_rows_train_the_same_model(company: SmallCompany, tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(company.dataset.table.num_rows)
    train(replace(company.dataset, table=company.dataset.table.take(order)), PARAMS.train, tmp_path / "shuffled")
    first, shuffled = content(company.folder / "candidate"), content(tmp_path / "shuffled")
    different = [name for name in first if first[name] != shuffled[name]]
    assert different == ["predictions.parquet"]  # its rows keep the order they came in


def test_E11_weights_do_not_round_by_the_order_of_the_rows() -> None:
    looks, stands_for = np.arange(1, 3989) % 7 + 1, np.linspace(1, 2, 3988)
    order = np.random.default_rng(0).permutation(len(looks))
    shuffled = look_weights(looks[order], 0.5, stands_for[order])
    np.testing.assert_array_equal(look_weights(looks, 0.5, stands_for)[order], shuffled)


def test_E11_planted_bug_weights_that_round_by_the_order_of_the_rows_are_caught(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def by_rows(looks: np.ndarray, power: float, _: np.ndarray) -> np.ndarray:
        weights = looks.astype(float) ** -power
        return np.asarray(weights / (np.add.accumulate(weights)[-1] / len(weights)))

    monkeypatch.setattr("predictive_scoring.model.fitting.look_weights", by_rows)
    train(company.dataset, PARAMS.train, tmp_path / "first")
    order = np.random.default_rng(0).permutation(company.dataset.table.num_rows)
    train(replace(company.dataset, table=company.dataset.table.take(order)), PARAMS.train, tmp_path / "shuffled")
    assert content(tmp_path / "first")["model.txt"] != content(tmp_path / "shuffled")["model.txt"]


def test_another_seed_would_be_noticed(company: SmallCompany, tmp_path: Path) -> None:
    train(company.dataset, PARAMS.train.model_copy(update={"seed": 8}), tmp_path / "other")
    assert content(tmp_path / "other")["model.txt"] != content(company.folder / "candidate")["model.txt"]


def test_E02_too_few_conversions_are_refused_with_what_to_do(company: SmallCompany, tmp_path: Path) -> None:
    n_leads = company.dataset.windows.windows["train"].converting_leads + 1
    strict = PARAMS.train.model_copy(update={"min_converting_leads": n_leads})
    with pytest.raises(DataContractError, match=f"at least {n_leads}"):
        train(company.dataset, strict, tmp_path / "few")
    assert not (tmp_path / "few").exists()


def test_what_is_learned_between_was_known_when_the_last_window_began(company: SmallCompany) -> None:
    between = company.dataset.training_windows()["between"]
    begins = company.dataset.windows.windows["test"].start
    horizon = PARAMS.targets["won"].horizon
    assert begins is not None
    assert all(as_of + horizon <= begins for as_of in between["as_of"].to_pylist())
    assert between["converted"].null_count == 0
