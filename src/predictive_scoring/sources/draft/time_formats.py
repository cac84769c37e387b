"""How the instants of a column are written: one format must fit every value, or a person has to say."""

import re
from dataclasses import dataclass

from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.vocabulary import plain

ISO = r"9999-99-99([TA ]99:99(:99([.]9+)?)?)?"
ISO_OFFSET = ISO + r" ?(A|AAA|[+-]99(:?99)?)"
DATE = r"(9{1,2})([/.-])(9{1,2}|A?a{2,3}|AAA)\2(9999|99)"
TIME = r"(,? 9{1,2}:99(:99)?( ?[Aa][.]?[Aa][.]?)?)?"
IN_DATES = re.compile("date|time|fecha|hora|created|closed| at$|^at$| on$|timestamp|creacion|cierre|alta|since|when")
N_COMMONEST = 5
COUNTED = ("excel", "epoch_s", "epoch_ms", "epoch_us", "%Y%m%d")  # numbers that might be something else


@dataclass(frozen=True)
class Instants:
    """The formats that fit a column best (None is ISO 8601); more than one means that nobody can tell from the values.

    `needs_zone`: whether they carry no offset; `n_unread`: how many values no format fits.
    """

    formats: tuple[str | None, ...]
    n_unread: int
    needs_zone: bool
    because: str

    @property
    def is_ambiguous(self) -> bool:
        """Whether several formats fit equally well."""
        return len(self.formats) > 1


def candidates(column: Column) -> tuple[str | None, ...]:
    """Return the formats worth trying on a column, by its commonest shapes; none if it does not look like instants."""
    shapes = [shape for shape, _ in column.shapes[:N_COMMONEST]]
    if any(re.fullmatch(f"{ISO}|{ISO_OFFSET}", shape) for shape in shapes):
        return (None,)
    found: dict[str | None, None] = {}
    for shape in shapes:
        found |= dict.fromkeys(_of_shape(shape, is_named=bool(IN_DATES.search(plain(column.header)))))
    return tuple(found)


def _of_shape(shape: str, *, is_named: bool) -> tuple[str, ...]:
    if match := re.fullmatch(DATE + TIME, shape):
        sign, middle, year = match[2], match[3], "%Y" if match[4] == "9999" else "%y"
        clock = _clock(shape)
        if "a" in middle.lower():
            return (f"%d{sign}%b{sign}{year}{clock}",)
        return (f"%d{sign}%m{sign}{year}{clock}", f"%m{sign}%d{sign}{year}{clock}")
    if match := re.fullmatch(r"9999([/.])99\1(99)" + TIME, shape):
        return (f"%Y{match[1]}%m{match[1]}%d{_clock(shape)}",)
    if is_named and shape in ("9999999999", "9" * 13, "9" * 16):
        return ({10: "epoch_s", 13: "epoch_ms", 16: "epoch_us"}[len(shape)],)
    if is_named and re.fullmatch("9{5}([.]9+)?", shape):
        return ("excel",)
    return ("%Y%m%d",) if is_named and shape == "99999999" else ()


def _clock(shape: str) -> str:
    match = re.search(TIME + "$", shape)
    if not match or not match[1]:
        return ""
    gap = ", " if match[1].startswith(",") else " "
    seconds = ":%S" if match[2] else ""
    return f"{gap}%I:%M{seconds}{' ' if ' ' in match[3] else ''}%p" if match[3] else f"{gap}%H:%M{seconds}"


def fit_of(engine: Engine, look: Look, tried: dict[str, tuple[str | None, ...]]) -> dict[str, Instants]:
    """Return, for each header, the formats under which the fewest of its values stay unread."""
    return {header: _fit(engine, look, look.column(header), formats) for header, formats in tried.items()}


def _fit(engine: Engine, look: Look, column: Column, formats: tuple[str | None, ...]) -> Instants:
    unread = [f"{typing_sql.instant('value', form, 'UTC', is_date=True)} is null" for form in formats]
    trials = [f"cast(coalesce(sum(n) filter ({each}), 0) as bigint) as f{i}" for i, each in enumerate(unread)]
    lacks = f"coalesce(sum(n) filter ({typing_sql.lacks_offset('value', formats[0])}), 0) > 0 as lacks_offset"
    (row,) = engine.sql(
        f"select {', '.join(trials)}, {lacks} from {look.cells} where cell = {literal(column.cell)}"
    ).to_pylist()
    fewest = min(row[f"f{i}"] for i in range(len(formats)))
    best = tuple(form for i, form in enumerate(formats) if row[f"f{i}"] == fewest)
    return Instants(best, fewest, row["lacks_offset"], _because(best, column, fewest))


def _because(best: tuple[str | None, ...], column: Column, n_unread: int) -> str:
    fits = "every value" if not n_unread else f"all but {n_unread:,} of {column.n_filled:,} values"
    if len(best) > 1:
        return f"day and month cannot be told apart: {' and '.join(map(repr, best))} fit {fits}"
    return f"{'ISO 8601' if best[0] is None else repr(best[0])} fits {fits}"
