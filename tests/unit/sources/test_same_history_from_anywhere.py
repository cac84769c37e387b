"""One small history as CSV, Parquet, workbook, SQLite and PostgreSQL: the canonical tables are the same bytes."""

import random
import sqlite3
from datetime import datetime, timedelta

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from source_builder import LENIENT, write_source

from predictive_scoring.sources.extract import extract

START = datetime(2024, 1, 1, 8)
TABLES = {
    "leads": {
        "columns": {"lead_id": "Prospect No", "created_at": "Entered", "account_id": "Company"},
        "attributes": {
            "Canal": {"type": "category", "known": "at_creation"},
            "Budget": {"type": "number", "known": "at_creation"},
            "Newsletter": {"type": "boolean", "known": "at_creation"},
            "Birthday": {"type": "date", "known": "at_creation"},
        },
    },
    "accounts": {
        "columns": {"account_id": "Company"},
        "attributes": {"Staff": {"type": "number", "known": "at_creation"}},
    },
    "activities": {"columns": {"lead_id": "Prospect No", "occurred_at": "When", "kind": "Kind", "value": "Minutes"}},
    "outcomes": {"columns": {"lead_id": "Prospect No", "occurred_at": "When", "stage": "Stage"}},
}


def small_history() -> dict[str, pa.Table]:
    """Return typed values: ids with zeros, accents, words for nothing, fractions, a copy, a repeated hour."""
    dice = random.Random(4)
    ids = [f"{i:05}" for i in range(60)]
    when = [START + timedelta(seconds=dice.randrange(30_000_000)) for _ in range(500)]
    leads = {
        "Prospect No": ids,
        "Entered": [START + timedelta(minutes=7 * i) for i in range(60)],
        "Company": [f"C{i % 9:02}" if i % 5 else None for i in range(60)],
        "Canal": [["Anuncio en línea", "NA", "null", None, "referral, paid"][i % 5] for i in range(60)],
        "Budget": [None if i % 4 == 0 else i * 1000.125 for i in range(60)],
        "Newsletter": [[True, False, None][i % 3] for i in range(60)],
        "Birthday": [START.date() - timedelta(days=9_000 + i) if i % 2 else None for i in range(60)],
    }
    activities = {
        "Prospect No": [dice.choice(ids) for _ in when],
        "When": when,
        "Kind": [dice.choice(["page_view", "email_click"]) for _ in when],
        "Minutes": [dice.choice([None, 0.1, 12.0, 7.25]) for _ in when],
    }
    activities = {name: [*values, values[0]] for name, values in activities.items()}
    outcomes = {"Prospect No": ids[::7], "When": [datetime(2024, 10, 27, 2, 30)] * 9, "Stage": ["won"] * 9}
    accounts = {"Company": [f"C{i:02}" for i in range(9)], "Staff": [10**i for i in range(9)]}
    tables = {"leads": leads, "accounts": accounts, "activities": activities, "outcomes": outcomes}
    return {name: pa.table(columns) for name, columns in tables.items()}


def shuffled(table, seed):
    order = list(range(table.num_rows))
    random.Random(seed).shuffle(order)
    return table.take(order)


def as_csv(tables, folder, _server):
    for name, table in tables.items():
        arrow_csv.write_csv(table, folder / f"{name}.csv")
    return {name: {"path": f"{name}.csv"} for name in tables}


def as_parquet(tables, folder, _server):
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: {"path": f"{name}.parquet"} for name in tables}


def as_workbook(tables, folder, _server):
    with xlsxwriter.Workbook(folder / "crm.xlsx", {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        for name, table in tables.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, table.column_names)
            for number, row in enumerate(table.to_pylist(), start=1):
                for place, value in enumerate(row.values()):
                    write = sheet.write_string if isinstance(value, str) else sheet.write
                    write(number, place, value)
    return {name: {"path": "crm.xlsx", "read": {"sheet": name}} for name in tables}


def as_sqlite(tables, folder, _server):
    with sqlite3.connect(folder / "crm.sqlite") as connection:
        for name, table in tables.items():
            columns = ", ".join(f'"{column}"' for column in table.column_names)
            connection.execute(f"create table {name} ({columns})")
            rows = [[str(v) if isinstance(v, datetime) or hasattr(v, "year") else v for v in row.values()]
                    for row in table.to_pylist()]  # fmt: skip
            connection.executemany(f"insert into {name} values ({', '.join('?' * table.num_columns)})", rows)
    connection.close()
    return {name: {"query": f"select * from {name}", "connection": {"sqlite": "crm.sqlite"}} for name in tables}


def as_postgres(tables, _folder, server):
    server.ask("drop schema if exists mini cascade; create schema mini; grant usage on schema mini to reader")
    kinds = {"Entered": "timestamp", "When": "timestamp", "Budget": "numeric", "Newsletter": "boolean",
             "Birthday": "date", "Staff": "bigint", "Minutes": "double precision"}  # fmt: skip
    with psycopg.connect(server.owner) as connection, connection.cursor() as cursor:
        for name, table in tables.items():
            columns = ", ".join(f'"{column}" {kinds.get(column, "text")}' for column in table.column_names)
            cursor.execute(f"create table mini.{name} ({columns}); grant select on mini.{name} to reader")
            places = ", ".join(["%s"] * table.num_columns)
            rows = [tuple(row.values()) for row in table.to_pylist()]
            cursor.executemany(f"insert into mini.{name} values ({places})", rows)
    return {name: {"query": f"select * from mini.{name};", "connection": {"env": "MINI_DSN"}} for name in tables}


FORMS = [as_csv, as_parquet, as_workbook, as_sqlite, as_postgres]


@pytest.mark.parametrize("form", FORMS[1:])
def test_K05_the_same_history_gives_the_same_bytes_from_anywhere(tmp_path, server, monkeypatch, form):
    monkeypatch.setenv("MINI_DSN", server.address())
    written = {}
    for seed, make in enumerate([as_csv, form]):
        folder = tmp_path / make.__name__
        folder.mkdir()
        tables = {name: shuffled(table, seed) for name, table in small_history().items()}
        where = make(tables, folder, server)
        declared = {name: {**TABLES[name], **where[name]} for name in tables}
        history = extract(write_source(folder, declared, {}, timezone="Europe/Madrid"), folder / "history", LENIENT)
        assert history.facts.rows["activities"].collapsed == 1
        assert not any(account.quarantined for account in history.facts.rows.values())
        written[make] = {file.name: file.read_bytes() for file in (folder / "history").iterdir()}
    assert len(written[as_csv]) >= 6
    assert written[form] == written[as_csv]
