"""Scores into a table of PostgreSQL, in one transaction: readers see the scores of before or all of the new ones."""

import io
import os
from collections.abc import Iterable, Mapping
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
# Of a model that tells expected value. A table made before has no such columns; rows of other models leave them empty.
VALUE_TYPES: Final = {
    "expected_value": "double precision",
    "expected_amount": "double precision",
    "amount_basis": "text",
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

    types = types_of(rows)
    name = sql.Identifier(*table.split(".", 1))
    key = _listed(KEY)
    with connection.cursor() as cursor:
        cursor.execute(_create(name, key, types))
        told = [*types, *_widened(cursor, name, types)]
        news = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in told if column not in KEY
        )
        cursor.execute(sql.SQL("create temp table incoming (like {}) on commit drop").format(name))
        with cursor.copy(sql.SQL("copy incoming ({}) from stdin (format csv)").format(_listed(types))) as copy:
            for start in range(0, rows.num_rows, BATCH_ROWS):
                copy.write(as_csv(rows.slice(start, BATCH_ROWS)))
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from incoming on conflict ({}) do update set {}").format(
                name, _listed(told), _listed(told), key, news
            )
        )


def types_of(rows: pa.Table) -> dict[str, str]:
    """Return the table's columns and their types: those of expected value where the rows have it."""
    return TYPES | {name: type_ for name, type_ in VALUE_TYPES.items() if name in rows.column_names}


def _create(name: "sql.Identifier", key: "sql.Composed", types: Mapping[str, str]) -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415

    columns = sql.SQL(", ").join(_column(column, type_) for column, type_ in types.items())
    return sql.SQL("create table if not exists {} ({}, primary key ({}))").format(name, columns, key)


def _widened(cursor: "psycopg.Cursor[Any]", name: "sql.Identifier", types: Mapping[str, str]) -> list[str]:
    """Add the columns of expected value that the table lacks, and return those that it has and the rows have not.

    The latter are emptied in a row that is replaced: what an earlier model said of it is no longer so. A table that has
    all of them is not altered, since only its owner may.
    """
    from psycopg import sql  # noqa: PLC0415

    cursor.execute(sql.SQL("select * from {} limit 0").format(name))
    there = {column.name for column in cursor.description or ()}
    for column in VALUE_TYPES:
        if column in types and column not in there:
            cursor.execute(sql.SQL("alter table {} add column {}").format(name, _column(column, VALUE_TYPES[column])))
    return [column for column in VALUE_TYPES if column in there and column not in types]


def _listed(names: Iterable[str]) -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415

    return sql.SQL(", ").join(map(sql.Identifier, names))


def _column(name: str, type_: str) -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415

    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))


def as_csv(rows: pa.Table) -> bytes:
    """Return rows in the form that COPY reads, columns in the order of `types_of`: every text in quotes, null bare."""
    held = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pa_csv.write_csv(rows.select([*types_of(rows)]), held, options)
    return held.getvalue()
