"""Numbers, times and words as each language writes them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, get_day_names, get_month_names
from babel.numbers import format_decimal, format_percent

from predictive_scoring.contract.words import Language, Words
from predictive_scoring.explain.facts import MONTHS, YEARS, is_rounded
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible

FIRST_KIND = "first_kind"  # its values are kinds, which are spoken of with blanks for underscores
_RARE, _SMALL = 0.01, 0.10  # below: "fewer than 1 %"; below: with a decimal
_format = lru_cache(maxsize=10_000)(format_decimal)


@dataclass(frozen=True)
class Speaker:
    """What every sentence is made with: messages, the source's dictionary, the levels that the model was trained on."""

    texts: Texts
    words: Words
    levels: Mapping[str, Collection[str]] = field(default_factory=dict)  # by feature name; empty: not checked

    def number(self, language: Language, value: float) -> str:
        """Return a number with the language's separators, at most six decimals."""
        return str(_format(value, format="#,##0.######", locale=self.texts.locale(language)))

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

    def day(self, language: Language, instant: datetime) -> str:
        """Return a date in words, as no two countries read it differently: '3 November 2026'."""
        return str(format_date(instant, format="long", locale=self.texts.locale(language)))

    def chance(self, language: Language, probability: float) -> str:
        """Return a chance in per cent, two digits that count; never none and never all."""
        if probability < _RARE:
            return self.texts.say(language, "chance.below", bound=self._percent(language, _RARE))
        if probability > 1 - _RARE:
            return self.texts.say(language, "chance.above", bound=self._percent(language, 1 - _RARE))
        return self._percent(language, probability)

    def _percent(self, language: Language, share: float) -> str:
        digits = 1 if share < _SMALL else 0
        return str(
            format_percent(
                round(share, 2 + digits),
                format=_percent_pattern(self.texts.locale(language), digits),
                locale=self.texts.locale(language),
            )
        )

    def points(self, language: Language, difference: float) -> str:
        """Return a difference in probability as percentage points with its sign: '+5.2'."""
        size = self.number(language, abs(round(100 * difference, 1)))
        return ("+" if difference >= 0 else "\N{MINUS SIGN}") + size

    def month(self, language: Language, month: int) -> str:
        """Return a month's name, 1 to 12."""
        return str(get_month_names("wide", locale=self.texts.locale(language))[month])

    def weekday(self, language: Language, weekday: int) -> str:
        """Return a day's name, 0 Monday to 6 Sunday."""
        return str(get_day_names("wide", locale=self.texts.locale(language))[weekday])


def _percent_pattern(locale: str, digits: int) -> str:
    """Return the language's own pattern with a number of digits: Spanish has a blank that does not break."""
    return str(Locale.parse(locale).percent_formats[None].pattern).replace("#,##0", "#,##0" + ".0" * digits)


def capitalised(text: str) -> str:
    """Return text with its first letter in upper case, the rest as it is.

    Examples
    --------
    >>> capitalised("país de la IP")
    'País de la IP'
    """
    return text[:1].upper() + text[1:]
