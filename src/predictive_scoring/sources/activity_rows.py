"""Activities as they are read: typed, judged, given to their lead and account, and laid on shelves by account.

One statement does all of it while a file is read, and one shelf at a time is finished afterwards. So neither the text
of a large table nor all of its rows ever lie side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.contract.rules import LeftOut, Rule
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import ActivitiesTable
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.automatic import is_mail_sql
from predictive_scoring.sources.bad_cells import bad_cell_sql
from predictive_scoring.sources.columns import INSTANTS, contract_columns, days_end_in, late_sql, left_out_sql
from predictive_scoring.sources.first_glance import Glance
from predictive_scoring.sources.shelf_files import Stacks
from predictive_scoring.sources.staging import Staged, TypedColumn, as_json, verdict_sql
from predictive_scoring.sources.typing_sql import known_at

Given = Literal["raw", "passing", "tidy"]  # a table of text; rows that pass; the same, all tidy at the first glance
OWN_FAULT = -1  # the shelf of rows that are out by themselves, whosever they are
NOTHING = {"topic": "varchar", "value": "double"}


@dataclass(frozen=True)
class Shelves:
    """How activities are parted: `n` ranges of accounts, and shelf `n` for rows without a known account."""

    n: int
    n_accounts: int
    rules: Automatic
    has_merges: bool

    @property
    def columns(self) -> list[str]:
        """What is laid down of a row that is fine; `since` its id belongs to its lead, where any id has changed."""
        since = ["since"] if self.has_merges else []
        return ["account_no", "lead_no", "occurred_at", "known_at", *since, "kind", "topic", "direction", "value"]

    def place_sql(self, account_no: str) -> str:
        """Return SQL for the shelf of a row that is not out by itself."""
        return f"coalesce(cast({account_no} as bigint) * {self.n} // {max(1, self.n_accounts)}, {self.n})"


@dataclass(frozen=True)
class Laid:
    """Every row of the activities, on its shelf."""

    shelves: Shelves
    stacks: Stacks


def glance_of(table: ActivitiesTable, staged: Staged) -> Glance:
    """Return what to look for in the batches of a part."""
    cells = {name: staged.cell(header) for name, header in table.mapped.items()}
    instants = [name for name in INSTANTS if name in cells]
    return Glance(
        instants=tuple(cells[name] for name in instants if name not in table.formats),
        words=tuple(dict.fromkeys(cells[name] for name in ("kind", "topic", "direction") if name in cells)),
        required=tuple(cells[name] for name in ("occurred_at", "kind") if name in cells and not table.kind_is),
        ids=tuple(cells[name] for name in ("lead_id", "account_id") if name in cells),
        directions=tuple(cells[name] for name in ("direction",) if name in cells),
        others_are_fine=not staged.changes_cells and not any(name in table.formats for name in instants),
    )


def laid_down_sql(source: Source, table: ActivitiesTable, staged: Staged, shelves: Shelves, given: Given) -> str:
    """Return the query of a part's rows as they lie on their shelves."""
    columns = contract_columns(source, table, staged)
    rows = staged.raw
    if given != "raw":
        quick = glance_of(table, staged).instants
        columns = [_quick(column, given) if column.cell in quick else column for column in columns]
        cells = ", ".join(f"cast({cell} as varchar) as {cell}" for cell in staged.cells)
        rows = f"(select * replace ({cells}) from given)"
    if staged.changes_cells:
        rows = staged.rows_of(f"(select *, {as_json(staged)} as _original from {rows})")
    typed = ", ".join(f'{column.sql} as "{column.name}"' for column in columns)
    verdict = verdict_sql(staged, columns, late_sql(source, table), of_text=given != "tidy")
    judged = (
        f"select *, case when _left_out is not null then null {verdict} end as _rule "
        f"from (select *, {typed}, {left_out_sql(source, table, staged)} as _left_out from {rows})"
    )
    bad_cell = f"case when _rule is not null then {bad_cell_sql(staged, columns)} end"
    carried = ["_original"] if staged.changes_cells else staged.cells
    linked = _linked(f"select *, {bad_cell} as _cell from ({judged})", source, table, carried)
    return _shelved(linked, staged, shelves)


def _quick(column: TypedColumn, given: Given) -> TypedColumn:
    if column.name not in INSTANTS:
        return column
    quick = f"_i{column.cell[2:]}"
    return replace(column, sql=quick if given == "tidy" else f"coalesce({quick}, {column.sql})")


def _linked(judged: str, source: Source, table: ActivitiesTable, carried: Sequence[str]) -> str:
    """Return the query of rows with the lead and account they belong to, and what is wrong with that.

    A row belongs to its lead's account; if its lead is not known, to the account it names itself.
    """
    mapped = table.mapped
    by_lead, by_account = "lead_id" in mapped, "account_id" in mapped
    joins = "left join owners l on l.id = t.lead_id " if by_lead else ""
    other = "case when l.account_no is null then t.account_id end" if by_lead else "t.account_id"
    joins += f"left join account_numbers a on a.account_id = {other}" if by_account else ""
    account_no = ", ".join((["l.account_no"] if by_lead else []) + (["a.account_no"] if by_account else []))
    ids = ", ".join(f"t.{name}" for name in ("lead_id", "account_id") if name in mapped)
    known = known_at("recorded_at" in mapped, days_end_in(source, table))
    columns = {
        "account_no": f"cast(coalesce({account_no}) as integer)",
        "lead_no": f"cast({'l.lead_no' if by_lead else 'null'} as integer)",
        "occurred_at": "t.occurred_at",
        "known_at": known,
        "since": "l.since" if by_lead else "cast(null as timestamptz)",
        "kind": "t.kind",
        **{name: f"t.{name}" if name in mapped else f"cast(null as {kind})" for name, kind in NOTHING.items()},
        "direction": _direction_sql(source.tables.activities, has_column="direction" in mapped),
        "_whose": f"hash(coalesce({ids}))",
        "_came_early": f"{known} < l.created_at" if by_lead else "false",
        "_occurred_early": "t.occurred_at < l.created_at" if by_lead and table.before_creation != "keep" else "false",
        "_is_other": "true" if table.only_known else "false",
    }
    listed = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    own = f"t._left_out, t._rule, t._cell, t._file_no, t._record, {', '.join(f't.{cell}' for cell in carried)}"
    return f"select {listed}, {own} from ({judged}) t {joins}"


def _shelved(linked: str, staged: Staged, shelves: Shelves) -> str:
    """Return the query of linked rows with their shelf; of rows that are fine, place and text in the file are dropped.

    What a lead's row breaks by where it belongs is only noted: a machine's click is left out before it counts as that.
    """
    is_own = "_rule is not null or _left_out is not null"
    placed = (
        f"select *, case when {is_own} then {OWN_FAULT} else {shelves.place_sql('account_no')} end as _shelf, "
        f"case when {is_own} then _left_out "
        f"when account_no is null and _is_other then '{LeftOut.OTHER_LEAD.value}' end as _out, "
        f"case when {is_own} then _rule when account_no is null and not _is_other then '{Rule.UNKNOWN_LEAD.value}' "
        f"when account_no is not null and _occurred_early then '{Rule.ACTIVITY_BEFORE_CREATION.value}' end as _why "
        f"from ({linked})"
    )
    out = {"left_out": "_out", "rule": "_why", "file_no": "_file_no", "record": "_record", "cell": "_cell"}
    out |= {"text": "_original" if staged.changes_cells else as_json(staged)}
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in out.items())
    return (
        f"select {', '.join(shelves.columns)}, case when {is_mail_sql(shelves.rules)} then _whose end as _whose, "
        f"_came_early, case when _why is not null then cast(json_object({pairs}) as varchar) "
        f"when _out is not null then cast(json_object('left_out', _out) as varchar) end as _out, "
        f"cast(_shelf as integer) as _shelf from ({placed})"
    )


def take_out(engine: Engine, rows: pa.Table) -> None:
    """Copy rows that are out to `quarantine`, with the cell that broke their rule, or count them in `left_out`."""
    if not rows.num_rows:
        return
    part = {name: f"json_extract_string(_out, '$.{name}')" for name in ("left_out", "rule", "cell", "text")}
    part |= {name: f"cast(json_extract_string(_out, '$.{name}') as bigint)" for name in ("file_no", "record")}
    engine.load("out", rows)
    engine.execute(
        f"insert into left_out select 'activities', {part['left_out']}, count(*) from out "
        f"where {part['left_out']} is not null group by all"
    )
    bad = f"from out where {part['rule']} is not null"
    place = f"'activities', {part['file_no']}, {part['record']}"
    engine.execute(f"insert into quarantine select {place}, {part['rule']}, {part['text']} {bad}")
    engine.execute(f"insert into bad_cells select {place}, {part['cell']} {bad} and {part['cell']} is not null")


def _direction_sql(tables: Sequence[ActivitiesTable], *, has_column: bool) -> str:
    directions = {kind: way for table in tables for kind, way in table.directions.items()}
    cases = " ".join(f"when {literal(kind)} then {literal(way)}" for kind, way in directions.items())
    by_kind = f"case t.kind {cases} end" if cases else "cast(null as varchar)"
    return f"coalesce(t.direction, {by_kind})" if has_column else by_kind
