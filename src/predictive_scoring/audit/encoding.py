"""Words that were read with the wrong code page: 'PÃ¡gina' for 'Página', which reports and mappings would repeat."""

from collections.abc import Iterator
from typing import Final

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.rules import table_of
from predictive_scoring.contract.history import History, TableName
from predictive_scoring.engine.duck import Engine, quoted
from predictive_scoring.errors import counted

MAX_VALUES: Final = 1000  # of a column that are looked at, the commonest first
OWN: Final[tuple[tuple[TableName, str], ...]] = (
    ("activities", "kind"), ("activities", "topic"), ("outcomes", "stage"), ("outcomes", "reason"),
)  # fmt: skip


def encoding_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield the columns of kinds, stages and categories that hold UTF-8 which was read as cp1252 or latin-1."""
    columns = [(table, name, name) for table, name in OWN]
    columns += [(each.table, each.name, each.spoken) for each in history.facts.attributes if each.type == "category"]
    for table, name, spoken in columns:
        rows = engine.sql(
            f"select {quoted(name)} as word, count(*) as n from {table_of(history, table)} "
            f"where strlen({quoted(name)}) > length({quoted(name)}) group by 1 order by 2 desc, 1 "
            f"limit {MAX_VALUES}"
        ).to_pylist()
        meant = [(text, row["n"]) for row in rows if (text := as_meant(row["word"])) is not None]
        if meant:
            letter = next(each for each in meant[0][0] if not each.isascii())
            yield Finding(
                id="text.wrong_encoding", severity="warn", n=sum(n for _, n in meant), table=table, column=spoken,
                what=f"{table}: column {spoken!r} holds UTF-8 that was read with another code page, in "
                f"{counted(len(meant), 'value')} ({_misread(letter)!r} stands for {letter!r})",
                fix=f"`read: {{encoding: utf-8}}` under tables.{table} in the source file; if the export itself looks "
                "so, it was misread before, and is to be made again",
            )  # fmt: skip


def as_meant(text: str) -> str | None:
    """Return the text that was misread, or None if it was not.

    Only what gives valid UTF-8 as a whole was: in honest words such letters hardly ever follow one another.

    Examples
    --------
    >>> as_meant("PÃ¡gina vista"), as_meant("Página vista"), as_meant("page view")
    ('Página vista', None, None)
    """
    try:
        meant = b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return None
    return None if meant == text else meant


def _byte(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")  # the five bytes that cp1252 leaves open, as readers pass them on


def _misread(letter: str) -> str:
    return "".join(bytes([each]).decode("cp1252", "ignore") or chr(each) for each in letter.encode())
