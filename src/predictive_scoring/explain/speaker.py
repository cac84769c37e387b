"""Numbers, times and words as each language writes them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from babel.dates import get_day_names, get_month_names
from babel.numbers import format_decimal

from predictive_scoring.contract.words import Language, Words
from predictive_scoring.explain.facts import MONTHS, YEARS, is_rounded
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible

FIRST_KIND = "first_kind"  # its values are kinds, which are spoken of with blanks for underscores
_format = lru_cache(maxsize=10_000)(format_decimal)


@dataclass(frozen=True)
class Speaker:
    """What every sentence is made with: messages, the source's dictionary, the levels that the model was trained on."""

    texts: Texts
    words: Words
    levels: Mapping[str, Collection[str]] = field(default_factory=dict)  # by feature name; empty: not checked

    def number(self, language: Language, value: float) -> str:
        """Return a number with the language's separators, at most six decimals."""
        return str(_format(value, format="#,##0.######", locale=language))

    def count(self, language: Language, n: int) -> str:
        """Return a count; above a hundred it is rounded and says so."""
        number = self.number(language, n)
        return self.texts.say(language, "number.about", number=number) if is_rounded(n) else number

    def window(self, language: Language, days: int) -> str:
        """Return 'in the last 30 days'."""
        return self.texts.say(language, "time.window", n=days, days=self.number(language, days))

    def ago(self, language: Language, duration: int) -> str:
        """Return '4 days ago' for a duration of `facts.durations`."""
        if duration >= YEARS:
            return self._timed(language, "time.years_ago", duration - YEARS)
        if duration >= MONTHS:
            return self._timed(language, "time.months_ago", duration - MONTHS)
        return self._timed(language, "time.days_ago", duration) if duration else self.texts.say(language, "time.today")

    def _timed(self, language: Language, key: str, n: int) -> str:
        return self.texts.say(language, key, n=n, number=self.number(language, n))

    def value(self, language: Language, attribute: str, raw: str) -> str:
        """Return a value's word in the source's dictionary, or the value itself."""
        word = self.words.values.get(attribute, {}).get(raw)
        if word:
            return visible(getattr(word, language))
        return visible(raw.replace("_", " ") if attribute == FIRST_KIND else raw)

    def is_new(self, feature_name: str, raw: str) -> bool:
        """Return whether the model was trained without this value of a feature."""
        return feature_name in self.levels and raw not in self.levels[feature_name]

    def month(self, language: Language, month: int) -> str:
        """Return a month's name, 1 to 12."""
        return str(get_month_names("wide", locale=language)[month])

    def weekday(self, language: Language, weekday: int) -> str:
        """Return a day's name, 0 Monday to 6 Sunday."""
        return str(get_day_names("wide", locale=language)[weekday])


def capitalised(text: str) -> str:
    """Return text with its first letter in upper case, the rest as it is.

    Examples
    --------
    >>> capitalised("país de la IP")
    'País de la IP'
    """
    return text[:1].upper() + text[1:]
