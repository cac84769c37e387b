"""Words of a source file that no row has: a kind or stage that is misspelled counts as another."""

from collections.abc import Iterator

from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History, TableName
from predictive_scoring.contract.source_file import ActivitiesTable, OutcomesTable, Source
from predictive_scoring.storage import read_parquet


def mapping_findings(history: History, source: Source) -> Iterator[Finding]:
    """Yield the kinds, stages and directions that a source file maps and no kept row has."""
    for name, parts in source.tables.given.items():
        for table in parts:
            if isinstance(table, ActivitiesTable):
                found = _values(history, name, "kind")
                yield from _never(name, "kinds", table.kinds, found)
                yield from _never(name, "directions", {kind: kind for kind in table.directions}, found)
            if isinstance(table, OutcomesTable):
                yield from _never(name, "stages", table.stages, _values(history, name, "stage"))


def _values(history: History, table: TableName, column: str) -> set[str]:
    return set(read_parquet(history.path(table), [column])[column].unique().to_pylist())


def _never(table: TableName, key: str, mapped: dict[str, str], found: set[str]) -> Iterator[Finding]:
    for theirs, ours in mapped.items():
        if ours not in found:
            yield Finding(
                id=f"map.{key}_never_occur", severity="warn", n=0, table=table, column=theirs,
                what=f"{table}: `{key}` of the source file names {theirs!r}, which no row that was kept has",
                fix="correct its spelling (case counts), or take it out",
            )  # fmt: skip
