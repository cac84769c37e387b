"""The columns that play no part in the contract: read as attributes, or listed and left for a person to decide."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from predictive_scoring.contract.attribute_names import RESERVED, attribute_name
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.draft.afterwards import Relation, signs
from predictive_scoring.sources.draft.entry import Entry, Guess
from predictive_scoring.sources.draft.evidence import FileEvidence
from predictive_scoring.sources.draft.personal import masks
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.time_formats import Instants
from predictive_scoring.sources.draft.value_types import Typed
from predictive_scoring.sources.draft.vocabulary import FREE_TEXT, plain, says_one_of

OF_A_DATE = ("date", "fecha", "fecha de", "at", "on")


@dataclass(frozen=True)
class Context:
    """What is known of a table when its attributes are drafted.

    `taken` are headers that already have a part; `relations` say how columns go with the outcome; `late` are the dates
    that mostly lie after the creation, with the share of the rows in which they do; `dated` are columns with a date of
    their own.
    """

    file: FileEvidence
    taken: Collection[str]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    late: Mapping[str, float] = field(default_factory=dict)
    dated: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Attributes:
    """Drafted attributes and the formats that their dates and `known: {at: …}` need, by name."""

    entries: list[Entry] = field(default_factory=list)
    instants: dict[str, Instants] = field(default_factory=dict)

    @property
    def entry(self) -> tuple[Entry, ...]:
        """The key `attributes`, a comment if no column is read."""
        is_read = any(entry.is_active for entry in self.entries)
        return (Entry("attributes", below=tuple(self.entries), is_active=is_read),) if self.entries else ()


def attributes_of(context: Context) -> Attributes:
    """Return an entry for every column that is not taken: active where it can be read, else a comment with why."""
    drafted = Attributes()
    dated = {header: date for header, date in context.dated.items() if date not in context.taken}
    names: set[str] = set(RESERVED)
    for column in context.file.look.columns:
        if column.header in context.taken or column.header in dated.values():
            continue
        why = _not_read(context.file, column)
        if why is not None:
            told = signs(column, context.relations.get(column.header))
            drafted.entries.append(_left_to_a_person(column, "; ".join([why[0], *told]), is_open=why[1]))
            continue
        name = attribute_name(column.header)
        while name in names:
            name = f"{name}_2"
        names.add(name)
        _add(context, drafted, column, name, dated.get(column.header))
    return drafted


def _add(context: Context, drafted: Attributes, column: Column, name: str, dated: str | None) -> None:
    typed = context.file.types[column.header]
    value: dict[str, object] = {} if name == attribute_name(column.header) else {"as": name}
    value["type"] = typed.type
    because = typed.because + (f"; not so: {typed.n_unread:,}" if typed.n_unread and typed.type == "number" else "")
    found = signs(column, context.relations.get(column.header))
    if column.header in context.late:
        found.append(f"its dates lie after the creation in {context.late[column.header]:.0%} of the rows")
    if dated is not None:
        value["known"] = {"at": dated}
        because += f"; {dated!r} is filled in the same rows, and its name says it is the date of this"
        at = context.file.types[dated].instants
        drafted.instants |= {f"{name}__known_at": at} if at else {}
    elif found:
        value["known"] = "at_export"
        because += f"; perhaps written after the outcome: {'; '.join(found)}"
    else:
        value["known"] = "at_creation"
        because += (
            "; nothing speaks against at_creation" if context.relations else "; its name says nothing of a later time"
        )
    if typed.type == "date" and typed.instants:
        drafted.instants[name] = typed.instants
    because += f"; {typed.doubt}" if typed.doubt else ""
    guess = Guess(f"{column.header!r} is a {typed.type}", because, "unsure" if typed.doubt else "likely")
    drafted.entries.append(Entry(column.header, value, guesses=(guess,)))


def _not_read(file: FileEvidence, column: Column) -> tuple[str, bool] | None:
    """Return why a column is left out and whether that is an open question, or None if it is read."""
    typed = file.types[column.header]
    if column.header in file.personal:
        return f"personal data: {file.personal[column.header]}", False
    if not column.n_filled or (column.n_distinct == 1 and column.n_filled == column.n_rows):
        return "it is empty" if not column.n_filled else "it is the same in every row", False
    if typed.instants is not None and typed.instants.is_ambiguous:
        forms = " or ".join(map(repr, typed.instants.formats))
        return f"{typed.instants.because}; declare {forms} under formats", True
    why = _names_things(column, typed)
    return (why, False) if why else None


def _names_things(column: Column, typed: Typed) -> str | None:
    """Return why a column holds ids or free text rather than something that leads share; None if it does not."""
    is_of_its_own = column.share_distinct > 0.9 and column.n_filled > 50 and typed.type not in ("date", "boolean")
    if is_of_its_own and (typed.type != "number" or _counts_up(column)):
        return f"nearly every row has its own value ({masks(column)}): an id or free text, and no attribute"
    if typed.type == "text" and not says_one_of(column.header, FREE_TEXT):
        return f"free text ({typed.because}; {masks(column)}): it never is a feature, and may name people"
    return None


def _counts_up(column: Column) -> bool:
    """Whether whole numbers of one length, each its own, are more likely names of things than measurements."""
    return column.is_key and len(column.shapes) <= 7 and all(set(shape) == {"9"} for shape, _ in column.shapes)


def _left_to_a_person(column: Column, why: str, *, is_open: bool) -> Entry:
    says = f"{column.header!r} is not read"
    guess = Guess(says, why, "unsure" if is_open else "likely")
    return Entry(column.header, {"type": "text", "known": "at_export"}, guesses=(guess,), is_active=False)


def dated_columns(engine: Engine, file: FileEvidence) -> dict[str, str]:
    """Return the column of its date for each column that has one: `Budget` and `Budget Date`, filled alike."""
    found = {}
    by_name = {plain(column.header): column for column in file.of_type("date")}
    for column in file.look.columns:
        name = plain(column.header)
        pairs = [f"{name} {word}" for word in OF_A_DATE] + [f"{word} {name}" for word in OF_A_DATE]
        date = next((by_name[pair] for pair in pairs if pair in by_name), None)
        if date is None or date.n_filled != column.n_filled:
            continue
        alone = f"(trim({column.cell}) <> '') is distinct from (trim({date.cell}) <> '')"
        if not engine.scalar(f"select count(*) from {file.look.rows} where {alone}"):
            found[column.header] = date.header
    return found


def late_dates(engine: Engine, file: FileEvidence, created: Column) -> dict[str, float]:
    """Return the columns of dates that lie a day or more after the lead's creation in most rows, with the share."""
    created_as = file.types[created.header].instants
    found = {}
    for column in file.of_type("date"):
        written = file.types[column.header].instants
        if (
            column is created
            or written is None
            or created_as is None
            or written.is_ambiguous
            or created_as.is_ambiguous
        ):
            continue
        at = typing_sql.instant(column.cell, written.formats[0], "UTC", is_date=True)
        start = typing_sql.instant(created.cell, created_as.formats[0], "UTC")
        percent = engine.scalar(
            f"select cast(100 * avg(cast({at} >= {start} + interval 1 day as integer)) as integer) "
            f"from {file.look.rows}"
        )
        if percent > 50:
            found[column.header] = percent / 100
    return found
