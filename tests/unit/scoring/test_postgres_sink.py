"""Scores in PostgreSQL, on a real server: all or none, history kept, and no secret in a message."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from finished_folder import AS_OF, finished_folder, lead
from postgres_server import PASSWORD, Server, postgres_server
from predictive_scoring.cli.exporting import ExportJob, export_lines
from predictive_scoring.errors import ConfigurationError, SourceUnreachableError
from predictive_scoring.scoring.brief import brief_scores, needed_columns
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.postgres_sink import write_postgres

VARIABLE = "SCORES_DSN"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def rows_of(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[tuple]]]:
    """Ask the server; every table that a test made is dropped after it."""
    monkeypatch.setenv(VARIABLE, server.owner)
    yield server.ask
    server.ask("drop schema public cascade; create schema public")


def export(folder: Path, table: str = "lead_scores") -> list[str]:
    return list(export_lines(ExportJob(folder, "postgresql", env=VARIABLE, table=table)))


def test_the_table_is_made_and_holds_every_digit_and_every_letter(rows_of, tmp_path: Path) -> None:
    names = ["00017", 'O"Brien; drop table x;--', "ñandú\\N", "a,b", "%s"]
    folder = finished_folder(tmp_path / "s", [lead(rank, name) for rank, name in enumerate(names, start=1)])
    assert export(folder) == ["5 leads -> table lead_scores"]
    brief = brief_scores(FinishedScores.load(folder, needed_columns()), "en")
    found = rows_of("select lead_id, probability, probability_low, reasons, as_of from lead_scores order by rank")
    columns = ["lead_id", "probability", "probability_low", "reasons", "as_of"]
    assert [list(row) for row in found] == [list(row.values()) for row in brief.select(columns).to_pylist()]


def test_the_same_run_again_changes_nothing_and_a_later_one_keeps_the_earlier(rows_of, tmp_path: Path) -> None:
    first = finished_folder(tmp_path / "1", [lead(1, "L1"), lead(2, "L2")])
    export(first)
    export(first)
    assert rows_of("select count(*) from lead_scores") == [(2,)]
    better = finished_folder(tmp_path / "2", [lead(1, "L1", probability=0.9)])
    export(better)  # scored again as of the same instant: replaced
    assert rows_of("select lead_id, probability from lead_scores order by 1") == [("L1", 0.9), ("L2", 0.25)]
    export(finished_folder(tmp_path / "3", [lead(1, "L1", as_of=AS_OF + timedelta(days=1))]))
    assert rows_of("select count(*), count(distinct as_of) from lead_scores where lead_id = 'L1'") == [(2, 2)]


def test_J11_a_tables_name_is_a_name_whatever_it_holds(rows_of, tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "s", [lead(1, "L1")])
    hostile = 'scores"; drop table lead_scores;--'
    export(folder)
    export(folder, hostile)
    rows_of('create schema "Ventas"; select 1')
    export(folder, "Ventas.Puntuación")
    tables = rows_of("select table_name from information_schema.tables where table_schema in ('public', 'Ventas')")
    assert {name for (name,) in tables} == {"lead_scores", hostile, "Puntuación"}


WRITER = """
    import sys, time, signal, os
    sys.path[:0] = {paths!r}
    from finished_folder import lead, finished_folder
    from pathlib import Path
    from predictive_scoring.scoring import postgres_sink
    from predictive_scoring.scoring.brief import brief_scores, needed_columns
    from predictive_scoring.scoring.finished import FinishedScores

    folder = finished_folder(Path({folder!r}), [lead(n, "L%05d" % n, probability=0.001) for n in range(1, 301)])
    rows = brief_scores(FinishedScores.load(folder, needed_columns()), "en")
    postgres_sink.BATCH_ROWS = 100
    plain = postgres_sink.as_csv
    calls = []

    def as_csv(part):
        calls.append(part)
        if len(calls) == 3:  # two of three parts are on their way
            print("half", flush=True)
            time.sleep(60)
        return plain(part)

    postgres_sink.as_csv = as_csv
    {write}
"""
IN_ONE = "postgres_sink.write_postgres(rows, {variable!r}, 'lead_scores')"
PIECEMEAL = """
    import psycopg
    with psycopg.connect(os.environ[{variable!r}], autocommit=True) as connection:
        for start in range(0, 300, 100):
            with connection.cursor().copy("copy lead_scores from stdin (format csv)") as copy:
                copy.write(as_csv(rows.slice(start, 100)))
"""


def killed_half_way(tmp_path: Path, write: str) -> None:
    paths = [str(HERE), str(HERE.parents[1])]
    script = textwrap.dedent(WRITER).format(
        paths=paths, folder=str(tmp_path / "big"), write=textwrap.dedent(write).format(variable=VARIABLE)
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == "half\n"
        finally:
            os.kill(writer.pid, signal.SIGKILL)


def test_H01_a_job_killed_in_the_middle_leaves_the_table_as_it_was(rows_of, tmp_path: Path) -> None:
    export(finished_folder(tmp_path / "before", [lead(n, f"L{n:05d}") for n in range(1, 51)]))
    everything = "select * from lead_scores order by lead_id"
    before = rows_of(everything)
    killed_half_way(tmp_path, IN_ONE)
    assert rows_of(everything) == before
    export(finished_folder(tmp_path / "after", [lead(1, "L00001", probability=0.75)]))  # nothing is locked for good
    assert rows_of("select probability from lead_scores where lead_id = 'L00001'") == [(0.75,)]


def test_H01_planted_a_writer_that_commits_piecemeal_leaves_half(rows_of, tmp_path: Path) -> None:
    export(finished_folder(tmp_path / "before", [lead(1, "K1")]))
    killed_half_way(tmp_path, PIECEMEAL)
    assert rows_of("select count(*) from lead_scores") == [(201,)]


def test_I08_no_message_holds_the_address_or_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = finished_folder(tmp_path / "s", [lead(1, "L1")])
    monkeypatch.setenv(VARIABLE, "postgresql://ana:open-sesame@127.0.0.1:1/crm")
    with pytest.raises(SourceUnreachableError) as refused:
        export(folder)
    assert refused.value.exit_code == 6
    assert not {"open-sesame", "ana", "127.0.0.1"} & set(str(refused.value).replace(":", " ").replace("@", " ").split())
    assert refused.value.__cause__ is None
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigurationError, match=f"{VARIABLE}: the variable is not set"):
        export(folder)
    with pytest.raises(ConfigurationError, match="--env is missing"):
        list(export_lines(ExportJob(folder, "postgresql")))


def test_a_table_of_other_columns_is_refused_and_left_alone(rows_of, tmp_path: Path) -> None:
    rows_of("create table lead_scores (id int); insert into lead_scores values (7); select 1")
    with pytest.raises(SourceUnreachableError, match="UndefinedColumn"):
        export(finished_folder(tmp_path / "s", [lead(1, "secret-lead")]))
    assert rows_of("select * from lead_scores") == [(7,)]


def test_no_lead_is_no_error(rows_of, tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "s", [])
    rows = brief_scores(FinishedScores.load(folder, needed_columns()), "en")
    assert write_postgres(rows, VARIABLE, "lead_scores") == 0
    assert rows_of("select count(*) from lead_scores") == [(0,)]


VALUE = {"expected_amount": 1000.0, "expected_value": 500.0, "amount_basis": "known"}


def test_a_table_made_before_gets_the_columns_of_expected_value_and_loses_no_row(rows_of, tmp_path: Path) -> None:
    export(finished_folder(tmp_path / "1", [lead(1, "L1"), lead(2, "L2")]))
    assert len(rows_of("select * from lead_scores")[0]) == 11
    valued = finished_folder(tmp_path / "2", [lead(1, "L1", **VALUE)])
    export(valued)
    told = "select lead_id, expected_value, expected_amount, amount_basis from lead_scores order by 1"
    assert rows_of(told) == [("L1", 500.0, 1000.0, "known"), ("L2", None, None, None)]
    export(finished_folder(tmp_path / "3", [lead(1, "L1")]))  # a model that tells none scored the same instant anew
    assert rows_of(told) == [("L1", None, None, None), ("L2", None, None, None)]


def test_a_role_that_may_only_write_fills_a_table_that_has_the_columns(
    rows_of, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(finished_folder(tmp_path / "1", [lead(1, "L1", **VALUE)]))
    rows_of(f"create role clerk login password '{PASSWORD}'; grant usage, create on schema public to clerk; select 1")
    rows_of("grant select, insert, update on lead_scores to clerk; select 1")
    monkeypatch.setenv(VARIABLE, server.address("clerk"))
    export(finished_folder(tmp_path / "2", [lead(1, "L1", **VALUE | {"amount_basis": "mean"})]))
    assert rows_of("select amount_basis from lead_scores") == [("mean",)]
