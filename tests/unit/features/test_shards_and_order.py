"""Cutting the history into pieces, the order of the rows and the size of a batch change nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.features import shards
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import compute
from predictive_scoring.features.plan import Plan
from predictive_scoring.features.titles import read_titles
from predictive_scoring.snapshots import activities
from predictive_scoring.snapshots.labels import training_snapshots
from random_history import START, random_history

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))
SETTINGS = Features(windows_days=(7, 30), decay_days=(7,), min_kind_rows=1)


def in_pieces(monkeypatch: pytest.MonkeyPatch, size: int) -> list[tuple[int, int]]:
    """Have histories cut and read some rows at a time; return a list that gets each piece's accounts and rows."""
    pieces, plain = [], shards.shard_of
    monkeypatch.setattr(shards, "MAX_ACTIVITIES", size)
    monkeypatch.setattr(shards, "MAX_LOOKS", size)
    monkeypatch.setattr(activities, "BATCH_ROWS", size)

    def noted(first: int, stop: int, rows: pa.Table, plan: Plan) -> shards.Shard:
        pieces.append((stop - first, rows.num_rows))
        return plain(first, stop, rows, plan)

    monkeypatch.setattr(shards, "shard_of", noted)
    return pieces


def features_of(folder: Path) -> Callable[[], str]:
    """Return what computes a history's features, as text."""
    history = random_history(folder, 2)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    snapshots = training_snapshots(history, WON, Snapshots())
    return lambda: repr(compute(history, snapshots, catalogue).to_pylist())


@pytest.mark.parametrize("size", [1, 7, 40])
def test_pieces_of_any_size_give_the_same_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    features = features_of(tmp_path)
    whole = features()
    pieces = in_pieces(monkeypatch, size)
    assert features() == whole
    assert len(pieces) > 3
    assert all(n_accounts == 1 or n_rows <= size for n_accounts, n_rows in pieces), "more is held than was allowed"


def test_planted_bug_a_row_that_is_lost_between_two_pieces_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, plain = features_of(tmp_path), activities.ActivityStream.take
    whole = features()
    in_pieces(monkeypatch, 40)
    monkeypatch.setattr(activities.ActivityStream, "take", lambda stream, n: plain(stream, n).slice(0, max(0, n - 1)))
    assert features() != whole


def test_rows_come_back_in_the_order_in_which_they_were_asked(tmp_path: Path) -> None:
    history = random_history(tmp_path, 2)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    snapshots = training_snapshots(history, WON, Snapshots())
    order = np.random.default_rng(0).permutation(len(snapshots))
    shuffled = compute(history, snapshots.take(pa.array(order)), catalogue)
    assert repr(shuffled.to_pylist()) == repr(compute(history, snapshots, catalogue).take(pa.array(order)).to_pylist())


def test_cuts_respect_both_limits_and_end_at_the_last_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MAX_ACTIVITIES", 10)
    monkeypatch.setattr(shards, "MAX_LOOKS", 5)
    n_activities, n_looks = np.array([4, 4, 4, 30, 0, 0, 1]), np.array([1, 1, 1, 1, 3, 3, 0])
    assert shards._cuts(n_activities, n_looks) == [2, 3, 4, 5, 7]


@pytest.mark.parametrize(
    ("title", "level", "department"),
    [
        ("VP of Sales", "vp", "sales"),
        ("Chief Marketing Officer", "c_level", "marketing"),
        ("Jefa de Compras", "head", "purchasing"),
        ("Responsable de Informática", "head", "it"),
        ("Gerente General", "c_level", "management"),
        ("Gerente de Ventas", "director", "sales"),
        ("Marketing Manager", "manager", "marketing"),
        ("Técnico de RR.HH.", "specialist", "people"),
        ("Executive Assistant", "assistant", "other"),
        ("Becaria de Diseño", "intern", "engineering"),
        ("Account Executive", "specialist", "sales"),
        ("Dueña de dos perros", "other", "other"),
        ("Cooperative member", "other", "other"),  # 'coo' inside a word says nothing
    ],
)
def test_titles_in_both_languages(title: str, level: str, department: str) -> None:
    given = pa.array([title, None, title.upper()])
    assert read_titles(given, "job_level").to_pylist() == [level, None, level]
    assert read_titles(given, "department").to_pylist() == [department, None, department]
