"""Scores into a table of PostgreSQL, in one transaction: readers see the scores of before or all of the new ones."""

import io
import os
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from predictive_scoring.errors import ConfigurationError, SourceUnreachableError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

BATCH_ROWS: Final = 20_000
KEY: Final = ("lead_id", "target", "as_of")  # scores of earlier instants stay: that is the history
TYPES: Final = {
    "lead_id": "text not null",
    "target": "text not null",
    "as_of": "timestamptz not null",
    "rank": "bigint not null",
    "score": "integer not null",
    "grade": "text not null",
    "probability": "double precision not null",
    "probability_low": "double precision not null",
    "probability_high": "double precision not null",
    "reasons": "text not null",
    "model_version": "text not null",
}
CONNECT_SECONDS: Final = 10


def write_postgres(rows: pa.Table, variable: str, table: str) -> int:
    """Write rows of `brief_scores` into a table, made if it is not there, and return how many.

    A row of the same lead, target and instant is replaced; everything happens in one transaction, so a job that dies
    in the middle leaves the table as it was.

    Parameters
    ----------
    variable
        The environment variable that holds the database's address.
    table
        A name, or ``schema.name``.

    Raises
    ------
    ConfigurationError
        If the variable is not set.
    SourceUnreachableError
        If the server is out of reach, or refuses. The message never holds the address or a value.
    """
    import psycopg  # noqa: PLC0415  (an extra)

    address = os.environ.get(variable)
    if not address:
        raise ConfigurationError(
            f"--env {variable}: the variable is not set", fix=f"export {variable}=postgresql://user@host/database"
        )
    try:
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
            _upsert(connection, rows, table)
    except psycopg.Error as error:
        raise SourceUnreachableError(
            f"PostgreSQL at ${variable}: the scores were not written, the table is as it was",
            found=f"{type(error).__name__} {error.sqlstate or ''}".strip(),
            fix="check the address, the rights on the table, and that its columns are those of the documentation",
        ) from None
    return int(rows.num_rows)


def _upsert(connection: "psycopg.Connection[Any]", rows: pa.Table, table: str) -> None:
    from psycopg import sql  # noqa: PLC0415

    name = sql.Identifier(*table.split(".", 1))
    names = sql.SQL(", ").join(map(sql.Identifier, TYPES))
    key = sql.SQL(", ").join(map(sql.Identifier, KEY))
    changes = [column for column in TYPES if column not in KEY]
    news = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in changes)
    with connection.cursor() as cursor:
        cursor.execute(_create(name, key))
        cursor.execute(sql.SQL("create temp table incoming (like {}) on commit drop").format(name))
        with cursor.copy(sql.SQL("copy incoming ({}) from stdin (format csv)").format(names)) as copy:
            for start in range(0, rows.num_rows, BATCH_ROWS):
                copy.write(as_csv(rows.slice(start, BATCH_ROWS)))
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from incoming on conflict ({}) do update set {}").format(
                name, names, names, key, news
            )
        )


def _create(name: "sql.Identifier", key: "sql.Composed") -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415

    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(type_)) for column, type_ in TYPES.items()
    )
    return sql.SQL("create table if not exists {} ({}, primary key ({}))").format(name, columns, key)


def as_csv(rows: pa.Table) -> bytes:
    """Return rows in the form that COPY reads, columns in the order of `TYPES`: every text in quotes, null bare."""
    held = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pa_csv.write_csv(rows.select(list(TYPES)), held, options)
    return held.getvalue()
