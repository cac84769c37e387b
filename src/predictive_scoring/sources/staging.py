"""One table of a source inside the engine: its cells as text, then typed, each row with the rule it breaks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from predictive_scoring.contract.history import TableName
from predictive_scoring.contract.rules import MAX_FIELD_CHARACTERS, Rule
from predictive_scoring.contract.source_file import SourceTable
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.files import kind_of, matching_files, places_of
from predictive_scoring.sources.rows import FileRows, open_rows

CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


@dataclass
class Staged:
    """A part of a table as text in the engine: `_file_no`, `_record`, and `_c0`, `_c1`, … as in `headers`.

    `also` says what else a header may be called; files are numbered through all parts of a table.
    """

    name: TableName
    headers: tuple[str, ...]
    part: int = 0
    first_file_no: int = 0
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)
    split: tuple[str, str] | None = None  # a header under which cells list several values, and the sign between them
    files: list[FileRows] = field(default_factory=list)

    @property
    def raw(self) -> str:
        """The name of the table of text."""
        return f"raw_{self.name}_{self.part}"

    @property
    def typed(self) -> str:
        """The name of the table of typed columns."""
        return f"typed_{self.name}_{self.part}"

    @property
    def rows(self) -> str:
        """SQL of its rows of text; one whose cell lists several values stands once for each."""
        if self.split is None:
            return self.raw
        cell = self.cell(self.split[0])
        values = f"list_transform(string_split({cell}, {literal(self.split[1])}), lambda value: trim(value))"
        values = f"list_distinct(list_filter({values}, lambda value: value <> ''))"
        each = f"unnest(case when len({values}) > 1 then {values} else [{cell}] end)"
        return f"(select * replace ({each} as {cell}) from {self.raw})"

    @property
    def has_row(self) -> str:
        """SQL for whether a row, known by its `_file_no`, lies in this part."""
        return f"_file_no >= {self.first_file_no} and _file_no < {self.first_file_no + len(self.files)}"

    @property
    def cells(self) -> list[str]:
        """The names of its text columns."""
        return [f"_c{index}" for index in range(len(self.headers))]

    def cell(self, header: str) -> str:
        """Return the text column that a header was read into."""
        return f"_c{self.headers.index(header)}"


@dataclass(frozen=True)
class TypedColumn:
    """A column of the typed table: its SQL, and the rule that a filled cell with no value breaks."""

    name: str
    cell: str
    sql: str
    rule: Rule | None = None
    is_required: bool = False


def stage(engine: Engine, staged: Staged, table: SourceTable, folder: Path) -> None:
    """Read the files of one part of a table into its `raw` table, and rows that are none into `quarantine`.

    Rows in which every cell that is read is empty are blank lines, and no rows.
    """
    columns = ", ".join(f"{cell} varchar" for cell in staged.cells)
    engine.execute(f"create table {staged.raw} (_file_no integer, _record bigint, {columns})")
    for file_no, file in enumerate(matching_files(table.path or "", folder), start=staged.first_file_no):
        kind = kind_of(file)
        before = _fingerprint(file)
        rows = open_rows(file, kind, staged.headers, table.read, staged.also)
        staged.files.append(rows)
        if kind == "jsonl":
            _load_json_lines(engine, staged, rows, file_no)
        else:
            _load_cells(engine, staged, rows, file_no)
        if _fingerprint(file) != before:
            raise DataContractError(
                f"{file.name}: the file changed while it was being read", fix="run again when the export is done"
            )
        _reject_ragged(engine, staged, rows, file_no)


def _fingerprint(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _load_cells(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    given = iter(rows.batches)
    first = next(given, None)
    if first is None:
        return

    def every() -> Iterator[pa.RecordBatch]:
        yield first
        yield from given

    engine.load("given", pa.RecordBatchReader.from_batches(first.schema, every()))
    cells = ", ".join(f"cast({cell} as varchar) as {cell}" for cell in staged.cells)
    is_blank = " and ".join(f"{cell} is null" for cell in staged.cells)
    engine.execute(f"insert into {staged.raw} select {file_no}, _record, {cells} from given where not ({is_blank})")
    engine.execute("drop table given")


def _load_json_lines(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    schema = pa.schema([("line", pa.string()), ("_record", pa.int64())])
    engine.load("given", pa.RecordBatchReader.from_batches(schema, rows.batches))
    is_row = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
    engine.execute(
        f"create table objects as select _record, line, {is_row} as is_row from given where trim(line) <> ''"
    )
    bad = engine.sql("select _record, line from objects where not is_row order by _record")
    rows.ragged += list(zip(bad["_record"].to_pylist(), bad["line"].to_pylist(), strict=True))
    keys = engine.sql("select distinct unnest(json_keys(line)) as key from objects where is_row order by key")
    if engine.scalar("select count(*) from objects where is_row"):
        found = keys["key"].to_pylist()
        places = places_of(staged.headers, found, rows.file, staged.also)
        paths = [literal('$."' + found[place].replace('"', '\\"') + '"') for place in places]
        cells = ", ".join(f"nullif(json_extract_string(line, {path}), '')" for path in paths)
        engine.execute(f"insert into {staged.raw} select {file_no}, _record, {cells} from objects where is_row")
    engine.execute("drop table given")
    engine.execute("drop table objects")


def _reject_ragged(engine: Engine, staged: Staged, rows: FileRows, file_no: int) -> None:
    if rows.ragged:
        records, texts = zip(*rows.ragged, strict=True)
        n = len(records)
        columns = {
            "table": [staged.name] * n, "_file_no": [file_no] * n, "_record": records,
            "_rule": [Rule.RAGGED_ROW.value] * n, "text": texts,
        }  # fmt: skip
        engine.append("quarantine", pa.table(columns))


def type_rows(engine: Engine, staged: Staged, columns: list[TypedColumn], left_out: str, late: str) -> None:
    """Make the `typed` table: the typed columns, `_left_out` and the first `_rule` that each row breaks.

    Parameters
    ----------
    left_out
        SQL over the raw cells: why the source file leaves a row out, or null.
    late
        SQL over the typed columns: whether the row is later than the export.
    """
    typed = ", ".join(f'{column.sql} as "{column.name}"' for column in columns)
    verdict = _verdict_sql(staged, columns, late)
    names = ", ".join(f'"{column.name}"' for column in columns)
    content = "" if staged.name in ("activities", "outcomes") else f", sha256({as_json(staged)}) as _content"
    numbered = f"(select *, row_number() over (order by _file_no, _record) as _row_no from {staged.raw})"
    rows = numbered if staged.name == "leads" else staged.rows
    engine.execute(
        f"create table {staged.typed} as "
        f"select _file_no, _record, {names}, _left_out{content}, "
        f"case when _left_out is not null then null {verdict} end as _rule "
        f"from (select *, {typed}, {left_out} as _left_out from {rows})"
    )


def _verdict_sql(staged: Staged, columns: list[TypedColumn], late: str) -> str:
    """Return the branches of a `case` that says the first rule a row breaks, in the order of `Rule`."""
    every_cell = f"concat({', '.join(staged.cells)})"
    longest = f"greatest({', '.join(f'coalesce(length({cell}), 0)' for cell in staged.cells)})"
    may_have_controls = any(rows.may_have_controls for rows in staged.files)
    cases = [
        (f"regexp_matches({every_cell}, '{CONTROL}')" if may_have_controls else "false", Rule.CONTROL_CHARACTER),
        (f"{longest} > {MAX_FIELD_CHARACTERS}", Rule.FIELD_TOO_LONG),
    ]
    required = [f"coalesce(trim({column.cell}), '') = ''" for column in columns if column.is_required]
    if required:
        cases.append((" or ".join(required), Rule.MISSING_KEY))
    for rule in (Rule.BAD_TIMESTAMP, Rule.NOT_A_NUMBER, Rule.NOT_A_BOOLEAN, Rule.NOT_A_DIRECTION):
        unread = [f"(\"{c.name}\" is null and trim({c.cell}) <> '')" for c in columns if c.rule is rule]
        if unread:
            cases.append((" or ".join(unread), rule))
    cases.append((late, Rule.FUTURE_ROW))
    return " ".join(f"when {condition} then '{rule.value}'" for condition, rule in cases)


def as_json(staged: Staged) -> str:
    """Return SQL for a raw row as JSON text, by the source's own headers."""
    pairs = ", ".join(f"{literal(header)}, {cell}" for header, cell in zip(staged.headers, staged.cells, strict=True))
    return f"cast(json_object({pairs}) as varchar)"


def reject(engine: Engine, parts: Sequence[Staged], rows: str) -> None:
    """Copy rows to `quarantine`; `rows` is a query of `_file_no`, `_record` and `_rule`."""
    for staged in parts:
        engine.execute(
            f"insert into quarantine select '{staged.name}', r._file_no, r._record, q._rule, {as_json(staged)} "
            f"from ({rows}) q join {staged.raw} r using (_file_no, _record)"
        )
