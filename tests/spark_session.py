"""One Spark session for a whole test run, and both engines behind one name."""

import os
import shutil
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from predictive_scoring.config.engine import Engine
from predictive_scoring.engine.spark import SparkEngine, open_spark
from predictive_scoring.features.compute import Shards, compute_shards
from predictive_scoring.features.on_spark import shards_on_spark

NO_JAVA = "Spark needs Java 17, which this machine does not have"
# A test's Java lives for seconds: what it compiles at length, and collects on threads of its own, it never has back.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
ENGINES = ("duckdb", pytest.param("spark", marks=pytest.mark.heavy))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    if shutil.which("java") is None:
        pytest.skip(NO_JAVA)
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_spark(Engine(name="spark", master="local[1]", driver_memory_gb=1)) as engine:
            yield engine


@pytest.fixture(params=ENGINES)
def by(request: pytest.FixtureRequest, tmp_path: Path) -> Shards:
    """What computes features: this machine, then Spark."""
    if request.param == "duckdb":
        return compute_shards
    return partial(shards_on_spark, request.getfixturevalue("spark"), tmp_path)
