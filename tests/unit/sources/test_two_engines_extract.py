"""Spark's workers read and finish activities piece by piece: the history is the same bytes, and so is every refusal.

Most of it runs with workers of this process, to which tasks and results go pickled, as they would to another machine.
"""

import json
import os
import pickle
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_builder import write_source
from test_shelves import COLUMNS, bytes_of, many

from predictive_scoring.config.engine import Engine
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.errors import DataContractError, MachineError, PredictiveScoringError
from predictive_scoring.sources import activity_laying, activity_shelves, hands, passing
from predictive_scoring.sources.databases import Databases
from predictive_scoring.sources.extract import extract

SPARK = Engine(name="spark")
LENIENT = Extract(max_quarantine_share=1.0)
N_FILES, N_GROUPS = 4, 5
Made = tuple[Path, dict[str, bytes]]
pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own, about pandas 3 and sockets


class WorkersHere:
    """Does what Spark does with tasks, in this process: one after another, nothing shared but files."""

    n_sent = 0

    def each(self, work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        WorkersHere.n_sent += len(tasks)
        return [self.sent_back(pickle.loads(pickle.dumps(work)), pickle.loads(pickle.dumps(task))) for task in tasks]

    def sent_back(self, work: Callable[[Any], Any], task: Any) -> Any:
        return pickle.loads(pickle.dumps(work(task)))


class WorkersThatDie(WorkersHere):
    """Each task is tried twice: the first worker dies when its work is done and its files are written."""

    def sent_back(self, work: Callable[[Any], Any], task: Any) -> Any:
        super().sent_back(work, task)
        return super().sent_back(work, task)


class WorkersOutOfTurn(WorkersHere):
    """The planted bug: rows come in the order in which workers are done."""

    def each(self, work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        found = super().each(work, tasks)
        return found[::-1] if isinstance(work.work, hands.Written) else found


def use(monkeypatch: pytest.MonkeyPatch, workers: WorkersHere) -> None:
    @contextmanager
    def opened(_settings: Engine) -> Iterator[WorkersHere]:
        yield workers

    monkeypatch.setattr(hands, "open_spark", opened)


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files and shelves so small that there are many of them."""
    monkeypatch.setattr(hands.OnSpark, "bytes_a_piece", 12_000)
    monkeypatch.setattr(activity_laying, "SHELF_BYTES", 60_000)
    monkeypatch.setattr(activity_shelves, "ROWS_AT_A_TIME", 500)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The source, and the bytes of its history by one machine."""
    source = source_in(tmp_path_factory.mktemp("made"))
    return source, bytes_of(extract(source, source.parent / "history", LENIENT))


@pytest.fixture
def source(made: Made, tmp_path: Path) -> Path:
    """A copy of the source that may be spoilt."""
    shutil.copytree(made[0].parent, tmp_path / "source", ignore=shutil.ignore_patterns("history"))
    return tmp_path / "source" / made[0].name


def source_in(folder: Path) -> Path:
    """Write every kind of trouble of `many` into files of text, row groups, lines of JSON and a database."""
    files = many(5)
    header, *lines = files.pop("activities.csv").splitlines()
    for number in range(N_FILES):
        part = [header, *lines[number::N_FILES], "a,b,c", f"L{number:02},,2023-12-20T10:00:00Z,call,,"]
        if number == 2:
            part.insert(9, '"L01\nL02",,2024-02-01T10:00:00Z,call,,')  # from here on lines and records differ
        files[f"calls-{number}.csv"] = "\n".join(part) + "\n"
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines[: 40 * N_GROUPS]]
    typed = {name: [row[name] or None for row in rows] for name in header.split(",")} | {
        "kind": ["web visit"] * len(rows)
    }
    pq.write_table(pa.table(typed), folder / "visits.parquet", row_group_size=len(rows) // N_GROUPS)
    files["chat.jsonl"] = "".join(json.dumps({**row, "kind": "chat"}) + "\n" for row in rows[:50]) + "no object\n"
    files["company.csv"] = "acc,at\n" + "".join(f"A{i % 9},2024-03-{1 + i % 28:02}\n" for i in range(300))
    with sqlite3.connect(folder / "crm.sqlite") as crm:
        crm.execute("create table letters (id, at)")
        crm.executemany("insert into letters values (?, ?)", [(f"L{i:02}", "2024-04-01 10:00") for i in range(45)])
    crm.close()
    kinds = {"call": "phone_call", "fax": "fax", "page view": "page_view"}
    by_account = {"account_id": "acc", "occurred_at": "at"}
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at", "account_id": "acc"}},
        "activities": [
            {"path": "calls-*.csv", "columns": COLUMNS, "kinds": kinds},
            {"path": "visits.parquet", "columns": COLUMNS, "kinds": {"web visit": "visit", "web vist": "visit"}},
            {"path": "chat.jsonl", "columns": COLUMNS, "kinds": {"chat": "chat", "chatt": "chat"}},
            {"path": "company.csv", "columns": by_account, "kind_is": "report", "only_known": True},
            {"query": "select * from letters", "connection": {"sqlite": "crm.sqlite"}, "kind_is": "letter",
             "columns": {"lead_id": "id", "occurred_at": "at"}},
        ],
        "outcomes": {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
        "merges": {"path": "merges.csv", "columns": {"from_id": "a", "into_id": "b", "merged_at": "at"}},
    }  # fmt: skip
    return write_source(folder, tables, files, exported_at="2024-06-01")


def by_workers(source: Path, folder: Path) -> dict[str, bytes]:
    """Return the bytes of the history by workers."""
    return bytes_of(extract(source, folder / "there", LENIENT, SPARK))


def test_the_history_has_what_can_go_wrong(source: Path, tmp_path: Path) -> None:
    """Without this the tests below could pass over a history without any trouble."""
    history = extract(source, tmp_path / "here", LENIENT)
    account = history.facts.rows["activities"]
    assert account.collapsed > 50
    assert {*account.left_out} == {"automatic", "other_lead"}
    assert len(account.quarantined) >= 7
    assert {seen.word for seen in history.facts.never_seen} == {"fax", "web vist", "chatt"}
    names = {row["file"] for row in pq.read_table(history.folder / "quarantine.parquet").to_pylist()}
    assert names > {f"calls-{number}.csv" for number in range(N_FILES)} | {"visits.parquet", "chat.jsonl"}
    assert any("before the lead was created" in note for note in history.facts.notes)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("workers", [WorkersHere, WorkersThatDie])
def test_workers_make_the_same_bytes(
    made: Made, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: type[WorkersHere]
) -> None:
    use(monkeypatch, workers())
    monkeypatch.setattr(WorkersHere, "n_sent", 0)
    here, there = made[1], by_workers(source, tmp_path)
    assert there == here
    assert WorkersHere.n_sent > N_FILES + N_GROUPS + 2 * 3  # and some shelves, twice
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["source", "there"]


@pytest.mark.usefixtures("in_pieces")
def test_planted_bug_rows_in_the_order_in_which_workers_are_done_are_caught(
    made: Made, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, WorkersOutOfTurn())
    here, there = made[1], by_workers(source, tmp_path)
    assert [name for name in here if there[name] != here[name]] == ["activities.parquet"]


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("table", ["quarantine", "left_out", "bad_cells", "kept_activities", "inherited"])
def test_planted_bug_a_table_that_a_worker_filled_and_nobody_took_is_caught(
    made: Made, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    use(monkeypatch, WorkersHere())
    right = hands.OnSpark._taken_in
    monkeypatch.setattr(
        hands.OnSpark,
        "_taken_in",
        lambda self, fills, done: right(self, [name for name in fills if name != table], done),
    )
    here, there = made[1], by_workers(source, tmp_path)
    assert there != here


def lacks_a_column(folder: Path) -> None:
    """The second file breaks the contract, and a later one too."""
    (folder / "calls-1.csv").write_text("id,acc,at,kind,way\nL01,,2024-02-01T10:00:00Z,call,\n")
    (folder / "visits.parquet").write_bytes(b"PAR1 and no more")


def needs_a_format(folder: Path) -> None:
    """The first file is not tidy, so that the second does not begin another way of reading."""
    lines = [f"L{i % 40:02},,{i % 28 + 1}/2/2024,call,," for i in range(100)]
    (folder / "calls-1.csv").write_text("\n".join(["id,acc,at,kind,way,n", *lines]) + "\n")


def has_another_part_without_files(folder: Path) -> None:
    """What is wrong with the first part is said before it is seen that the last has no file."""
    (folder / "company.csv").unlink()
    (folder / "calls-2.csv").write_text("id,acc,at,kind,way,n\nL01,,2024-02-01T10:00:00Z,call,,\n" + "a,b\n" * 120_000)


def is_fine_but_for_its_rows(_folder: Path) -> None:
    """More rows are bad than a project bears."""


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize(
    "spoil", [lacks_a_column, needs_a_format, has_another_part_without_files, is_fine_but_for_its_rows]
)
def test_a_refusal_is_the_same_and_what_stood_there_stays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    use(monkeypatch, WorkersHere())
    before = bytes_of(extract(source, tmp_path / "history", LENIENT))
    spoil(source.parent)
    told = []
    for by in (None, SPARK):
        with pytest.raises(PredictiveScoringError) as caught:
            extract(source, tmp_path / "history", Extract(max_quarantine_share=0.05), by)
        told.append((type(caught.value), caught.value.exit_code, str(caught.value)))
        assert [path.name for path in sorted(tmp_path.iterdir())] == ["history", "source"]
        assert bytes_of(History.load(tmp_path / "history")) == before
    assert told[0] == told[1]


@pytest.mark.usefixtures("in_pieces")
def test_planted_bug_a_file_that_is_looked_at_only_where_the_way_of_reading_changes_is_caught(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was when parts were read whole: days of the second file went to quarantine, and were too many."""
    needs_a_format(source.parent)
    looked = []
    right = passing.Glance.leaves_instants
    monkeypatch.setattr(
        passing.Glance,
        "leaves_instants",
        lambda self, batch: not looked.append(1) and len(looked) < 2 and right(self, batch),
    )
    with pytest.raises(DataContractError, match="too many rows"):
        extract(source, tmp_path / "history", Extract(max_quarantine_share=0.05))


@pytest.mark.usefixtures("in_pieces")
def test_row_groups_of_a_file_that_was_written_to_between_two_pieces_are_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(WorkersHere):
        def sent_back(self, work: Callable[[Any], Any], task: Any) -> Any:
            if getattr(task, "groups", None) == (1, 2):
                os.utime(source.parent / "visits.parquet", ns=(0, 1))
            return super().sent_back(work, task)

    use(monkeypatch, Slow())
    with pytest.raises(DataContractError, match=r"visits\.parquet: the file changed while it was being read"):
        extract(source, tmp_path / "there", LENIENT, SPARK)


def test_databases_go_to_a_worker_without_what_is_open(source: Path) -> None:
    table = load_source(source).tables.activities[-1]
    with Databases(source.parent, LENIENT) as databases:
        _, rows = databases.rows(table, table.headers, {})
        assert sum(batch.num_rows for batch in rows) == 45
        sent = pickle.loads(pickle.dumps(databases))
    assert (sent.folder, sent._files) == (source.parent, {})


class Killed(hands.Attempt):
    """A worker whose process the system ends in the middle of its work, once files are written."""

    def __call__(self, task: Any) -> Any:
        super().__call__(task)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.heavy
@pytest.mark.usefixtures("in_pieces", "spark")
def test_spark_makes_the_same_bytes_and_a_worker_that_dies_leaves_what_stood_there(
    made: Made, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands.OnSpark, "bytes_a_piece", 25_000)  # tasks cost Spark more than this process
    here, there = made[1], by_workers(source, tmp_path)
    assert there == here
    cloudpickle = pytest.importorskip("pyspark.cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know this file
    monkeypatch.setattr(hands, "Attempt", Killed)
    with pytest.raises(MachineError, match="a worker of Spark died"):
        extract(source, tmp_path / "there", LENIENT, SPARK)
    assert bytes_of(History.load(tmp_path / "there")) == here
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["source", "there"]
