"""A registered model over a table in Spark: through MLflow's `spark_udf`, and through `mapInArrow`.

    python benchmarks/spark_scoring.py --project FOLDER --rows 200000 --json docs/results/benchmarks/spark_scoring.json

FOLDER is a project in which `dvc repro` ran; its released bundle is registered in a store of its own and addressed as
`models:/lead-won/1` by both ways. They score the same feature rows in turn, in one session with two workers; both must
say the same chances to the twelfth digit, or nothing is reported. CPU seconds are those of every process of the session
(the driver, Java, the workers). The start is a thousand rows, for which each worker opens and verifies the bundle.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from machine import machine
from predictive_scoring.config.engine import Engine
from predictive_scoring.engine.spark import open_spark
from predictive_scoring.features.frame import to_frame
from predictive_scoring.features.on_spark import plain
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.registry import bundle_folder, register
from predictive_scoring.publish.tracking import Run, client
from predictive_scoring.scoring.on_spark import opened_once

NAME, MODEL = "lead-won", "models:/lead-won/1"
ROW, SAID = "row_no", "row_no long, probability double, grade string"
N_FILES, FIRST_ROWS, EXACT = 4, 1000, 1e-12
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class InArrow:
    """Scores batches of a table in a worker, with a bundle that the worker opens once."""

    folder: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the number, the chance and the grade of each row."""
        bundle = opened_once(self.folder, MODEL)
        for batch in batches:
            chance = bundle.explain(to_frame(pa.Table.from_batches([batch]), bundle.catalogue)).probability
            said = [batch.column(ROW), pa.array(chance), pa.array(bundle.grade(chance).tolist(), pa.string())]
            yield pa.record_batch(said, names=[ROW, "probability", "grade"])


def write_rows(project: Path, into: Path, n_rows: int) -> None:
    """Write the project's feature rows, repeated up to `n_rows`, as files that Spark reads side by side."""
    table = pq.read_table(project / "data/features/won/snapshots.parquet").drop_columns(["as_of"])
    names = Bundle.load(project / "models/released/won").catalogue.names
    table = table.select(names).cast(_as_the_model_takes_them(plain(table.select(names).schema)))
    table = table.take(pa.array(np.arange(n_rows) % table.num_rows)).append_column(ROW, pa.array(np.arange(n_rows)))
    for number in range(N_FILES):
        begin, end = number * n_rows // N_FILES, (number + 1) * n_rows // N_FILES
        pq.write_table(table.slice(begin, end - begin), into / f"{number}.parquet")


def _as_the_model_takes_them(schema: pa.Schema) -> pa.Schema:
    """Return a schema with numbers in place of booleans, as the registered model's signature has them."""
    return pa.schema([(f.name, pa.float64() if pa.types.is_boolean(f.type) else f.type) for f in schema])


def ways(session: Any, store: Path) -> dict[str, Callable[[Any], Any]]:
    """Return both ways from a table of features to row, chance and grade."""
    import mlflow
    from pyspark.sql.functions import struct

    say = mlflow.pyfunc.spark_udf(session, MODEL, "probability double, grade string", env_manager="local")
    in_arrow = InArrow(bundle_folder(store, MODEL))

    def by_udf(table: Any) -> Any:
        columns = [name for name in table.columns if name != ROW]
        return table.select(ROW, say(struct(*columns)).alias("said")).select(ROW, "said.*")

    return {"spark_udf": by_udf, "mapInArrow": lambda table: table.mapInArrow(in_arrow, SAID)}


def measured(work: Callable[[], None]) -> dict[str, float]:
    """Return the CPU and wall seconds of some work, by every process of the session."""
    cpu, wall = session_cpu(), time.perf_counter()
    work()
    return {"cpu_s": round(session_cpu() - cpu, 2), "wall_s": round(time.perf_counter() - wall, 2)}


def session_cpu() -> float:
    """Return CPU seconds so far of this process, of what it started, and of what those waited for."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        ticks += sum(map(int, fields[11:15])) if int(fields[3]) == os.getpid() else 0
    return ticks / TICKS


def compare(scratch: Path, rows: Path, session: Any, repeats: int) -> dict[str, Any]:
    """Run both ways in turn and return the medians, after both said the same."""
    found: dict[str, Any] = {}
    runs: dict[str, list[dict[str, float]]] = {}
    table = session.read.parquet(str(rows))
    both = ways(session, scratch)
    for name, way in both.items():
        first = way(table.where(f"{ROW} % {max(1, table.count() // FIRST_ROWS)} = 0"))  # some for each worker
        found[name] = {"start": measured(partial(first.write.mode("overwrite").parquet, str(scratch / "start")))}
    for _ in range(repeats):
        for name, way in both.items():
            write = partial(way(table).write.mode("overwrite").parquet, str(scratch / name))
            runs.setdefault(name, []).append(measured(write))
            print(name, runs[name][-1], file=sys.stderr)
    said = {name: pq.read_table(scratch / name).sort_by(ROW) for name in both}
    ours, theirs = said["mapInArrow"], said["spark_udf"]
    largest = float(pc.max(pc.abs(pc.subtract(ours["probability"], theirs["probability"]))).as_py())
    assert ours[ROW].equals(theirs[ROW]), "rows are lost, or come twice"
    assert ours["grade"].equals(theirs["grade"])
    assert largest <= EXACT, largest
    for name, each in runs.items():
        found[name] |= {unit: statistics.median(run[unit] for run in each) for unit in ("cpu_s", "wall_s")}
    ratio = {unit: round(found["spark_udf"][unit] / found["mapInArrow"][unit], 2) for unit in ("cpu_s", "wall_s")}
    return {**found, "spark_udf / mapInArrow": ratio, "largest_difference": largest, "rows": ours.num_rows}


def main() -> None:
    """Print the figures; write JSON only if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to write the figures too")
    given = parser.parse_args()
    if os.getsid(0) != os.getpid():  # so that what Spark starts can be told from all else
        os.execvp("setsid", ["setsid", "--wait", sys.executable, *sys.argv])
    import mlflow

    with tempfile.TemporaryDirectory() as name, open_spark(Engine(name="spark")) as spark:
        scratch = Path(name)
        (scratch / "rows").mkdir()
        write_rows(given.project, scratch / "rows", given.rows)
        client(scratch)
        mlflow.create_experiment("benchmark", (scratch / "mlruns").as_uri())
        with mlflow.start_run(experiment_id=mlflow.get_experiment_by_name("benchmark").experiment_id) as run:
            run_id = run.info.run_id
        register(Run(scratch, run_id), Bundle.load(given.project / "models/released/won"), NAME)
        from pyspark import cloudpickle

        cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know this file
        found = compare(scratch, scratch / "rows", spark.session, given.repeats)
    print(json.dumps(found, indent=1))
    if given.json:
        given.json.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
