"""Everything that was found out about the files, before anything is decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.draft.joins import Join, find_joins
from predictive_scoring.sources.draft.personal import personal_reason
from predictive_scoring.sources.draft.profile import Column, Look, look_at
from predictive_scoring.sources.draft.value_types import Typed, number_signs, types_of
from predictive_scoring.sources.draft.vocabulary import says_one_of
from predictive_scoring.sources.draft.written import Written


@dataclass(frozen=True)
class FileEvidence:
    """A file, the type of each of its columns, and which columns are personal data and why."""

    look: Look
    types: dict[str, Typed]
    personal: dict[str, str]

    @property
    def number(self) -> int:
        """The file's number, by which joins name it."""
        return self.look.number

    def of_type(self, *types: str) -> list[Column]:
        """Return the columns of some types that have values, in the file's order."""
        return [c for c in self.look.columns if c.n_filled and self.types[c.header].type in types]

    def words_in(self, column: Column, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the values of a column of few values that hold one of some words."""
        return tuple(value for value, _ in column.levels if says_one_of(value, words))


@dataclass(frozen=True)
class Evidence:
    """All files and how they join."""

    files: tuple[FileEvidence, ...]
    joins: tuple[Join, ...]

    def best_join(self, from_file: int, to_file: int, to_header: str | None = None) -> Join | None:
        """Return the column of one file whose ids are best found in another's key; None if none matches."""
        fitting = [
            join for join in self.joins
            if (join.from_file, join.to_file) == (from_file, to_file) and to_header in (None, join.to_header)
        ]  # fmt: skip
        return max(fitting, key=lambda join: (join.share_found, join.share_used), default=None)


def gather(engine: Engine, written: Sequence[Written]) -> Evidence:
    """Read every file and return what was found."""
    files = []
    for number, each in enumerate(written):
        look = look_at(engine, number, each)
        look = replace(look, written=replace(look.written, read=number_signs(look)))
        types = types_of(engine, look)
        personal = {c.header: why for c in look.columns if (why := personal_reason(engine, look, c, types[c.header]))}
        files.append(FileEvidence(look, types, personal))
    joins = find_joins(engine, [file.look for file in files], {file.number: file.types for file in files})
    return Evidence(tuple(files), tuple(joins))
