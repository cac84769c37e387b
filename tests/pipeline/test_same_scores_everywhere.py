"""The same leads get the same chances from the job, the library, MLflow's server and a Spark cluster of one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from predictive_scoring import Bundle, score
from predictive_scoring.contract.history import History
from predictive_scoring.features.compute import compute
from predictive_scoring.features.frame import to_frame
from predictive_scoring.snapshots.population import population_at

from .conftest import Project

pytestmark = pytest.mark.heavy
N_LEADS = 150
EXACT = 1e-12
STARTING_SECONDS = 180


@pytest.fixture(scope="module")
def leads(project: Project) -> pd.DataFrame:
    """Return what the job said of some leads (id, probability, grade) beside their feature rows."""
    folder = project.folder / "data/scores/won"
    said = pq.read_table(folder / "scores.parquet", columns=["lead_id", "probability", "grade"]).to_pandas()
    as_of = datetime.fromisoformat(json.loads((folder / "manifest.json").read_text())["as_of"])
    history, bundle = History.load(project.folder / "data/interim"), Bundle.load(project.folder / "models/released/won")
    population = population_at(history, bundle.terms.target, bundle.terms.snapshots, as_of)
    opened = population.filter(pc.equal(population["status"], "open"))
    features = compute(history, opened, bundle.catalogue)
    rows = to_frame(features, bundle.catalogue).assign(lead_id=features["lead_id"].to_pylist())
    graded = said[said["grade"] != "?"]  # of a company as small as this, half the leads
    some = graded.iloc[:: max(1, len(graded) // N_LEADS)]
    return some.merge(rows, on="lead_id", validate="one_to_one").reset_index(drop=True)


@pytest.fixture(scope="module")
def model(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the registered model, brought to a folder of its own."""
    into = tmp_path_factory.mktemp("registered")
    store = f"sqlite:///{project.folder / 'mlflow.db'}"
    script = f"""
        import mlflow
        mlflow.set_tracking_uri({store!r})
        mlflow.set_registry_uri({store!r})
        mlflow.artifacts.download_artifacts("models:/lead-won@champion", dst_path={str(into)!r})
    """
    project.run(sys.executable, "-c", textwrap.dedent(script))
    (found,) = [path.parent for path in into.rglob("MLmodel")]
    return found


def plain(leads: pd.DataFrame, bundle_columns: list[str]) -> pd.DataFrame:
    """Return the feature rows as values that JSON and Spark can hold: None where nothing is known."""
    rows = leads[bundle_columns].astype(object)
    return rows.where(rows.notna(), None)


@pytest.fixture(scope="module")
def columns(project: Project) -> list[str]:
    return Bundle.load(project.folder / "models/released/won").catalogue.names


def test_the_library_says_what_the_job_said(project: Project, leads: pd.DataFrame) -> None:
    bundle = Bundle.load(project.folder / "models/released/won")
    found = score(bundle, project.folder / "data/sources/demo.yaml").set_index("lead_id")
    assert len(leads) > 100
    np.testing.assert_allclose(found.loc[leads["lead_id"], "probability"], leads["probability"], rtol=0, atol=EXACT)


def test_the_bundles_own_arithmetic_on_feature_rows_says_the_same_and_a_planted_change_does_not(
    project: Project, leads: pd.DataFrame, columns: list[str]
) -> None:
    bundle = Bundle.load(project.folder / "models/released/won")
    found = bundle.explain(leads[columns]).probability
    np.testing.assert_allclose(found, leads["probability"], rtol=0, atol=EXACT)
    numbers = [feature.name for feature in bundle.catalogue.features if feature.type == "number"]
    rounded = leads[columns].assign(**{name: leads[name].round(0) for name in numbers})
    assert np.abs(bundle.explain(rounded).probability - leads["probability"]).max() > EXACT


@pytest.fixture
def server(model: Path) -> Iterator[str]:
    """Run MLflow's own scoring server on this machine and yield its address."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    command = ["mlflow", "models", "serve", "-m", str(model), "--env-manager", "local", "-h", "127.0.0.1"]
    log = model.parent / "serve.log"
    with log.open("w") as out:
        started = subprocess.Popen(
            [*command, "-p", str(port)], stdout=out, stderr=out, env=quiet_environment(), start_new_session=True
        )
        try:
            wait_until_up(f"http://127.0.0.1:{port}/ping", started, log)
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            os.killpg(started.pid, signal.SIGTERM)  # its workers are of the session that was started for it
            started.wait(timeout=30)


def quiet_environment() -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}


def wait_until_up(address: str, started: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and started.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"the server did not come up:\n{log.read_text()[-3000:]}")


def test_mlflows_server_says_what_the_job_said(server: str, leads: pd.DataFrame, columns: list[str]) -> None:
    rows = plain(leads, columns)
    body = json.dumps({"dataframe_split": {"columns": columns, "data": rows.to_numpy().tolist()}})
    request = urllib.request.Request(server, body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        found = pd.DataFrame(json.load(answer)["predictions"])
    np.testing.assert_allclose(found["probability"], leads["probability"], rtol=0, atol=EXACT)
    assert found["grade"].tolist() == leads["grade"].tolist()


SPARK = """
    import mlflow, pandas as pd
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    rows = pd.read_parquet({rows!r})
    categories = {categories!r}
    fields = [StructField(name, StringType() if name in categories else DoubleType()) for name in rows.columns]
    values = rows.astype(object).where(rows.notna(), None).values.tolist()
    settings = {{"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
                 "spark.sql.shuffle.partitions": "1", "spark.driver.memory": "1g"}}
    builder = SparkSession.builder.master("local[1]").appName("same-scores")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    say = mlflow.pyfunc.spark_udf(spark, {model!r}, "probability double, grade string", env_manager="local")
    table = spark.createDataFrame(values, StructType(fields)).coalesce(1)
    found = table.select(say(struct(*table.columns)).alias("said")).select("said.*").toPandas()
    found.to_parquet({found!r})
    spark.stop()
"""


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not on this machine")
def test_spark_says_what_the_job_said(model: Path, leads: pd.DataFrame, columns: list[str], tmp_path: Path) -> None:
    rows, found = tmp_path / "rows.parquet", tmp_path / "found.parquet"
    categories = [name for name in columns if leads[name].dtype == "category"]
    leads[columns].astype(dict.fromkeys(categories, object)).to_parquet(rows)
    paths = {"rows": str(rows), "found": str(found), "model": str(model), "categories": categories}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SPARK).format(**paths)],
        env={**quiet_environment(), "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = pd.read_parquet(found)
    np.testing.assert_allclose(said["probability"], leads["probability"], rtol=0, atol=EXACT)
    assert said["grade"].tolist() == leads["grade"].tolist()
