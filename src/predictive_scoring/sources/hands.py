"""Who does the parts of an extract that fall into pieces: this machine, one after another, or Spark's workers.

Work is some statements over tables of a session. A worker has a session of its own: the tables that the work reads are
files there, those that it fills are empty at first, and what they hold in the end comes back as files and is added here
in the order of the tasks. So there is one body of work, and rows, quarantine and counts are those of one machine.
"""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, Generic, TypeVar

import pyarrow as pa

from predictive_scoring.config.engine import Engine as Settings
from predictive_scoring.engine.duck import Engine, open_engine, path_literal
from predictive_scoring.engine.spark import SparkEngine, open_spark
from predictive_scoring.errors import PredictiveScoringError
from predictive_scoring.storage import scratch_beside

BYTES_A_PIECE: Final = 256 << 20  # of text: some two million rows, a few seconds of work
TOLD: Final = (PredictiveScoringError, OSError, MemoryError)  # what ends a run in words, not as a bug
ROWS: Final = "rows.arrow"

Task = TypeVar("Task")
Result = TypeVar("Result")


class Work(ABC, Generic[Task, Result]):
    """What is done with a task in a session; it can be pickled, and so can what it returns."""

    reads: tuple[str, ...] = ()  # tables of the session
    fills: tuple[str, ...] = ()  # tables of the session that it adds rows to, and does not read

    @abstractmethod
    def __call__(self, engine: Engine, task: Task, folder: Path) -> Result:
        """Return what is made of a task; files may be left in a folder of the task's own."""

    def stays(self, _task: Task) -> bool:
        """Return whether only this machine can do a task."""
        return False


class Here:
    """One machine, the one that runs the extract."""

    bytes_a_piece: int | None = None  # nothing is gained by pieces

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._folders = (engine.scratch / f"work-{number}" for number in count())

    def each(self, work: Work[Task, Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield what the work makes of each task, in their order, and fill its tables."""
        for task in tasks:
            yield work(self.engine, task, next(self._folders))

    def rows(self, work: Work[Task, Iterator[pa.RecordBatch]], tasks: Iterable[Task]) -> Iterator[pa.RecordBatch]:
        """Yield the rows that the work makes of each task, in their order, and fill its tables."""
        for batches in self.each(work, tasks):
            yield from batches


class OnSpark(Here):
    """Spark's workers, and this machine for tasks that stay.

    Parameters
    ----------
    scratch
        A folder that the workers see too.
    memory_limit_gb
        What a worker's session may take.
    """

    bytes_a_piece = BYTES_A_PIECE

    def __init__(self, engine: Engine, spark: SparkEngine, scratch: Path, memory_limit_gb: float) -> None:
        super().__init__(engine)
        self._spark, self._scratch, self._memory_limit_gb = spark, scratch, memory_limit_gb

    def each(self, work: Work[Task, Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield what the work makes of each task, in their order, and fill its tables."""
        known, refusal = _until_refused(tasks)
        tables = Path(tempfile.mkdtemp(dir=self._scratch))
        for name in {*work.reads, *work.fills}:
            _write(self.engine, name if name in work.reads else f"{name} limit 0", tables / f"{name}.parquet")
        attempt = Attempt(work, tables, self._scratch, self._memory_limit_gb)
        done = iter(self._spark.each(attempt, [task for task in known if not work.stays(task)]))
        for task in known:
            if work.stays(task):
                yield from super().each(work, [task])
            else:
                yield self._taken_in(work.fills, next(done))
        if refusal is not None:
            raise refusal

    def rows(self, work: Work[Task, Iterator[pa.RecordBatch]], tasks: Iterable[Task]) -> Iterator[pa.RecordBatch]:
        """Yield the rows that the work makes of each task, in their order, and fill its tables."""
        for path in self.each(Written(work), tasks):
            with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
                yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
            path.unlink()

    def _taken_in(self, fills: Sequence[str], done: "Done[Result] | Exception") -> Result:
        if isinstance(done, Exception):
            raise done
        for name in fills:
            self.engine.execute(f"insert into {name} {_from(done.folder / f'{name}.parquet')}")
        return done.result


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What a worker made of a task, and the folder with the tables that it filled."""

    folder: Path
    result: Result


@dataclass(frozen=True)
class Attempt(Generic[Task, Result]):
    """What a worker does with a task, in a folder of its own: that of one that dies is never read.

    What would end the run on one machine comes back, for the first of the tasks that met any such thing to be told.
    """

    work: Work[Task, Result]
    tables: Path
    scratch: Path
    memory_limit_gb: float

    def __call__(self, task: Task) -> Done[Result] | Exception:
        """Return what the work makes of a task, or what it was refused with."""
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            with open_engine(memory_limit_gb=self.memory_limit_gb, threads=1) as engine:
                for name in self.work.reads:
                    engine.execute(f"create view {name} as {_from(self.tables / f'{name}.parquet')}")
                for name in self.work.fills:
                    engine.execute(f"create table {name} as {_from(self.tables / f'{name}.parquet')}")
                result = self.work(engine, task, folder / "work")
                for name in self.work.fills:
                    _write(engine, name, folder / f"{name}.parquet")
        except TOLD as error:
            return error
        return Done(folder, result)


class Written(Work[Task, Path]):
    """Work whose rows go through a file, since a worker can hand over no more than that."""

    def __init__(self, work: Work[Task, Iterator[pa.RecordBatch]]) -> None:
        self.work, self.reads, self.fills = work, work.reads, work.fills

    def __call__(self, engine: Engine, task: Task, folder: Path) -> Path:
        """Return the file with the rows that the work makes of a task."""
        folder.mkdir()
        batches = self.work(engine, task, folder)
        first = next(batches)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(folder / ROWS, first.schema, options=options) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)
        return folder / ROWS


def _until_refused(tasks: Iterable[Task]) -> tuple[list[Task], Exception | None]:
    """Return the tasks up to where naming the next one is refused, and with what: those before it come first."""
    known: list[Task] = []
    try:
        for task in tasks:
            known.append(task)  # noqa: PERF402  (those before the refusal are kept)
    except TOLD as error:
        return known, error
    return known, None


def _write(engine: Engine, what: str, path: Path) -> None:
    engine.execute(f"copy (select * from {what}) to {path_literal(path)} (format parquet)")


def _from(path: Path) -> str:
    return f"select * from read_parquet({path_literal(path)})"


@contextmanager
def hands_of(settings: Settings, engine: Engine, folder: Path, memory_limit_gb: float) -> Iterator[Here]:
    """Yield who does the work; what workers hand over lies beside `folder`, which this process holds the lock of."""
    if settings.name == "duckdb":
        yield Here(engine)
        return
    with scratch_beside(folder) as scratch, open_spark(settings) as spark:
        yield OnSpark(engine, spark, scratch.absolute(), memory_limit_gb)
