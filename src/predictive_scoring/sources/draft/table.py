"""A table of the draft as entries: its path, how it is read, its columns, formats and attributes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from predictive_scoring.sources.draft.attributes import Attributes
from predictive_scoring.sources.draft.entry import Confidence, Entry, Guess
from predictive_scoring.sources.draft.profile import Column
from predictive_scoring.sources.draft.roles import Part
from predictive_scoring.sources.draft.time_formats import COUNTED, Instants


@dataclass
class Mapped:
    """The columns of the contract that a file has, with a guess for each, in the order they were decided."""

    columns: dict[str, Column] = field(default_factory=dict)
    guesses: dict[str, Guess] = field(default_factory=dict)

    def put(self, role: str, column: Column | None, guess: Guess | None) -> None:
        """Map a column, unless there is none."""
        if column is not None and guess is not None:
            self.columns[role] = column
            self.guesses[role] = guess

    @property
    def headers(self) -> set[str]:
        """The headers that are mapped."""
        return {column.header for column in self.columns.values()}

    @property
    def entry(self) -> Entry:
        """The key `columns`."""
        below = tuple(
            Entry(role, column.header, guesses=(self.guesses[role],)) for role, column in self.columns.items()
        )
        return Entry("columns", below=below)


def table_entry(part: Part, mapped: Mapped, base: Path, attributes: Attributes, more: tuple[Entry, ...] = ()) -> Entry:
    """Return a whole table; `more` are the keys that only it has, and `base` the folder that paths are relative to."""
    read = read_entry(part)
    of_file = () if read else part.file.look.written.guesses
    columns = (mapped.entry,) if mapped.columns else ()
    instants = {
        role: written for role, column in mapped.columns.items() if (written := part.file.types[column.header].instants)
    }
    formats = formats_entry({**_of_roles(instants), **attributes.instants})
    path = Entry("path", os.path.relpath(part.file.look.written.path, base), guesses=(part.guess, *of_file))
    return Entry(part.table, below=(path, *read, *columns, *formats, *more, *attributes.entry))


def _of_roles(instants: Mapping[str, Instants]) -> dict[str, Instants]:
    return {role: written for role, written in instants.items() if role.endswith("_at")}


def read_entry(part: Part) -> tuple[Entry, ...]:
    """Return the key `read` where a file is not plain."""
    written = part.file.look.written
    given = written.read.model_dump(exclude_defaults=True)
    guesses = list(written.guesses)
    if "decimal" in given or "thousands" in given:
        says = f"decimal sign {written.read.decimal!r}"
        guesses.append(Guess(says, "it is how most of the file's broken numbers are written", "likely"))
    return (Entry("read", given, guesses=tuple(guesses)),) if given else ()


def formats_entry(instants: Mapping[str, Instants]) -> tuple[Entry, ...]:
    """Return the key `formats`; where day and month cannot be told apart both ways stand as comments."""
    below: list[Entry] = []
    for name, written in instants.items():
        says = f"how {name} is written"
        if written.is_ambiguous:
            guess = Guess(says, f"{written.because}; take the comment off the right one", "unsure")
            first, *others = written.formats
            below.append(Entry(name, first, guesses=(guess,), is_active=False))
            below += [Entry(name, other, is_active=False) for other in others]
        elif written.formats[0] is not None:
            is_sure = not written.n_unread and written.formats[0] not in COUNTED
            confidence: Confidence = "sure" if is_sure else "likely"
            below.append(Entry(name, written.formats[0], guesses=(Guess(says, written.because, confidence),)))
    is_read = any(entry.is_active for entry in below)
    return (Entry("formats", below=tuple(below), is_active=is_read),) if below else ()
