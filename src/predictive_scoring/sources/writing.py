"""The kept tables, in the order and types of the canonical history."""

from pathlib import Path

import pyarrow as pa

from predictive_scoring.contract.history import ACCOUNTS, ACTIVITIES, INSTANT, LEADS, OUTCOMES, AttributeType
from predictive_scoring.contract.source_columns import KnownFrom
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources import identity, rows_of_leads
from predictive_scoring.storage import write_parquet

ARROW_TYPE: dict[AttributeType, pa.DataType] = {
    "category": pa.string(), "text": pa.string(), "number": pa.float64(), "boolean": pa.bool_(), "date": INSTANT
}  # fmt: skip


def write_tables(engine: Engine, source: Source, folder: Path) -> None:
    """Write leads, accounts and outcomes; a table that the source does not have is empty, activities among them.

    Accounts are those that a row describes and those that only a lead names; the latter have no attributes.
    """
    tables = source.tables
    leads = attribute_fields(tables.leads)
    accounts = attribute_fields(tables.accounts) if tables.accounts else []
    query = identity.leads_sql([field.name for field in leads])
    engine.write_parquet(query, folder / "leads.parquet", pa.schema([*LEADS, *leads]))
    query = identity.accounts_sql([field.name for field in accounts])
    engine.write_parquet(query, folder / "accounts.parquet", pa.schema([*ACCOUNTS, *accounts]))
    if not tables.activities:
        write_parquet(folder / "activities.parquet", ACTIVITIES.empty_table())
    if tables.outcomes:
        engine.write_parquet(rows_of_leads.outcomes_sql(), folder / "outcomes.parquet", OUTCOMES)
    else:
        write_parquet(folder / "outcomes.parquet", OUTCOMES.empty_table())


def attribute_fields(table: SourceTable) -> list[pa.Field]:
    """Return the columns of a table's attributes; `<name>__known_at` follows one known from an instant on."""
    fields = []
    for header, name in table.attribute_names.items():
        fields.append(pa.field(name, ARROW_TYPE[table.attributes[header].type]))
        if isinstance(table.attributes[header].known, KnownFrom):
            fields.append(pa.field(f"{name}__known_at", INSTANT))
    return fields
