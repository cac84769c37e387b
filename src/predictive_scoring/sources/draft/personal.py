"""Which columns are data of persons, by what they are called and by the shapes of what they hold."""

import re

from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.draft.profile import Column, Look
from predictive_scoring.sources.draft.value_types import Typed
from predictive_scoring.sources.draft.vocabulary import FREE_TEXT, NO_PERSON, PERSONAL, plain, says_one_of

EMAIL = r"[^@\s]+@[^@\s]+[.][^@\s.]+"
PHONE = r"[+(]?9[9 ().-]{7,18}9"
SEPARATED = r".*[+ ()-].*"
NAMES = r"(\p{Lu}\p{Ll}+([- ](de|del|la)( la)?)?[- ]){1,3}\p{Lu}\p{Ll}+"
MOST = 0.5
N_SHOWN = 3
OF_ITS_OWN = 0.3  # values by filled cell: names of persons repeat less than those of jobs and places
NOT_NAMES = (*FREE_TEXT, *NO_PERSON)


def personal_reason(engine: Engine, look: Look, column: Column, typed: Typed) -> str | None:
    """Return why a column is personal data, or None; the reason shows shapes, never a value."""
    seen = masks(column)
    by_content = _by_content(engine, look, column, typed)
    if by_content:
        return f"{by_content} ({seen})"
    if typed.type in ("number", "boolean") or says_one_of(column.header, NO_PERSON):
        return None
    for what, phrases in PERSONAL.items():
        said = says_one_of(column.header, phrases)
        is_bare = what != "a person's name" or plain(column.header) in phrases
        if said and is_bare and not (typed.type == "date" and what != "a birthday"):
            return f"the name says {what} ({said!r}; {seen})"
    return None


def masks(column: Column) -> str:
    """Return the commonest shapes of a column for a person to see: `9` for a digit, `a` and `A` for letters."""
    if not column.shapes:
        return "it is empty"
    return "looks like " + ", ".join(repr(shape) for shape, _ in column.shapes[:N_SHOWN])


def _by_content(engine: Engine, look: Look, column: Column, typed: Typed) -> str | None:
    if _share(column, EMAIL) > MOST:
        return "its cells are e-mail addresses"
    if typed.type in ("category", "text") and _share(column, PHONE, SEPARATED) > MOST and column.n_distinct > 20:
        return "its cells are written like telephone numbers"
    if column.n_distinct > 20 and column.share_distinct > OF_ITS_OWN and not says_one_of(column.header, NOT_NAMES):
        matching = f"cast(100 * avg(cast(regexp_full_match(trim(value), {literal(NAMES)}) as integer)) as integer)"
        percent = engine.scalar(f"select {matching} from {look.cells} where cell = {literal(column.cell)}")
        if percent >= 80:
            return f"{percent} % of its values are two or more capitalised words, nearly each of its own, as names are"
    return None


def _share(column: Column, *patterns: str) -> float:
    told = sum(n for _, n in column.shapes)
    fit = sum(n for shape, n in column.shapes if all(re.fullmatch(pattern, shape) for pattern in patterns))
    return fit / told if told else 0.0
