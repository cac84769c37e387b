"""How a hand-off speaks: one language, the source's own words, numbers and dates as the language writes them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from predictive_scoring.contract.words import Language, Word, Words
from predictive_scoring.evaluate.findings import percent, por_ciento
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible

LOCALE = Path(__file__).parent / "locale"
_E_BEFORE = re.compile(r"^h?[ií](?!e)", re.IGNORECASE)  # "y" is said "e" before the sound of an i, but not before "hie"


@lru_cache(maxsize=1)
def hand_off_texts() -> Texts:
    """Return the sentences of this package in every language."""
    return Texts.packaged(LOCALE)


@dataclass(frozen=True)
class Voice:
    """Everything a brief says goes through here."""

    language: Language
    words: Words

    def say(self, key: str, n: int = 1, **values: str) -> str:
        """Return a message with its placeholders filled."""
        return hand_off_texts().say(self.language, key, n=n, **values)

    def number(self, value: float, decimals: int | None = None) -> str:
        """Return a number with the language's separators, and so many decimals where that is given."""
        pattern = "#,##0.##" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(format_decimal(value, format=pattern, locale=self.language))

    def days(self, n: int) -> str:
        """Return so many days: '90 days', '1 day'."""
        return self.say("days", n, number=self.number(n))

    def exact(self, value: float) -> str:
        """Return a number with the language's separators and every digit that it was written with."""
        return str(format_decimal(value, format="#,##0.###############", locale=self.language))

    def percent(self, share: float) -> str:
        """Return a share as a whole percentage."""
        return str(format_percent(share, locale=self.language))

    def tenths(self, share: float) -> str:
        """Return a share in percent with one decimal, a no-break space before the sign where the language has one."""
        gap = "\u00a0" if self.language == "es" else ""
        return f"{self.number(100 * share, 1)}{gap}%"

    def two_digits(self, share: float) -> str:
        """Return a share in percent with two significant digits as the reports' findings write them."""
        return por_ciento(share) if self.language == "es" else percent(share)

    def day(self, instant: datetime | date) -> str:
        """Return a date in words."""
        return str(format_date(instant, format="long", locale=self.language))

    def month(self, instant: date) -> str:
        """Return a month and its year: 'March 2025', 'marzo de 2025'."""
        pattern = "LLLL 'de' y" if self.language == "es" else "LLLL y"
        return str(format_date(instant, format=pattern, locale=self.language))

    def instant(self, instant: datetime) -> str:
        """Return a date and its hour in words, as the clock of the instant has it."""
        return f"{self.day(instant)}, {format_time(instant, format='HH:mm', locale=self.language)}"

    def together(self, items: Iterable[str]) -> str:
        """Return 'a, b and c'; Spanish says 'e' before the sound of an i."""
        listed = list(items)
        joined = str(format_list(listed, locale=self.language)) if listed else ""
        if self.language == "es" and len(listed) > 1 and _E_BEFORE.match(listed[-1]):
            joined = joined[: -len(listed[-1]) - 3] + " e " + listed[-1]
        return joined

    def kind(self, kind: str) -> str:
        """Return what the source calls a kind of activity."""
        return self._word(self.words.kinds.get(kind), kind)

    def attribute(self, name: str) -> str:
        """Return what the source calls an attribute."""
        return self._word(self.words.attributes.get(name), name)

    def topic(self, topic: str) -> str:
        """Return a topic, blanks for underscores."""
        return self._word(self.words.values.get("topic", {}).get(topic), topic)

    def value(self, attribute: str, value: Any) -> str:
        """Return an attribute's value as the language writes it."""
        if isinstance(value, bool):
            return self.say("value.yes" if value else "value.no")
        if isinstance(value, datetime):
            return self.day(value)
        if isinstance(value, int | float):
            return self.number(value)
        word = self.words.values.get(attribute, {}).get(value)
        return visible(getattr(word, self.language) if word else str(value))

    def _word(self, word: Word | None, raw: str) -> str:
        return visible(getattr(word, self.language) if word else raw.replace("_", " "))
