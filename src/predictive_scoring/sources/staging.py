"""One table of a source inside the engine: its cells as text, then typed, each row with the rule it breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from predictive_scoring.contract.history import TableName
from predictive_scoring.contract.rules import MAX_FIELD_CHARACTERS, Rule
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.rows import FileRows

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
    blanks: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by header: what stands for an empty cell
    files: list[FileRows] = field(default_factory=list)
    words: dict[str, set[str]] | None = None  # by header: what its cells said, of a part that was never kept as text

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
        """SQL of its rows of text, blanks as null; one whose cell lists several values stands once for each."""
        return self.rows_of(self.raw)

    @property
    def changes_cells(self) -> bool:
        """Whether its `rows` differ from the text that was read."""
        return self.split is not None or bool(self.blanks)

    def rows_of(self, filled: str) -> str:
        """Return SQL of `rows`, of rows of text that lie elsewhere than in the `raw` table."""
        for header, texts in self.blanks.items():
            cell = self.cell(header)
            listed = ", ".join(literal(text.strip()) for text in texts)
            filled = (
                f"(select * replace (case when trim({cell}) not in ({listed}) then {cell} end as {cell}) from {filled})"
            )
        if self.split is None:
            return filled
        cell = self.cell(self.split[0])
        values = f"list_transform(string_split({cell}, {literal(self.split[1])}), lambda value: trim(value))"
        values = f"list_distinct(list_filter({values}, lambda value: value <> ''))"
        each = f"unnest(case when len({values}) > 1 then {values} else [{cell}] end)"
        return f"(select * replace ({each} as {cell}) from {filled})"

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
    outside: str | None = None  # SQL over the typed columns: whether a number lies beyond its bounds


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
    verdict = verdict_sql(staged, columns, late)
    names = ", ".join(f'"{column.name}"' for column in columns)
    content = "" if staged.name in ("activities", "outcomes") else f", sha256({as_json(staged)}) as _content"
    numbered = f"(select *, row_number() over (order by _file_no, _record) as _row_no from {staged.rows})"
    rows = numbered if staged.name == "leads" else staged.rows
    engine.execute(
        f"create table {staged.typed} as "
        f"select _file_no, _record, {names}, _left_out{content}, "
        f"case when _left_out is not null then null {verdict} end as _rule "
        f"from (select *, {typed}, {left_out} as _left_out from {rows})"
    )


def verdict_sql(staged: Staged, columns: list[TypedColumn], late: str, *, of_text: bool = True) -> str:
    """Return the branches of a `case` that says the first rule a row breaks, in the order of `Rule`.

    Text is looked at only where the typed value is null: it costs more than everything else here.

    Parameters
    ----------
    of_text
        Whether a row may break a rule at all but those of numbers and of time.
    """
    cases = _of_text(staged, columns) if of_text else []
    for rule in (Rule.BAD_TIMESTAMP, Rule.NOT_A_NUMBER, Rule.NOT_A_BOOLEAN, Rule.NOT_A_DIRECTION):
        unread = [f"(\"{c.name}\" is null and trim({c.cell}) <> '')" for c in columns if c.rule is rule]
        if unread and (of_text or rule is Rule.NOT_A_NUMBER):
            cases.append((" or ".join(unread), rule))
    outside = [column.outside for column in columns if column.outside is not None]
    if outside:
        cases.append((" or ".join(outside), Rule.OUT_OF_BOUNDS))
    cases.append((late, Rule.FUTURE_ROW))
    return " ".join(f"when {condition} then '{rule.value}'" for condition, rule in cases)


def _of_text(staged: Staged, columns: list[TypedColumn]) -> list[tuple[str, Rule]]:
    limit = MAX_FIELD_CHARACTERS
    every_cell = f"concat({', '.join(staged.cells)})"
    long = [f"(strlen({cell}) > {limit} and length({cell}) > {limit})" for cell in staged.cells]  # bytes are quick
    may_have_controls = any(rows.may_have_controls for rows in staged.files)
    cases = [
        (f"regexp_matches({every_cell}, '{CONTROL}')" if may_have_controls else "false", Rule.CONTROL_CHARACTER),
        (" or ".join(long), Rule.FIELD_TOO_LONG),
    ]
    required = [f"(\"{c.name}\" is null and coalesce(trim({c.cell}), '') = '')" for c in columns if c.is_required]
    return [*cases, (" or ".join(required), Rule.MISSING_KEY)] if required else cases


def as_json(staged: Staged) -> str:
    """Return SQL for a raw row as JSON text, by the source's own headers."""
    pairs = ", ".join(f"{literal(header)}, {cell}" for header, cell in zip(staged.headers, staged.cells, strict=True))
    return f"cast(json_object({pairs}) as varchar)"


def reject(engine: Engine, parts: Sequence[Staged], rows: str) -> None:
    """Copy rows to `quarantine`; `rows` is a query of `_file_no`, `_record` and `_rule`."""
    engine.execute(f"create or replace table rejected as {rows}")
    if engine.scalar("select count(*) from rejected"):  # the texts of a large table are not read for nothing
        for staged in parts:
            engine.execute(
                f"insert into quarantine select '{staged.name}', r._file_no, r._record, q._rule, {as_json(staged)} "
                f"from rejected q join {staged.raw} r using (_file_no, _record)"
            )
    engine.execute("drop table rejected")
