"""The only door to Spark: a session, and one way to run a function over pieces of a table.

A piece is what lies in one stretch of whole numbers of a column, so whoever numbers accounts decides what stays
together. Two tables are cut by the same stretches and meet piece by piece; the function gets Arrow tables and returns
one. Instants travel as whole microseconds in int64: no time zone of a session and no cast can touch them.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from predictive_scoring.config.engine import Engine as Settings
from predictive_scoring.errors import MachineError
from predictive_scoring.stopping import undone_if_stopped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Task = TypeVar("Task")
Result = TypeVar("Result")
Work = Callable[[int, pa.Table, pa.Table], pa.Table]
PIECE: Final = "_piece"
DIED: Final = ("Python worker exited unexpectedly", "ExecutorLostFailure")
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Cut:
    """A Parquet file, the columns of it that are read, and the numbered column by which it is cut."""

    path: Path
    columns: tuple[str, ...]
    number: str = "account_no"


class SparkEngine:
    """Runs functions over pieces of tables; made by `open_spark`, and closed by it."""

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    def pieces(
        self, cuts: tuple[Cut, Cut], width: int, work: Work, schema: pa.Schema, scratch: Path
    ) -> Iterator[pa.Table]:
        """Yield what `work` returns of each piece, in the order of the pieces, as the workers wrote it.

        Parameters
        ----------
        cuts
            Two tables; a piece has the rows of both whose number lies in ``[piece * width, (piece + 1) * width)``.
        width
            Numbers in a piece.
        work
            Given the number of the piece and its rows of both tables (instants as int64 microseconds, rows in any
            order), returns rows of `schema`. It is sent to the workers, so it must be a thing that can be pickled.
        schema
            Plain types only: Spark knows no dictionaries.
        scratch
            A folder that the workers see too.
        """
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

        left, right = (self._cut(cut, width) for cut in cuts)
        numbered = schema.append(pa.field(PIECE, pa.int64()))
        made = (
            left.groupBy(PIECE).cogroup(right.groupBy(PIECE)).applyInArrow(_applied(work), from_arrow_schema(numbered))
        )
        folder = scratch / "pieces"
        made.write.partitionBy(PIECE).mode("overwrite").parquet(str(folder))
        for part in sorted(folder.glob(f"{PIECE}=*"), key=lambda path: int(path.name.split("=")[1])):
            for file in sorted(part.glob("*.parquet")):
                yield pq.read_table(file, partitioning=None).cast(schema)
            shutil.rmtree(part)

    def each(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
        """Return what `work` makes of each task, in the order of the tasks; workers take them one by one.

        Tasks and what is made of them travel, so they must be things that can be pickled. A cluster gives the task of a
        worker that died to another, and gives up after some.

        Raises
        ------
        MachineError
            If workers died.
        """
        if not tasks:
            return []
        try:
            return self.session.sparkContext.parallelize(tasks, len(tasks)).map(work).collect()
        except Exception as error:  # Spark's bridge to Java has one error for all that happens there
            if any(sign in str(error) for sign in DIED):
                raise _died() from None
            raise

    def _cut(self, cut: Cut, width: int) -> "DataFrame":
        from pyspark.sql import functions as f  # noqa: PLC0415
        from pyspark.sql.types import TimestampType  # noqa: PLC0415

        rows = self.session.read.parquet(str(cut.path))
        columns = [
            f.unix_micros(name).alias(name) if isinstance(rows.schema[name].dataType, TimestampType) else f.col(name)
            for name in cut.columns
        ]
        return rows.select(*columns, f.floor(f.col(cut.number) / f.lit(width)).cast("long").alias(PIECE))


def _applied(work: Work) -> Callable[[tuple[Any, ...], pa.Table, pa.Table], pa.Table]:
    """Return what Spark calls for each piece; it wants a plain function of three arguments."""

    def apply(key: tuple[Any, ...], left: pa.Table, right: pa.Table) -> pa.Table:
        piece = int(key[0].as_py())
        found = work(piece, left.drop_columns([PIECE]), right.drop_columns([PIECE]))
        return found.append_column(PIECE, pa.repeat(pa.scalar(piece, pa.int64()), found.num_rows))

    return apply


@contextmanager
def open_spark(settings: Settings) -> Iterator[SparkEngine]:
    """Yield a session in UTC, without a web page; on this machine it listens to this machine alone.

    A session that is there already is used as it is, and left running.

    Raises
    ------
    MachineError
        If there is no Java.
    ModuleNotFoundError
        If the extra `spark` is not installed.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415

    _refuse_without_java()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    if (running := SparkSession.getActiveSession()) is not None:
        yield SparkEngine(running)
        return
    building = SparkSession.builder.appName("predictive-scoring").master(settings.master)
    for name, value in _options(settings).items():
        building = building.config(name, value)
    session = building.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    with undone_if_stopped(session.stop):
        try:
            yield SparkEngine(session)
        finally:
            session.stop()


def _options(settings: Settings) -> dict[str, str]:
    options = {
        "spark.driver.memory": f"{int(settings.driver_memory_gb * 1024)}m",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.parquet.compression.codec": "zstd",
    }
    if settings.master.startswith("local"):
        os.environ["SPARK_LOCAL_IP"] = LOOPBACK
        options |= {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
        options |= {"spark.sql.shuffle.partitions": "4"}
    return options


def _died() -> MachineError:
    return MachineError(
        "a worker of Spark died",
        found="the system or the cluster ended its process, most often for want of memory",
        fix="lower extract.memory_limit_gb, which each worker may take, or give workers more; what stood there before "
        "is as it was",
    )


def _refuse_without_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").is_file()):
        raise MachineError(
            "engine: spark: there is no Java on this machine",
            expected="Java 17, on the PATH or at JAVA_HOME",
            fix="install Java 17, or set `engine: {name: duckdb}` in params.yaml",
        )
