"""Words of a source file that no row has: one that is misspelt changes what is read, and nothing else says so."""

from collections.abc import Iterator, Sequence

from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import NeverSeen, TableName
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import ActivitiesTable, OutcomesTable, SourceTable
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.staging import Staged


def never_seen(engine: Engine, source: Source, staged: dict[TableName, list[Staged]]) -> tuple[NeverSeen, ...]:
    """Return the values listed under `only`, `kinds` and `stages` that no row of their part has, as they are spelt."""
    return tuple(
        NeverSeen(table=name, key=key, word=word)
        for name, parts in staged.items()
        for table, part in zip(source.tables.given[name], parts, strict=True)
        for key, header, words in listed_words(table)
        for word in _absent(engine, part, header, words)
    )


def listed_words(table: SourceTable) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield key, header and words of each list in a part of a table that says which values are meant."""
    for header, values in table.only.items():
        yield f"only.{header}", header, values
    if isinstance(table, ActivitiesTable) and table.columns.kind:
        yield "kinds", table.columns.kind, tuple(table.kinds)
    if isinstance(table, OutcomesTable) and table.columns.stage:
        yield "stages", table.columns.stage, tuple(table.stages)


def _absent(engine: Engine, staged: Staged, header: str, words: Sequence[str]) -> list[str]:
    if not words:
        return []
    cells = words_under(engine, staged, header) if staged.words is None else staged.words[header]
    found = {clean_text(cell) for cell in cells}
    return [word for word in words if clean_text(word) not in found]


def words_under(engine: Engine, staged: Staged, header: str) -> set[str]:
    """Return what the cells under a header of a part say that is kept as text."""
    cell = staged.cell(header)
    return set(
        engine.sql(f"select distinct {cell} as cell from {staged.raw} where {cell} is not null")["cell"].to_pylist()
    )
