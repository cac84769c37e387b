"""Words of the source file that no row has, as findings."""

from collections.abc import Iterator

from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History


def mapping_findings(history: History) -> Iterator[Finding]:
    """Yield the kinds, stages and selected values that the source file names and no row has."""
    for each in history.facts.never_seen:
        yield Finding(
            id=f"map.{each.key.split('.')[0]}_never_occur", severity="warn", n=0, table=each.table, column=each.word,
            what=f"{each.table}: `{each.key}` of the source file names {each.word!r}, which no row has",
            fix="correct its spelling (case counts), or take it out",
        )  # fmt: skip
