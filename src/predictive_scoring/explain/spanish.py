"""What Spanish changes where a value meets the words around it."""

import re
from collections.abc import Sequence
from typing import Final

_AND: Final = re.compile(r"(^|\s)y $")
_OR: Final = re.compile(r"(^|\s)o $")
# Said like the vowel i: "industria", "hijo"; not "hielo" or "hiato", which begin like a y.
_LIKE_I: Final = re.compile(r"[«“\"(]?(?:[ií]|hi(?![aeoáéó])|hí)", re.IGNORECASE)
# Said like the vowel o; in digits: ocho, ochenta, ochocientos, ocho mil, once, once mil.
_LIKE_O: Final = re.compile(
    r"[«“\"(]?(?:[oó]|h[oó]|8|11(?!\d)(?![.,]\d{3}[.,]\d{3}\b)|11(?=[.,]\d{3}\b))", re.IGNORECASE
)
_NOUN: Final = re.compile(r" (?!(?:de|o|y|u|e|más|en)\b)(?=[a-záéíóúñ])")
_MILLIONS: Final = 1_000_000


def before_value(before: str, value: str) -> str:
    """Return what stands before a value, as it is said before it: 'y' is 'e' before i-, 'o' is 'u' before o-.

    Examples
    --------
    >>> before_value("canal y ", "industria"), before_value("canal y ", "hielo"), before_value("7 o ", "8")
    ('canal e ', 'canal y ', '7 u ')
    """
    if _AND.search(before) and _LIKE_I.match(value):
        return before[:-2] + "e "
    if _OR.search(before) and _LIKE_O.match(value):
        return before[:-2] + "u "
    return before


def after_number(n: int, after: str) -> str:
    """Return what stands after a number of things, as it is said after it: a million *of* leads.

    Examples
    --------
    >>> after_number(2_000_000, " leads"), after_number(2_000_001, " leads"), after_number(1_000_000, " o más")
    (' de leads', ' leads', ' o más')
    """
    if n >= _MILLIONS and n % _MILLIONS == 0 and _NOUN.match(after):
        return f" de{after}"
    return after


def listed(items: Sequence[str]) -> str:
    """Return a list as it is said: 'a, b y c'.

    Examples
    --------
    >>> listed(["visitas", "correos", "ingresos"])
    'visitas, correos e ingresos'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])}{before_value(' y ', items[-1])}{items[-1]}"
