"""Which typed columns each table of a source has."""

from collections.abc import Sequence
from dataclasses import replace

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.rules import LeftOut, Rule
from predictive_scoring.contract.source_columns import KnownFrom, SourceAttribute
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import (
    AccountsTable,
    ActivitiesTable,
    LeadsTable,
    OutcomesTable,
    SourceTable,
)
from predictive_scoring.engine.duck import literal, quoted
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.addresses import address_columns
from predictive_scoring.sources.domains import company_domain
from predictive_scoring.sources.staging import Staged, TypedColumn

INSTANTS = ("created_at", "updated_at", "occurred_at", "recorded_at", "merged_at")
NUMBERS = ("value", "amount")
TEXTS = ("topic", "reason")
REQUIRED = ("lead_id", "created_at", "occurred_at", "kind", "stage", "from_id", "into_id", "merged_at")

ABSENT = {  # columns that every table of leads has, and their type where the source has them not
    "account_id": "varchar",
    "email_kind": "varchar",
    "email_group": "varchar",
    "created_at": "timestamptz",
    "converted": "boolean",
}


def typed_columns(source: Source, table: SourceTable, staged: Staged) -> list[TypedColumn]:
    """Return the typed columns of one table."""
    if staged.name == "leads":
        return lead_columns(source, staged)
    columns = contract_columns(source, table, staged)
    return [*columns, *attribute_columns(source, table, staged)] if staged.name == "accounts" else columns


def contract_columns(source: Source, table: SourceTable, staged: Staged) -> list[TypedColumn]:
    """Return the columns of the contract that the source maps, except the ids of a flat table without them."""
    columns = []
    for name, header in table.mapped.items():
        cell = staged.cell(header)
        if name == "email":
            columns += address_columns(cell, source.email_groups)
            continue
        required = name == "account_id" if staged.name == "accounts" else name in REQUIRED
        column = _contract_column(name, cell, source, table, required)
        if isinstance(table, ActivitiesTable) and name in ("lead_id", "account_id"):
            either = [staged.cell(table.mapped[key]) for key in ("lead_id", "account_id") if key in table.mapped]
            column = replace(column, cell=f"concat({', '.join(either)})", is_required=True)
        columns.append(column)
    if isinstance(table, ActivitiesTable) and table.kind_is is not None:
        return _with_stated(columns, "kind", table.kind_is)
    if isinstance(table, OutcomesTable) and table.stage_is is not None:
        return _with_stated(columns, "stage", table.stage_is)
    return columns


def _with_stated(columns: list[TypedColumn], name: str, stated: str) -> list[TypedColumn]:
    """Return the columns with the kind or stage that the source file states, where a row has none of its own."""
    own = next((column.sql for column in columns if column.name == name), "null")
    return [*(c for c in columns if c.name != name), _computed(name, f"coalesce({own}, {literal(stated)})")]


def _contract_column(name: str, cell: str, source: Source, table: SourceTable, required: bool) -> TypedColumn:
    if name in INSTANTS:
        sql = typing_sql.instant(cell, table.formats.get(name), source.timezone)
        zone = days_end_in(source, table) if name == "merged_at" else None  # of rows `known_at` says it, beside this
        sql = typing_sql.end_of_day(sql, zone) if zone else sql
        return TypedColumn(name, cell, sql, Rule.BAD_TIMESTAMP, required)
    if name in NUMBERS:
        return TypedColumn(name, cell, typing_sql.number(cell, table.read), Rule.NOT_A_NUMBER)
    if name == "direction":
        return TypedColumn(name, cell, typing_sql.direction(cell), Rule.NOT_A_DIRECTION)
    if name in ("kind", "stage"):
        ours = getattr(table, f"{name}s")
        return TypedColumn(name, cell, _renamed(cell, ours), None, required)
    if name in TEXTS:
        sql = typing_sql.category(cell)
    elif name == "account_id" and source.accounts_by == "domain":
        sql = company_domain(cell)
    else:
        sql = typing_sql.salesforce_id(cell) if source.ids == "salesforce" else typing_sql.filled(cell)
    return TypedColumn(name, cell, sql, None, required)


def attribute_columns(source: Source, table: SourceTable, staged: Staged) -> list[TypedColumn]:
    """Return the attributes, each followed by the instant it is known from, if the source gives one."""
    columns = []
    for header, name in table.attribute_names.items():
        given, cell = table.attributes[header], staged.cell(header)
        form = table.formats.get(name)
        match given.type:
            case "category":
                column = TypedColumn(name, cell, typing_sql.category(cell))
            case "text":
                column = TypedColumn(name, cell, typing_sql.filled(cell))
            case "number":
                sql = typing_sql.number(cell, table.read)
                column = TypedColumn(name, cell, sql, Rule.NOT_A_NUMBER, outside=_outside(name, given))
            case "boolean":
                column = TypedColumn(name, cell, typing_sql.boolean(cell), Rule.NOT_A_BOOLEAN)
            case "date":
                sql = typing_sql.instant(cell, form, source.timezone, is_date=True)
                column = TypedColumn(name, cell, sql, Rule.BAD_TIMESTAMP)
        columns.append(column)
        if isinstance(given.known, KnownFrom):
            at = staged.cell(given.known.at)
            known_at = f"{name}__known_at"
            sql = typing_sql.instant(at, table.formats.get(known_at), source.timezone)
            zone = days_end_in(source, table)
            sql = typing_sql.end_of_day(sql, zone) if zone else sql
            columns.append(TypedColumn(known_at, at, sql, Rule.BAD_TIMESTAMP))
    return columns


def _outside(name: str, given: SourceAttribute) -> str | None:
    """Return SQL for whether a number lies beyond its declared bounds, None without any."""
    limits = [(given.min, "<"), (given.max, ">")]
    return " or ".join(f"{quoted(name)} {sign} {limit!r}" for limit, sign in limits if limit is not None) or None


def lead_columns(source: Source, staged: Staged) -> list[TypedColumn]:
    """Return every column of the leads: those that the source does not have are null, so the table has one shape."""
    table = source.tables.leads
    given = [*contract_columns(source, table, staged), *_converted_column(table, staged)]
    names = {column.name for column in given}
    if table.lead_ids is not None:
        digest = f"sha256(cast(json_array({', '.join(staged.cells)}) as varchar))"
        sql = "cast(_row_no as varchar)" if table.lead_ids == "rows" else f"'row-' || substr({digest}, 1, 16)"
        given.append(_computed("lead_id", sql))
    given += [_computed(name, f"cast(null as {kind})") for name, kind in ABSENT.items() if name not in names]
    given.append(_computed("row_number", "_row_no" if table.order == "rows" else "cast(null as bigint)"))
    return [*given, *attribute_columns(source, table, staged)]


def _computed(name: str, sql: str) -> TypedColumn:
    return TypedColumn(name, "null", sql)


def _converted_column(table: LeadsTable, staged: Staged) -> list[TypedColumn]:
    """Return whether the lead of a flat table converted: null where the cell is blank or not decided yet."""
    if table.outcome is None:
        return []
    cell = staged.cell(table.outcome.column)
    value, yes = typing_sql.category(cell), _words(table.outcome.converted)
    told = f"{value} in ({yes})"
    if table.outcome.undecided:
        told = f"case when {value} not in ({_words(table.outcome.undecided)}) then {told} end"
    return [TypedColumn("converted", cell, told)]


def _words(values: Sequence[str]) -> str:
    return ", ".join(literal(clean_text(value)) for value in values)


def days_end_in(source: Source, table: SourceTable) -> str | None:
    """Return the time zone in which dates of a part are known at the end of their day, None if at the start."""
    return (source.timezone or "UTC") if table.dates_known == "end_of_day" else None


def late_sql(source: Source, table: SourceTable) -> str:
    """Return SQL over the typed columns for whether a row is later than the export."""
    if source.ends_at is None:
        return "false"
    instants = ("created_at", "occurred_at", "recorded_at", "merged_at")
    given = [instant for instant in instants if instant in table.mapped]
    return " or ".join(f"{instant} > {typing_sql.stamp(source.ends_at)}" for instant in given) or "false"


def left_out_sql(source: Source, table: SourceTable, staged: Staged) -> str:
    """Return SQL for why the source file leaves a row out, null if it does not."""
    cases = []
    for header, values in table.only.items():
        listed = ", ".join(literal(clean_text(value)) for value in values)
        cell = typing_sql.category(staged.cell(header))
        cases.append(f"when {cell} is null or {cell} not in ({listed}) then '{LeftOut.NOT_SELECTED.value}'")
    for header in table.only_filled:
        is_blank = f"coalesce(trim({staged.cell(header)}), '') = ''"
        cases.append(f"when {is_blank} then '{LeftOut.NOT_SELECTED.value}'")
    if isinstance(table, AccountsTable) and source.accounts_by == "domain":
        domain = company_domain(staged.cell(table.columns.account_id))
        cases.append(f"when {domain} is null then '{LeftOut.NO_DOMAIN.value}'")
    names, header = _closed_set(table)
    if names is not None:
        listed = ", ".join(literal(clean_text(value)) for value in names) or "''"
        cell = typing_sql.category(staged.cell(header))
        cases.append(f"when {cell} not in ({listed}) then '{LeftOut.NOT_LISTED.value}'")
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"


def _closed_set(table: SourceTable) -> tuple[dict[str, str] | None, str]:
    if isinstance(table, ActivitiesTable) and table.only_listed:
        return table.kinds, table.columns.kind or ""
    if isinstance(table, OutcomesTable) and table.only_listed:
        return table.stages, table.columns.stage or ""
    return None, ""


def _renamed(cell: str, ours: dict[str, str]) -> str:
    """Return SQL for a kind or stage in our words; one that is not listed keeps its name."""
    clean = typing_sql.category(cell)
    cases = " ".join(f"when {literal(clean_text(theirs))} then {literal(name)}" for theirs, name in ours.items())
    return f"case {clean} {cases} else {clean} end" if cases else clean
