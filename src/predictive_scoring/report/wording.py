"""How a page speaks: one language, one denominator, one way to write numbers and dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent, get_decimal_symbol

from predictive_scoring.config.regions import Tag
from predictive_scoring.contract.words import Language, Word
from predictive_scoring.explain.spanish import listed
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import LONGEST, visible
from predictive_scoring.report.frequencies import frequency
from predictive_scoring.scoring.money import rounded

LOCALE = Path(__file__).parent / "locale"
_MINUS = "\u2212"


@dataclass(frozen=True)
class Wording:
    """The messages of the page in one language."""

    texts: Texts
    language: Language
    out_of: int  # the page counts chances in so many leads

    @property
    def locale(self) -> str:
        """By which numbers and dates are written."""
        return self.texts.locale(self.language)

    @property
    def tag(self) -> Tag:
        """The language and, where it is not the usual one, the region, as pages name it."""
        return self.texts.regions.get(self.language, self.language)

    def say(self, key: str, n: int = 1, **values: str) -> str:
        """Return a message."""
        return self.texts.say(self.language, key, n=n, **values)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number with the language's separators and so many decimals."""
        return _number(value, decimals, self.locale)

    def days(self, n: int) -> str:
        """Return so many days: '90 days', '1 day'."""
        return self.say("days", n, number=self.number(n))

    def tiny(self, value: float) -> str:
        """Return a very small number by its power of ten: '2.2e-16'."""
        return f"{value:.1e}".replace(".", str(get_decimal_symbol(self.locale)))

    def money(self, amount: float) -> str:
        """Return an amount in the history's own unit to three significant digits, written as the region does."""
        return self.number(*rounded(amount))

    def percent(self, share: float) -> str:
        """Return a share as a whole percentage."""
        return str(format_percent(share, locale=self.locale))

    def percent_of(self, share: float) -> str:
        """Return a share as a percentage with a decimal, and the space before its sign that the language wants."""
        whole = self.percent(0).replace("0", "{}")
        return whole.format(self.number(share * 100, 1))

    def day(self, instant: datetime | date | None) -> str:
        """Return a date in words; the hour too, in UTC, where it is not the first of the day."""
        if instant is None:
            return self.say("unknown_date")
        day = str(format_date(instant, format="long", locale=self.locale))
        if not isinstance(instant, datetime) or instant.time() == time():
            return day
        return f"{day}, {format_time(instant, format='HH:mm', locale=self.locale)} UTC"

    def short_day(self, instant: datetime | date) -> str:
        """Return a date in short words, without its hour: 'Apr 1, 2025'."""
        return _short_day(instant.date() if isinstance(instant, datetime) else instant, self.locale)

    def count(self, expected: float) -> str:
        """Return an expected count, with a decimal where it is small; none is none."""
        return self.number(expected, 0 if expected >= 10 or round(expected, 1) == 0 else 1)

    def chance(self, probability: float) -> str:
        """Return 'about 3 in 100'."""
        said = frequency(probability, self.out_of)
        key = "frequency.about_one" if said.kind == "about" and said.k == 1 else f"frequency.{said.kind}"
        return self.say(key, k=self.number(said.k), out_of=self.number(said.out_of))

    def chances(self, low: float, high: float) -> str:
        """Return '2 to 5 in 100', 'up to 5 in 100', or one chance where both round to the same."""
        least = round(low * self.out_of) if low * self.out_of >= 1 else 0  # as `frequency` has it: fewer than one
        most = round(high * self.out_of)
        if least == most:
            return self.chance((low + high) / 2)
        if least == 0:
            return self.say("frequency.up_to", high=self.number(most), out_of=self.number(self.out_of))
        return self.say(
            "frequency.between", low=self.number(least), high=self.number(most), out_of=self.number(self.out_of)
        )

    @property
    def decimals(self) -> int:
        """Decimals of a point: enough that one lead in `out_of` shows."""
        return 1 if self.out_of <= 100 else 2

    def points(self, difference: float) -> str:
        """Return a difference in probability as signed points of a hundred: '+4.1'."""
        rounded = round(difference * 100, self.decimals)
        sign = "+" if rounded > 0 else _MINUS if rounded < 0 else "±"
        return sign + self.number(abs(rounded), self.decimals)

    def level(self, probability: float) -> str:
        """Return a probability in points of a hundred, without a sign."""
        return self.number(probability * 100, self.decimals)

    def listed(self, items: Sequence[str]) -> str:
        """Return a list as the language says it: 'a, b and c'."""
        if self.language == "es":
            return listed(items)
        return str(format_list(list(items), locale=self.locale)) if items else ""

    def word(self, word: Word, longest: int = LONGEST) -> str:
        """Return the language's word, safe to show."""
        return visible(getattr(word, self.language), longest)


@lru_cache(maxsize=50_000)
def _short_day(day: date, locale: str) -> str:
    return str(format_date(day, format="medium", locale=locale))


@lru_cache(maxsize=50_000)
def _number(value: float, decimals: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=locale))
