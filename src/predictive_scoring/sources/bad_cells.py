"""Which column a row broke its rule in; looked up for the rows that broke one, so that the others cost nothing."""

from collections.abc import Sequence

from predictive_scoring.contract.rules import Rule
from predictive_scoring.engine.duck import Engine, literal, quoted
from predictive_scoring.sources.staging import Staged, TypedColumn


def name_bad_cells(engine: Engine, staged: Staged, columns: Sequence[TypedColumn]) -> None:
    """Add to `bad_cells` the first column in which each row of a typed table breaks its rule, by the user's header."""
    bad = f"select * from {staged.typed} where _rule is not null"
    if engine.scalar(f"select count(*) from ({bad})"):
        cell = bad_cell_sql(staged, columns)
        engine.execute(
            f"insert into bad_cells select {literal(staged.name)}, _file_no, _record, min({cell}) "
            f"from ({bad}) join {staged.rows} as given using (_file_no, _record) group by _file_no, _record"
        )


def bad_cell_sql(staged: Staged, columns: Sequence[TypedColumn]) -> str:
    """Return SQL for the header of the first column in which a row with a `_rule` breaks it; null if it is no cell."""
    cases = [case for column in columns if column.cell in staged.cells for case in _cases(staged, column)]
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"


def _cases(staged: Staged, column: TypedColumn) -> list[str]:
    value, header = quoted(column.name), literal(staged.headers[staged.cells.index(column.cell)])
    broken = []
    if column.is_required:
        broken.append((Rule.MISSING_KEY, f"coalesce(trim({column.cell}), '') = ''"))
    if column.rule is not None:
        broken.append((column.rule, f"{value} is null and trim({column.cell}) <> ''"))
    if column.outside is not None:
        broken.append((Rule.OUT_OF_BOUNDS, column.outside))
    return [f"when _rule = '{rule.value}' and ({how}) then {header}" for rule, how in broken]
