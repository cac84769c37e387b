"""A history that lies in PostgreSQL: a real server, real faults."""

import json
import os
import signal
import subprocess
import sys

import psycopg
import pytest
from source_builder import LENIENT, NO_OUTCOMES, OUTCOMES, column, rows_of, write_source

from postgres_server import PASSWORD, postgres_server
from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources import postgres
from predictive_scoring.sources.extract import extract

LEADS_OF_A_QUERY = {"columns": {"lead_id": "id", "created_at": "at"}, "connection": {"env": "ACME_DSN"}}
MANY = "select 'L' || i as id, timestamp '2024-01-01' + i * interval '1 second' as at from generate_series(1, 900000) i"


@pytest.fixture
def acme(server, tmp_path, monkeypatch):
    """Extract leads from a query on the server; outcomes are an empty file."""
    monkeypatch.setenv("ACME_DSN", server.address())

    def extracted(query, settings=LENIENT, **table):
        leads = {**LEADS_OF_A_QUERY, "query": query, **table}
        path = write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})
        return extract(path, tmp_path / "history", settings)

    return extracted


def said(refused) -> str:
    """Return what an error says; it never says the password, and it ends with the exit code of its kind."""
    assert PASSWORD not in str(refused.value)
    assert PASSWORD not in repr(refused.value.__context__) or refused.value.__suppress_context__
    return str(refused.value)


def category(header):
    return {"attributes": {header: {"as": "found", "type": "category", "known": "at_creation"}}}


def test_a_query_is_read_like_a_file(acme):
    history = acme("select * from (values ('007', '2024-01-01T10:00Z'), ('L2', '2024-01-02T00:00Z')) t(id, at)")
    assert column(history, "leads", "lead_id") == ["007", "L2"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("null::text", None),
        ("''", None),
        ("'null'", "null"),
        ("12345678901234567890.12345678901234567890::numeric", "12345678901234567890.12345678901234567890"),
        ("""'{"a": [1, "x"]}'::jsonb""", '{"a": [1, "x"]}'),
        ("array['a b', 'c']", '{"a b",c}'),
        ("'warm'::crm.mood", "warm"),
        ("true", "true"),
        ("date '2024-02-29'", "2024-02-29"),
        ("e'two\\nlines'", "two lines"),
        ("'say \"hi\", Muñoz'", 'say "hi", Muñoz'),
        ("e'\\\\N'", "\\N"),
    ],
)
def test_K05_values_of_every_type_are_the_text_that_the_server_shows(acme, server, expression, expected):
    server.ask("drop type if exists crm.mood; create type crm.mood as enum ('cold', 'warm')")
    history = acme(f"select 'L1' as id, '2024-01-01' as at, {expression} as x", **category("x"))
    assert column(history, "leads", "found") == [expected]


def test_K05_an_instant_without_a_zone_is_of_the_sources_zone_and_one_with_it_is_not(server, tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_DSN", server.address())
    query = (
        "select 'L1' as id, timestamp '2024-07-01 12:00' as at "
        "union all select 'L2', cast(timestamptz '2024-07-01 12:00Z' as text)::timestamp"
    )
    zoned = "select 'L3' as id, timestamptz '2024-07-01 12:00-05' as at"
    for query_, hour in ((query, 10), (zoned, 17)):
        leads = {**LEADS_OF_A_QUERY, "query": query_}
        tables = {"leads": leads, "outcomes": OUTCOMES}
        path = write_source(tmp_path, tables, {"outcomes.csv": NO_OUTCOMES}, timezone="Europe/Madrid")
        history = extract(path, tmp_path / "history", LENIENT)
        assert {at.hour for at in column(history, "leads", "created_at")} == {hour}


def test_K05_bytes_are_refused_by_name(acme):
    with pytest.raises(DataContractError, match=r"columns of bytes[\s\S]*\['photo'\]"):
        acme(r"select 'L1' as id, '2024-01-01' as at, '\xff'::bytea as photo", **category("photo"))
    assert acme(r"select 'L1' as id, '2024-01-01' as at, '\xff'::bytea as photo").facts.rows["leads"].kept == 1


def test_K06_text_of_a_latin1_server_is_read_and_bytes_of_one_without_encoding_are_refused(acme, server, monkeypatch):
    for name, encoding in (("latin", "LATIN1"), ("ascii", "SQL_ASCII")):
        server.ask(f"drop database if exists {name}")
        server.ask(f"create database {name} template template0 encoding '{encoding}' locale 'C'")
    query = "select 'L1' as id, '2024-01-01' as at, chr(241) as x"
    monkeypatch.setenv("ACME_DSN", server.address(database="latin"))
    assert column(acme(query, **category("x")), "leads", "found") == ["ñ"]
    monkeypatch.setenv("ACME_DSN", server.address(database="ascii"))
    with pytest.raises(DataContractError, match="not UTF-8") as refused:
        acme(query, **category("x"))
    assert "ñ" not in said(refused)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "wrong-" + PASSWORD}, "wrong user or password"),
        ({"user": "nobody"}, "wrong user or password"),
        ({"database": "missing"}, "no such database"),
    ],
)
def test_K01_who_is_not_let_in_is_told_why_without_the_address(acme, server, monkeypatch, tmp_path, change, message):
    monkeypatch.setenv("ACME_DSN", server.address(**change))
    with pytest.raises(SourceUnreachableError, match=message) as refused:
        acme("select 1")
    assert "ACME_DSN" in said(refused)
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://reader:{PASSWORD}@127.0.0.1:1/crm",
        f"postgresql://reader:{PASSWORD}@no-such-host.invalid/crm",
        f"postgresql://reader:12@{PASSWORD}:x/crm",
        f"host=h password={PASSWORD} nonsense",
        f"postgresql://reader@/crm?password={PASSWORD}&sslmode={PASSWORD}",
    ],
)
def test_K01_an_address_that_leads_nowhere_is_not_repeated(acme, monkeypatch, address):
    monkeypatch.setenv("ACME_DSN", address)
    with pytest.raises(SourceUnreachableError, match="cannot be reached") as refused:
        acme("select 1", settings=Extract(connect_timeout_seconds=2))
    said(refused)


def test_K01_the_drivers_own_message_would_have_told_the_password():
    """The planted fault: what is left out of the message above does say it."""
    with pytest.raises(psycopg.Error, match=PASSWORD):
        psycopg.connect(f"postgresql://reader@/crm?sslmode={PASSWORD}")


def test_K01_a_variable_that_is_not_set_is_named(acme, monkeypatch):
    monkeypatch.delenv("ACME_DSN")
    with pytest.raises(SourceUnreachableError, match="variable ACME_DSN"):
        acme("select 1")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from crm.nothing", r'relation "crm.nothing" does not exist'),
        ("select * from crm.secrets", "permission denied for table secrets"),
        ("selec 1", "syntax error"),
    ],
)
def test_K01_no_table_and_no_rights_are_told_in_the_servers_words(acme, tmp_path, query, message):
    with pytest.raises(SourceUnreachableError, match=message):
        acme(query)
    assert not (tmp_path / "history").exists()


def test_K01_a_value_that_a_query_trips_over_is_not_repeated(acme):
    with pytest.raises(SourceUnreachableError, match="22P02") as refused:
        acme("select ('jane.roe@' || 'example.com')::int::text as id, '2024-01-01' as at")
    assert "jane" not in said(refused)


def test_K01_the_command_ends_with_6_and_no_log_has_the_password(server, tmp_path):
    leads = {**LEADS_OF_A_QUERY, "query": "select 1"}
    path = write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})
    ended = subprocess.run(
        [sys.executable, "-c", "from predictive_scoring.cli import main; main()", "check", str(path)],
        env={**os.environ, "ACME_DSN": server.address(user="nobody")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 6
    assert "wrong user or password" in ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr


def breaking_after(n_reads, action, monkeypatch):
    """Do something to the server once so many blocks have come in; return how many did."""
    monkeypatch.setattr(postgres, "BLOCK_BYTES", 1 << 20)
    read, reads = postgres._Received.read, []

    def counted(self, n_bytes):
        reads.append(n_bytes)
        if len(reads) == n_reads:
            action()
        return read(self, n_bytes)

    monkeypatch.setattr(postgres._Received, "read", counted)
    return reads


def test_K02_a_connection_that_breaks_half_way_publishes_nothing_and_keeps_what_was_there(
    acme, server, tmp_path, monkeypatch
):
    before = rows_of(acme("select 'L1' as id, '2024-01-01' as at"), "leads")
    end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'"
    reads = breaking_after(12, lambda: server.ask(end), monkeypatch)
    with pytest.raises(SourceUnreachableError, match=r"stopped after [1-9][\d,]* rows"):
        acme(MANY)
    assert len(reads) >= 12
    history = json.loads((tmp_path / "history" / "history.json").read_text())
    assert history["rows"]["leads"]["kept"] == len(before) == 1
    assert not list(tmp_path.glob(".history*"))


def test_K02_a_server_that_is_stopped_half_way_publishes_nothing(tmp_path, monkeypatch):
    with postgres_server() as server:
        monkeypatch.setenv("ACME_DSN", server.address())
        breaking_after(12, lambda: os.kill(server.pid, signal.SIGQUIT), monkeypatch)
        leads = {**LEADS_OF_A_QUERY, "query": MANY}
        path = write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})
        with pytest.raises(SourceUnreachableError) as refused:
            extract(path, tmp_path / "history", LENIENT)
    assert refused.value.exit_code == 6
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize("guarded", [True, False])
def test_K03_all_tables_are_read_from_one_snapshot_while_others_write(server, tmp_path, monkeypatch, guarded):
    """A lead that is written after the leads were read comes with an outcome, which must not be seen.

    Not guarded, it is the planted fault: each query with a snapshot of its own does see it.
    """
    if not guarded:
        monkeypatch.setattr(
            psycopg.Connection, "isolation_level", property(lambda self: None, lambda self, level: None)
        )
    server.ask(
        "drop table if exists crm.people, crm.stages;"
        "create table crm.people as select 'L' || i as id, timestamp '2024-01-01' as at from generate_series(1, 9) i;"
        "create table crm.stages as select id, at + interval '1 day' as at, 'won' as stage from crm.people;"
        "grant select on crm.people, crm.stages to reader"
    )
    monkeypatch.setenv("ACME_DSN", server.address())
    write = (
        "insert into crm.people values ('L99', '2024-01-01');"
        "insert into crm.stages values ('L99', '2024-02-01', 'won');"
        "alter table crm.stages add column more text default 'x'; delete from crm.stages where id = 'L1'"
    )
    leads = {**LEADS_OF_A_QUERY, "query": "select id, at from crm.people"}
    outcomes = {**LEADS_OF_A_QUERY, "query": "select * from crm.stages"}
    outcomes["columns"] = {"lead_id": "id", "occurred_at": "at", "stage": "stage"}
    path = write_source(tmp_path, {"leads": leads, "outcomes": outcomes}, {})

    real = postgres._columns_of
    wrote = []

    def columns_and_a_writer(connection, env, query):
        if "stages" in query and not wrote:
            wrote.append(server.ask(write))
        return real(connection, env, query)

    monkeypatch.setattr(postgres, "_columns_of", columns_and_a_writer)
    rows = extract(path, tmp_path / "history", LENIENT).facts.rows
    assert wrote
    outcomes = (9, {}) if guarded else (8, {"unknown_lead": 1})
    assert (rows["leads"].kept, rows["outcomes"].kept, rows["outcomes"].quarantined) == (9, *outcomes)


def test_K04_a_query_that_takes_too_long_is_stopped_with_a_hint(acme):
    slow = "select 'L1' as id, '2024-01-01' as at from pg_sleep(30)"
    with pytest.raises(SourceUnreachableError, match=r"took too long[\s\S]*statement_timeout_seconds"):
        acme(slow, settings=Extract(statement_timeout_seconds=1))


def test_K07_fewer_rows_than_declared_are_refused(acme, tmp_path):
    query = "select 'L1' as id, '2024-01-01' as at where {}"
    assert acme(query.format("true"), min_rows=1).facts.rows["leads"].kept == 1
    with pytest.raises(DataContractError, match=r"leads: 0 rows in query on ACME_DSN\s+expected: at least 1"):
        acme(query.format("false"), min_rows=1)
    assert acme(query.format("false")).facts.rows["leads"].read == 0


@pytest.fixture
def treasure(server):
    """A table that the owner could change; its rows must all be there afterwards."""
    server.ask("drop table if exists crm.treasure; create table crm.treasure as select 'L1' as id, '2024-01-01' as at")
    yield
    assert server.ask("select count(*) from crm.treasure") == [(1,)]


@pytest.mark.parametrize(
    "query",
    [
        "delete from crm.treasure returning id, at",
        "with gone as (delete from crm.treasure returning *) select * from gone",
        "select id, at from crm.treasure; delete from crm.treasure",
        "select id, at from crm.treasure) to stdout; delete from crm.treasure; copy (select 1",
        "select id, at from crm.treasure) as t) to stdout; commit; delete from crm.treasure; --",
        "commit; delete from crm.treasure",
        "delete from crm.treasure",
        "select id, at from crm.treasure where drop_it()",
    ],
)
def test_J11_nothing_that_a_query_says_changes_the_database(acme, server, monkeypatch, treasure, query):
    """Even for the owner, who might: the transaction is read only, and a query is one statement."""
    server.ask(
        "create or replace function drop_it() returns boolean language plpgsql as "
        "$$ begin delete from crm.treasure; return true; end $$"
    )
    monkeypatch.setenv("ACME_DSN", server.owner)
    with pytest.raises((SourceUnreachableError, ConfigurationError)):
        acme(query)


def test_J11_the_owner_could_have_changed_it_otherwise(server, treasure):
    """The planted fault: without the guards the same text does delete the row."""
    server.ask("select id, at from crm.treasure; delete from crm.treasure")
    assert server.ask("select count(*) from crm.treasure") == [(0,)]
    server.ask("insert into crm.treasure values ('L1', '2024-01-01')")


HOSTILE = ["leads; DROP TABLE crm.treasure;--", 'x" from crm.treasure; --', "per%cent %s %(x)s", "{0} it's", "ñ \\ `"]


def test_J11_hostile_headers_kinds_and_values_are_only_names_and_text(acme, server, treasure):
    quoted = ", ".join(f"""'{name.replace("'", "''")}' as "{name.replace('"', '""')}\"""" for name in HOSTILE)
    attributes = {name: {"as": f"a{i}", "type": "category", "known": "at_creation"} for i, name in enumerate(HOSTILE)}
    history = acme(f"select 'L1' as id, '2024-01-01' as at, {quoted} -- a comment at the end", attributes=attributes)
    assert [column(history, "leads", f"a{i}") for i in range(len(HOSTILE))] == [[name] for name in HOSTILE]
