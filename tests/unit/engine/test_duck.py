"""The door to DuckDB."""

import errno
import os
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from predictive_scoring.engine.duck import Engine, literal, open_engine, path_literal, quoted
from predictive_scoring.errors import DataContractError, MachineError, SourceUnreachableError
from predictive_scoring.storage import read_parquet


def test_instants_come_back_in_utc_to_the_microsecond():
    with open_engine() as engine:
        table = engine.sql("select timestamptz '2024-01-01 02:00:00.123456+02:00' as t")
    assert table.schema.field("t").type == pa.timestamp("us", "UTC")
    assert table["t"][0].as_py() == datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)


def test_a_stream_is_kept_as_a_table_and_written_in_order_with_the_same_bytes(tmp_path):
    schema = pa.schema([("i", pa.int64())])
    for name in ("a", "b"):
        batches = (pa.RecordBatch.from_pydict({"i": [3 * k + 2, 3 * k, 3 * k + 1]}) for k in range(5_000))
        with open_engine() as engine:
            engine.load("given", pa.RecordBatchReader.from_batches(schema, batches))
            engine.write_parquet("select i from given order by i", tmp_path / f"{name}.parquet", schema)
    assert read_parquet(tmp_path / "a.parquet")["i"].to_pylist() == list(range(15_000))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_other_columns_than_declared_are_refused_and_no_file_is_left(tmp_path):
    with open_engine() as engine, pytest.raises(DataContractError, match="other columns than declared"):
        engine.write_parquet("select 1 as b", tmp_path / "x.parquet", pa.schema([("a", pa.int64())]))
    assert list(tmp_path.iterdir()) == []


def test_a_query_that_fails_midway_leaves_no_file(tmp_path):
    with open_engine() as engine, pytest.raises(Exception, match="planted"):
        engine.write_parquet(
            "select case when i = 99999 then error('planted') end as a from range(100000) r(i)", tmp_path / "x.parquet"
        )
    assert list(tmp_path.iterdir()) == []


def test_J11_names_and_texts_are_never_code():
    name, text = 'a"; drop table given;--', "it's; drop table given;--"
    with open_engine() as engine:
        engine.load("given", pa.table({"x": [1]}))
        assert engine.sql(f"select {literal(text)} as {quoted(name)} from given").to_pylist() == [{name: text}]
        assert engine.scalar("select count(*) from given") == 1


def test_a_path_with_the_letters_of_a_pattern_names_one_file(tmp_path):
    folder = tmp_path / "a[1]*'x"
    folder.mkdir()
    with open_engine() as engine:
        engine.write_parquet("select 1 as x", folder / "t.parquet")
        assert engine.scalar(f"select count(*) from read_parquet({path_literal(folder / 't.parquet')})") == 1


def test_nothing_is_installed_from_the_network():
    with open_engine() as engine:
        settings = engine.sql("select name, value from duckdb_settings() where name like 'auto%_known_extensions'")
        assert {row["value"] for row in settings.to_pylist()} == {"false"}


def test_H19_what_the_system_refuses_keeps_its_number() -> None:
    message = f'IO Error: Could not write file "x": {os.strerror(errno.ENOSPC)}'
    with pytest.raises(OSError, match="No space left") as raised, open_engine():
        raise duckdb.IOException(message)
    assert raised.value.errno == errno.ENOSPC
    with pytest.raises(duckdb.IOException, match="another failure"), open_engine():
        raise duckdb.IOException("another failure")


def test_H19_memory_that_runs_out_while_rows_stream_is_said_as_such() -> None:
    """The planted rows grow too large for the limit after many that were fine: then Arrow reports the failure."""
    grows = "select repeat('x', case when i > 1900000 then 90000 else 1 end) as x from range(2000000) r(i)"
    seen: list[int] = []
    with (
        pytest.raises(MachineError, match=r"needs more memory than 0\.05 GB"),
        open_engine(memory_limit_gb=0.05) as eng,
    ):
        seen.extend(batch.num_rows for batch in eng.stream(grows))
    assert seen


@pytest.mark.parametrize("is_streamed", [True, False])
def test_what_batches_raise_comes_out_as_it_was_raised(is_streamed: bool) -> None:
    def batches():
        yield pa.RecordBatch.from_pydict({"i": [1]})
        raise SourceUnreachableError("the server went away")

    with open_engine() as engine:
        do = (
            (lambda: list(engine.stream_over("select i from given", batches())))
            if is_streamed
            else (lambda: engine.execute_over("create table kept as select i from given", batches()))
        )
        with pytest.raises(SourceUnreachableError, match="the server went away"):
            do()


def test_without_a_batch_a_statement_over_batches_does_nothing() -> None:
    with open_engine() as engine:
        engine.execute_over("this is no statement", iter(()))
        assert list(engine.stream_over("nor is this", iter(()))) == []


@pytest.mark.parametrize("is_planted", [False, True])
def test_a_stream_that_meets_a_larger_table_passes_by_it_and_is_never_gathered(
    monkeypatch: pytest.MonkeyPatch, is_planted: bool
) -> None:
    """Left to itself the engine takes a stream for one row and hashes it: then all of it is read before a row comes."""
    if is_planted:
        monkeypatch.setattr(Engine, "_joins_as_written", lambda _: nullcontext())
    n_read = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal n_read
        for n_read in range(1, 101):  # noqa: B007 (read below)
            yield pa.RecordBatch.from_pydict({"id": [str(i) for i in range(10_000)]})

    with open_engine() as engine:
        engine.execute("create table known as select cast(i as varchar) as id, i as no from range(100000) r(i)")
        found = engine.stream_over("select id, no from given left join known using (id)", batches())
        first = next(found)
        assert (n_read == 100) is is_planted
        assert first.num_rows + sum(batch.num_rows for batch in found) == 100 * 10_000
        assert n_read == 100
