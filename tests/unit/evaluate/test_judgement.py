"""From a dataset to a candidate to its judgement, on a small world whose truth is known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.publish import Grades
from predictive_scoring.config.train import Train
from predictive_scoring.contract.history import INSTANT
from predictive_scoring.contract.words import Word
from predictive_scoring.errors import DataContractError
from predictive_scoring.evaluate.judgement import judge
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.features.definition import Catalogue, Concept, Feature
from predictive_scoring.model.candidate import Candidate, train
from predictive_scoring.snapshots.windows import Window, Windows
from predictive_scoring.storage import read_json

TRAIN = Train(max_trees=60, n_replicas=20, n_threads=1)
JUDGE = Evaluate(bootstrap_samples=40)
NAMES = ("train", "calibrate", "test")


def _world(shift: float = 0.0) -> tuple[Dataset, pa.Table]:
    """Return three windows of 2,000 leads and their true chances; `shift` moves the last one's log-odds."""
    generator = np.random.default_rng(0)
    n = 6000
    visits = generator.poisson(2, n).astype(float)
    channel = np.array(["ads", "referral"])[(generator.random(n) < 0.3).astype(int)]
    window = np.repeat(NAMES, n // 3)
    chance = 1 / (1 + np.exp(3.5 - 0.5 * visits - (channel == "referral") - shift * (window == "test")))
    starts = [datetime(2025, 1 + 2 * place, 6, tzinfo=UTC) for place in range(3)]
    as_of = [starts[row // (n // 3)] for row in range(n)]
    keys = {
        "lead_id": [f"L{row:05d}" for row in range(n)],
        "account_no": np.arange(n),
        "as_of": pa.array(as_of, INSTANT),
        "age_days": generator.integers(0, 180, n).astype(float),
        "state": ["mature"] * n,
        "converted": generator.random(n) < chance,
        "window": window,
        "visits": visits,
        "channel": channel,
    }
    catalogue = Catalogue(
        features=(
            Feature(name="visits", concept="visits", source="activity", statistic="count"),
            Feature(name="channel", concept="channel", source="attribute", statistic="value", type="category"),
        ),
        concepts=(
            Concept(name="visits", group="engagement", template="activity", code="R001", word=Word(en="v", es="v")),
            Concept(name="channel", group="source", template="category", code="R005", word=Word(en="c", es="c")),
        ),
    )
    windows = {
        name: Window(
            start=start,
            end=start + timedelta(days=1),
            snapshots=n // 3,
            leads=n // 3,
            converting_leads=200,
            base_rate=0.1,
        )
        for name, start in zip(NAMES, starts, strict=True)
    }
    about = Windows(mode="full", ordering="time", horizon_days=30, windows=windows, outside={})
    truth = pa.table({"lead_id": keys["lead_id"], "as_of": keys["as_of"], "probability": chance})
    return Dataset(pa.table(keys), catalogue, about), truth


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, pa.Table, Candidate, Path]:
    dataset, truth = _world()
    folder = tmp_path_factory.mktemp("candidate") / "won"
    return dataset, truth, train(dataset, TRAIN, folder), folder


def test_the_model_comes_near_the_truth_of_the_last_date(trained: tuple[Dataset, pa.Table, Candidate, Path]) -> None:
    dataset, truth, candidate, _ = trained
    figures = judge(dataset, candidate, JUDGE, Grades(), truth).metrics
    assert figures["truth"]["leads"] == 2000
    assert figures["truth"]["excess_share"] > 0.93
    assert figures["truth"]["ratio_of_means"] == pytest.approx(1, abs=0.15)
    assert set(figures["windows"]) == set(NAMES)
    assert not any("drifts" in finding["en"] for finding in figures["findings"])


def test_a_candidate_read_back_is_judged_the_same(trained: tuple[Dataset, pa.Table, Candidate, Path]) -> None:
    dataset, truth, candidate, folder = trained
    first, again = (judge(dataset, one, JUDGE, Grades(), truth) for one in (candidate, Candidate.load(folder)))
    assert first.metrics == again.metrics


def test_metrics_and_curves_are_written_as_they_were_found(
    trained: tuple[Dataset, pa.Table, Candidate, Path], tmp_path: Path
) -> None:
    dataset, _, candidate, _ = trained
    judgement = judge(dataset, candidate, JUDGE, Grades())
    judgement.write(tmp_path / "won")
    assert read_json(tmp_path / "won" / "metrics.json") == judgement.metrics
    assert {path.name for path in (tmp_path / "won").glob("*.csv")} == {f"{name}.csv" for name in judgement.curves}
    assert any(line.startswith("ROC AUC 0.") for line in judgement.lines())


def test_M04_a_base_rate_that_moves_in_the_last_window_is_found(tmp_path: Path) -> None:
    dataset, truth = _world(shift=1.5)
    figures = judge(dataset, train(dataset, TRAIN, tmp_path / "won"), JUDGE, Grades(), truth).metrics
    assert any(finding["en"].startswith("the base rate drifts") for finding in figures["findings"])
    assert any(finding["es"].startswith("la tasa base cambia") for finding in figures["findings"])
    assert not figures["calibration_holds"]


def test_a_test_window_without_snapshots_is_refused(trained: tuple[Dataset, pa.Table, Candidate, Path]) -> None:
    dataset, _, candidate, _ = trained
    silent = Candidate(candidate.scorer, candidate.baselines, candidate.predictions.slice(0, 0), candidate.training)
    with pytest.raises(DataContractError, match="test window"):
        judge(dataset, silent, JUDGE, Grades())
