"""What type a column's text has: number, boolean, date, category or free text; told by shapes, proved on all values."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from predictive_scoring.contract.history import AttributeType
from predictive_scoring.contract.source_columns import Read
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.time_formats import Instants, candidates, fit_of
from predictive_scoring.sources.draft.vocabulary import CODES, FREE_TEXT, NO, PERSONAL, YES, plain, says_one_of

ENOUGH = 0.98  # of the filled cells have the type; the rest would be quarantined, and is counted
NO_AMOUNTS = (*PERSONAL["a telephone number"], "ip", "version")
MAX_CODES = 60
MAX_COUNTS = 12
N_CHARACTERS_OF_TEXT = 60
WRITTEN: dict[str, tuple[Literal[".", ","], Literal[".", ",", " ", "'"] | None]] = {
    r"[+-]?(9+([.]9*)?|[.]9+)([aA][+-]?9+)?": (".", None),
    r"[+-]?9+(,9*)?": (",", None),
    r"[+-]?9{1,3}([.]9{3})*(,9+)?": (",", "."),
    r"[+-]?9{1,3}(,9{3})*([.]9+)?": (".", ","),
    r"[+-]?9{1,3}( 9{3})*(,9+)?": (",", " "),
}


@dataclass(frozen=True)
class Typed:
    """A column's type, why, how many of its filled cells do not have it, and how its instants are written."""

    type: AttributeType
    because: str
    n_unread: int = 0
    instants: Instants | None = None
    doubt: str = ""  # what a person has to decide about the type


def number_signs(look: Look) -> Read:
    """Return the file's `read` with the decimal and thousands signs that fit most of its columns of numbers.

    Numbers without any sign speak for no sign, so a file of whole numbers keeps the usual point.
    """
    votes: dict[tuple[str, str | None], int] = {}
    for column in look.columns:
        fits = [signs for pattern, signs in WRITTEN.items() if _share(column, pattern) >= ENOUGH]
        is_plain = _share(column, "[+-]?9+") >= ENOUGH
        if fits and not is_plain and not says_one_of(column.header, NO_AMOUNTS):
            votes[fits[0]] = votes.get(fits[0], 0) + 1
    usual = votes.get((".", None), 0)
    signs = max(votes, key=lambda key: (votes[key], key == (".", None)), default=(".", None))
    if signs == (".", None) or votes[signs] <= usual:
        return look.written.read
    return look.written.read.model_copy(update={"decimal": signs[0], "thousands": signs[1]})


def types_of(engine: Engine, look: Look) -> dict[str, Typed]:
    """Return the type of each column, by header; every value is tried, not the first ones."""
    read = look.written.read
    pattern = next(shape for shape, signs in WRITTEN.items() if signs == (read.decimal, read.thousands))
    typed = {column.header: _by_shapes(column, pattern) for column in look.columns}
    instants = fit_of(engine, look, {c.header: candidates(c) for c in look.columns if candidates(c)})
    for header, found in instants.items():
        if found.n_unread <= (1 - ENOUGH) * look.column(header).n_filled:
            typed[header] = Typed("date", found.because, found.n_unread, instants=found)
    return _proved(engine, look, _as_their_siblings(look, typed))


def _as_their_siblings(look: Look, typed: dict[str, Typed]) -> dict[str, Typed]:
    """Return the types with booleans taken back where like columns show that yes and no, or 0 and 1, are not all.

    Beside columns that also say 'unknown' a column of yes and no alone is one more category; beside many columns of
    small whole numbers, one of 0 and 1 is a count.
    """
    words = {column.header: {value.strip().lower() for value, _ in column.levels} for column in look.columns}
    has_third_word = any({"yes", "no"} < found and len(found) <= 4 for found in words.values())
    binary = [header for header, found in words.items() if found == {"0", "1"}]
    counts = [h for h, found in words.items() if typed[h].type == "number" and 2 < len(found) <= MAX_COUNTS]
    for header in typed:
        if has_third_word and words[header] == {"yes", "no"}:
            typed[header] = Typed("category", "yes and no, beside columns that also know a third word")
        elif header in binary and len(counts) > 2 * len(binary):
            typed[header] = Typed("number", "0 and 1, beside many columns of small whole numbers")
    return typed


def _by_shapes(column: Column, number: str) -> Typed:
    words = {value.strip().lower() for value, _ in column.levels}
    if 1 <= len(words) <= 2 and words <= {*YES, *NO, "sí"}:
        return Typed("boolean", "its values are words for yes and no")
    if _share(column, number) >= ENOUGH and not says_one_of(column.header, NO_AMOUNTS):
        return _of_digits(column)
    is_called_text = says_one_of(column.header, FREE_TEXT) is not None
    is_varied = column.share_distinct > 0.5 or column.longest > N_CHARACTERS_OF_TEXT
    if column.n_distinct > MAX_CODES and (is_called_text or is_varied):
        named = ", and the name says it is free text" if is_called_text else ""
        return Typed("text", f"{column.n_distinct:,} values of up to {column.longest} characters{named}")
    return Typed("category", f"{column.n_distinct:,} values in {column.n_filled:,} cells")


def _of_digits(column: Column) -> Typed:
    if plain(column.header) != "id" and says_one_of(column.header, CODES):
        return Typed("category", "digits, but the name says they stand for things")
    if any(re.fullmatch("0[0-9]+", value) for value, _ in column.levels):
        return Typed("category", "digits with zeros in front")
    doubt = f"{column.shapes[0][0]!r} may also mean a thousand and more" if _has_three_digits_after(column) else ""
    return Typed("number", "its cells are numbers", doubt=doubt)


def _has_three_digits_after(column: Column) -> bool:
    """Whether every sign in a column of numbers is followed by three digits, as one between thousands would be."""
    signed = [shape for shape, _ in column.shapes if re.search("[.,]", shape)]
    return bool(signed) and all(re.fullmatch("[+-]?9{1,3}[.,]999", shape) for shape in signed)


def _share(column: Column, pattern: str) -> float:
    """Return the share of the filled cells whose shape is as the pattern says, among the commonest shapes."""
    told = sum(n for _, n in column.shapes)
    return sum(n for shape, n in column.shapes if re.fullmatch(pattern, shape)) / told if told else 0.0


def _proved(engine: Engine, look: Look, typed: dict[str, Typed]) -> dict[str, Typed]:
    """Count the values that the pipeline would not read as numbers; too many, and the column is none."""
    numbers = [header for header, found in typed.items() if found.type == "number"]
    if not numbers:
        return typed
    cells = ", ".join(literal(look.column(header).cell) for header in numbers)
    unread = engine.sql(
        f"select cell, cast(sum(n) as bigint) as n from {look.cells} where cell in ({cells}) "
        f"and {typing_sql.number('value', look.written.read)} is null group by cell"
    ).to_pylist()
    n_of = {row["cell"]: row["n"] for row in unread}
    for header in numbers:
        column = look.column(header)
        n_unread = n_of.get(column.cell, 0)
        if n_unread > (1 - ENOUGH) * column.n_filled:
            typed[header] = Typed("category", f"{n_unread:,} of {column.n_filled:,} cells do not read as numbers")
        elif n_unread:
            typed[header] = replace(typed[header], n_unread=n_unread)
    return typed
