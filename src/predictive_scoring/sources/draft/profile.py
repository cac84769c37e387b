"""What the columns of a file hold: how full, how many values, and the shapes of the text; values of people stay inside.

The file's cells are read once, by the reader that the pipeline uses. Each distinct value becomes a *shape*, with `9`
for a digit and `a` or `A` for a letter: types are told by shapes, and a shape can be shown to anybody.
"""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits

from predictive_scoring.contract.source_columns import SourceAttribute
from predictive_scoring.contract.source_tables import SourceTable
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.draft.written import Written
from predictive_scoring.sources.loading import stage
from predictive_scoring.sources.rows import open_rows
from predictive_scoring.sources.staging import Staged

MAX_LEVELS_SHOWN = 60
MAX_SHAPES = 200
MAX_SHAPED = 20_000  # values of a column, about: what a shape promises is proved on all of them
SHAPE_CHARACTERS = 40
DIGIT = r"\p{N}"
SIGNS = "9" * 10 + "A" * 26 + "a" * 26
MAX_ROWS = 2_000_000  # of a longer file a sample is profiled, and the draft says so


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `levels` are its values with how often each occurs, commonest first, where there are at most 60; `shapes` the
    commonest shapes of its text.
    """

    header: str
    cell: str
    n_rows: int
    n_filled: int
    n_distinct: int
    longest: int
    shapes: tuple[tuple[str, int], ...]
    levels: tuple[tuple[str, int], ...]

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return self.n_rows > 0 and self.n_filled == self.n_distinct == self.n_rows

    @property
    def share_filled(self) -> float:
        """Share of the rows that have a value."""
        return self.n_filled / self.n_rows if self.n_rows else 0.0

    @property
    def share_distinct(self) -> float:
        """Distinct values by filled cell."""
        return self.n_distinct / self.n_filled if self.n_filled else 0.0


@dataclass(frozen=True)
class Look:
    """A file as it was found; its rows lie in the engine as the table `rows`, its distinct values as `cells`."""

    number: int
    written: Written
    n_rows: int
    columns: tuple[Column, ...]

    @property
    def rows(self) -> str:
        """The engine's table of rows: `_record` and a text column for each header."""
        return f"rows_{self.number}"

    @property
    def cells(self) -> str:
        """The engine's table of distinct values: `cell`, `value`, `n`, `shape`."""
        return f"cells_{self.number}"

    @property
    def name(self) -> str:
        """The file's name."""
        return self.written.path.name

    def column(self, header: str) -> Column:
        """Return a column by its header."""
        return next(column for column in self.columns if column.header == header)


def look_at(engine: Engine, number: int, written: Written) -> Look:
    """Read a file into the engine and return what its columns hold.

    Raises
    ------
    DataContractError
        If the file cannot be read as its first lines promise, or a header stands twice.
    """
    headers = written.headers
    listed = {
        header: SourceAttribute.model_validate({"as": f"c{index}", "type": "text", "known": "at_export"})
        for index, header in enumerate(headers)
    }
    table = SourceTable(path=written.path.name, read=written.read, attributes=listed)
    staged = Staged("leads", table.headers, part=number)
    files = [open_rows(path, written.kind, staged.headers, written.read) for path in written.pieces]
    stage(engine, staged, table, files)
    if len(files) > 1:  # each file counts its own records
        numbered = "* replace (row_number() over (order by _file_no, _record) as _record)"
        engine.execute(f"create or replace table {staged.raw} as select {numbered} from {staged.raw}")
    engine.execute(f"alter table {staged.raw} rename to rows_{number}")
    n_rows = engine.scalar(f"select count(*) from rows_{number}")
    _count_values(engine, number, n_rows, staged.cells)
    columns = _columns(engine, number, min(n_rows, MAX_ROWS), dict(zip(headers, staged.cells, strict=True)))
    return Look(number, written, n_rows, columns)


def _columns(engine: Engine, number: int, n_rows: int, cells: dict[str, str]) -> tuple[Column, ...]:
    """Return the columns under their headers, as the distinct values tell them."""
    counts = engine.sql(
        "select cell, cast(sum(n) as bigint) as n_filled, count(*) as n_distinct, max(length(value)) as longest "
        f"from cells_{number} group by cell"
    ).to_pylist()
    found = {row.pop("cell"): row for row in counts}
    shaped = f"select cell, shape as what, sum(n) as n from cells_{number} where shape is not null group by all"
    few = f"select cell from cells_{number} group by cell having count(*) <= {MAX_LEVELS_SHOWN}"
    levelled = f"select cell, value as what, n from cells_{number} where cell in ({few})"
    shapes = _commonest(engine, shaped, MAX_SHAPES)
    levels = _commonest(engine, levelled, MAX_LEVELS_SHOWN)
    nothing = {"n_filled": 0, "n_distinct": 0, "longest": 0}
    return tuple(
        Column(
            header=header, cell=cell, n_rows=n_rows, **found.get(cell, nothing),
            shapes=shapes.get(cell, ()), levels=levels.get(cell, ()),
        )
        for header, cell in cells.items()
    )  # fmt: skip


def _count_values(engine: Engine, number: int, n_rows: int, cells: list[str]) -> None:
    """Make the table of distinct values and their shapes, of all columns at once; of many values some have a shape."""
    sample = f" using sample reservoir({MAX_ROWS} rows) repeatable (1)" if n_rows > MAX_ROWS else ""
    listed = ", ".join(cells)
    engine.execute(
        f"create table counted as select cell, value, count(*) as n "
        f"from (unpivot (select {listed} from rows_{number}{sample}) on {listed} into name cell value value) "
        "where trim(value) <> '' group by all"
    )
    is_shaped = f"hash(value) % greatest(1, count(*) over (partition by cell) // {MAX_SHAPED}) = 0"
    shape = _shape(f"substr(trim(value), 1, {SHAPE_CHARACTERS})")
    engine.execute(
        f"create table cells_{number} as select cell, value, n, case when is_shaped then {shape} end as shape "
        f"from (select *, {is_shaped} as is_shaped from counted)"
    )
    engine.execute("drop table counted")


def _shape(text: str) -> str:
    """Return SQL for a text's shape; patterns are needed only where a letter is not plain ASCII."""
    plain = f"translate({text}, {literal(digits + ascii_uppercase + ascii_lowercase)}, {literal(SIGNS)})"
    shape = f"regexp_replace({text}, {literal(DIGIT)}, '9', 'g')"
    for letters, sign in ((r"\p{Lu}", "A"), (r"[^A\P{L}]", "a"), (r"\p{M}", "a")):
        shape = f"regexp_replace({shape}, {literal(letters)}, '{sign}', 'g')"
    return f"case when strlen({text}) = length({text}) then {plain} else {shape} end"


def _commonest(engine: Engine, counted: str, limit: int) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return, for each cell, what occurs in it and how often, commonest first."""
    ranked = engine.sql(
        f"select cell, what, cast(n as bigint) as n from ({counted}) "
        f"qualify row_number() over (partition by cell order by n desc, what) <= {limit} order by cell, n desc, what"
    ).to_pylist()
    by_cell: dict[str, list[tuple[str, int]]] = {}
    for row in ranked:
        by_cell.setdefault(row["cell"], []).append((row["what"], row["n"]))
    return {cell: tuple(pairs) for cell, pairs in by_cell.items()}
