"""Where features are computed: on this machine, or by Spark's workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from predictive_scoring.config.engine import Engine
from predictive_scoring.engine.spark import open_spark
from predictive_scoring.features.compute import Shards, compute_shards
from predictive_scoring.features.on_spark import shards_on_spark
from predictive_scoring.storage import scratch_beside


@contextmanager
def shards_by(settings: Engine, target: Path) -> Iterator[Shards]:
    """Yield what computes features shard by shard; what workers hand over lies beside `target` for the time being."""
    if settings.name == "duckdb":
        yield compute_shards
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_beside(target) as scratch, open_spark(settings) as spark:
        yield partial(shards_on_spark, spark, scratch)
