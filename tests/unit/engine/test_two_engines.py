"""One body of each test over both engines: this machine and Spark compute the same features and the same scores."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.engine import Engine
from predictive_scoring.config.features import Features
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import INSTANT
from predictive_scoring.engine.spark import Cut, SparkEngine, open_spark
from predictive_scoring.errors import BundleRefusedError, DataContractError, MachineError
from predictive_scoring.features import on_spark
from predictive_scoring.features.catalogue import declare
from predictive_scoring.features.compute import Shards, compute
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring import on_spark as scoring_on_spark
from predictive_scoring.scoring.batches import Manner
from predictive_scoring.scoring.job import score_history
from predictive_scoring.scoring.schema import SCORES
from predictive_scoring.snapshots.labels import training_snapshots
from predictive_scoring.storage import write_parquet
from random_history import START, random_history
from small_company import END, SmallCompany

WON = Target(stage="won", horizon_days=20, end_stages=("lost",))
SETTINGS = Features(windows_days=(7, 30), decay_days=(7,), min_kind_rows=1)
pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own, about pandas 3 and sockets


def assert_same(found: pa.Table, expected: pa.Table) -> None:
    """Counts, categories and what is missing exactly; other numbers to 1e-9 of their size."""
    assert found.schema == expected.schema
    for field in expected.schema:
        if field.type != pa.float64():
            assert found[field.name].to_pylist() == expected[field.name].to_pylist(), field.name
            continue
        ours, theirs = (table[field.name].to_numpy() for table in (found, expected))
        whole = "__count__" in field.name or "distinct" in field.name
        assert np.array_equal(np.isnan(ours), np.isnan(theirs)), field.name
        close = (
            np.array_equal(ours, theirs, equal_nan=True)
            if whole
            else np.allclose(ours, theirs, rtol=1e-9, atol=0 if whole else 1e-12, equal_nan=True)
        )
        assert close, field.name


@pytest.mark.parametrize("width", [None, 1, 3])
def test_both_engines_compute_the_same_features(
    tmp_path: Path, by: Shards, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if width is not None:
        monkeypatch.setattr(on_spark, "width_of", lambda *_: width)
    history = random_history(tmp_path / "history", 2)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    snapshots = training_snapshots(history, WON, Snapshots())
    order = np.random.default_rng(0).permutation(len(snapshots))
    asked = snapshots.take(pa.array(order))
    found = compute(history, asked, catalogue, by)
    assert found.num_rows > 50
    assert_same(found, compute(history, asked, catalogue))


def test_what_the_history_lacks_is_said_before_any_worker_starts(tmp_path: Path, by: Shards) -> None:
    history = random_history(tmp_path / "history", 2)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    snapshots = training_snapshots(history, WON, Snapshots())
    beyond = snapshots.set_column(0, "lead_no", pa.array(snapshots["lead_no"].to_numpy() + 1000))
    with pytest.raises(DataContractError, match="leads that it does not have"):
        compute(history, beyond, catalogue, by)


@pytest.mark.heavy
def test_instants_reach_a_worker_to_the_microsecond_whatever_the_zone(tmp_path: Path, spark: SparkEngine) -> None:
    micros = [1_711_846_799_999_999, -1, 1_711_846_800_000_001, 253_402_300_799_999_999]
    table = pa.table({"account_no": pa.array([0, 1, 2, 3]), "at": pa.array(micros).cast(INSTANT)})
    for name in ("left", "right"):
        write_parquet(tmp_path / f"{name}.parquet", table)
    cuts = (Cut(tmp_path / "left.parquet", ("account_no", "at")), Cut(tmp_path / "right.parquet", ("account_no", "at")))
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know this file
    spark.session.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        found = list(spark.pieces(cuts, 2, sent_back, pa.schema([("at", pa.int64())]), tmp_path))
    finally:
        spark.session.conf.set("spark.sql.session.timeZone", "UTC")
    assert [sorted(piece["at"].to_pylist()) for piece in found] == [sorted(micros[:2]), sorted(micros[2:])]


def sent_back(_piece: int, left: pa.Table, right: pa.Table) -> pa.Table:
    assert sorted(left["at"].to_pylist()) == sorted(right["at"].to_pylist())
    return left.select(["at"])


@pytest.mark.heavy
def test_spark_scores_as_this_machine_does(company: SmallCompany, bundle: Bundle, spark: SparkEngine) -> None:
    as_of = END - timedelta(days=20)
    here, not_scored = score_history(bundle, company.history, as_of)
    manner = Manner(engine=Engine(name="spark"))
    there, also_not_scored = score_history(bundle, company.history, as_of, manner=manner)
    ours, theirs = (pa.Table.from_batches(batches, SCORES) for batches in (here, there))
    assert theirs.num_rows > 30
    assert theirs.drop_columns(["scored_at"]).to_pylist() == ours.drop_columns(["scored_at"]).to_pylist()
    assert also_not_scored.equals(not_scored)


@pytest.mark.parametrize("is_planted", [False, True])
def test_workers_open_the_bundle_beside_the_scores_wherever_a_registry_laid_it(
    company: SmallCompany, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_planted: bool
) -> None:
    """The planted bug gives workers the folder that the driver has: one that only this machine sees."""
    downloaded = replace(bundle, folder=Path(shutil.copytree(bundle.folder, tmp_path / "downloaded")))
    (tmp_path / "seen by all").mkdir()
    opened = []

    def pieces(_spark: object, _scratch: Path, *given: object) -> Iterator[pa.Table]:
        task = given[-1]
        assert isinstance(task, scoring_on_spark.Explain)
        folder = downloaded.folder if is_planted else task.folder
        shutil.rmtree(downloaded.folder)
        opened.append(Bundle.load(folder).version)
        yield from ()

    monkeypatch.setattr(scoring_on_spark, "open_spark", lambda _: nullcontext())
    monkeypatch.setattr(scoring_on_spark, "pieces_on_spark", pieces)
    manner = Manner(folder=tmp_path / "seen by all", engine=Engine(name="spark"))
    refused = pytest.raises(BundleRefusedError) if is_planted else nullcontext()
    with refused:
        list(scoring_on_spark.explained_on_spark(downloaded, company.history, pa.table({}), manner))
    assert opened == ([] if is_planted else [bundle.version])


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MachineError, match="Java 17"), open_spark(Engine(name="spark")):
        pass


@pytest.mark.heavy
def test_a_worker_that_gets_rows_hours_late_is_caught(
    tmp_path: Path, spark: SparkEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = random_history(tmp_path / "history", 2)
    catalogue = declare(history, WON, START + timedelta(days=100), SETTINGS)
    snapshots = training_snapshots(history, WON, Snapshots())
    expected = compute(history, snapshots, catalogue)
    assert_same(compute(history, snapshots, catalogue, partial(on_spark.shards_on_spark, spark, tmp_path)), expected)
    pytest.importorskip("pyspark.cloudpickle").register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(on_spark, "Task", LateTask)
    found = compute(history, snapshots, catalogue, partial(on_spark.shards_on_spark, spark, tmp_path))
    with pytest.raises(AssertionError):
        assert_same(found, expected)


class LateTask(on_spark.Task):
    """The planted bug: what a session's time zone would do to instants."""

    def __call__(self, piece: int, rows: pa.Table, looks: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("known_at")
        late = pa.array(rows["known_at"].to_numpy() + 6 * 3_600_000_000)
        return super().__call__(piece, rows.set_column(place, "known_at", late), looks)
