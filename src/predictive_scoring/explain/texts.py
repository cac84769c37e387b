"""Every sentence of both languages, as data: read from .po catalogues, carried by the bundle as JSON."""

import gettext
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.regions import Tag, locale_of, word_sources
from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.spanish import after_number, before_value

_LOCALE = Path(__file__).parent / "locale"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_plural_rule = lru_cache(gettext.c2py)


class Texts(Block):
    """Messages by language and id; each has one form, or one a plural."""

    plurals: dict[Language, str]  # gettext's plural expression, e.g. (n != 1)
    messages: dict[Language, dict[str, tuple[str, ...]]]
    variants: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)  # by locale
    regions: dict[Language, Tag] = Field(default_factory=dict)  # where they are read; not named: the usual region

    @classmethod
    def packaged(cls, folder: Path = _LOCALE) -> "Texts":
        """Return the messages of a folder `<language>/*.po`; by default, this package's reasons.

        Raises
        ------
        ConfigurationError
            If a message is missing in a language, has another number of forms than the language, or other placeholders
            than in English; every such message is listed.
        """
        messages: dict[Language, dict[str, tuple[str, ...]]] = {}
        plurals: dict[Language, str] = {}
        for language in LANGUAGES:
            plurals[language], messages[language] = _catalogues(folder / language, language)
        variants = {
            path.name: _catalogues(path, path.name)[1]
            for path in sorted(folder.iterdir())
            if path.is_dir() and path.name not in LANGUAGES
        }
        texts = cls(plurals=plurals, messages=messages, variants=variants)
        texts._refuse_gaps(str(folder))
        return texts

    def told_in(self, regions: Mapping[Language, Tag]) -> "Texts":
        """Return the texts as they are said and as numbers are written in some regions."""
        messages = {
            language: self.messages[language]
            | {
                key: forms
                for name in word_sources(regions.get(language, language))
                for key, forms in self.variants.get(name, {}).items()
            }
            for language in LANGUAGES
        }
        return self.model_copy(update={"messages": messages, "regions": dict(regions)})

    def completed(self, newer: "Texts") -> "Texts":
        """Return these texts with the messages that only newer ones have: what is said already stays as it is said.

        A model that was published before a sentence came into the world can be asked for it all the same.
        """
        known = set(self.messages["en"])
        messages = {language: {**newer.messages[language], **self.messages[language]} for language in LANGUAGES}
        added = {
            name: {key: forms for key, forms in each.items() if key not in known}
            for name, each in newer.variants.items()
        }
        variants = {name: {**added.get(name, {}), **self.variants.get(name, {})} for name in added | self.variants}
        return self.model_copy(update={"messages": messages, "variants": variants})

    def locale(self, language: Language) -> str:
        """Return the locale by which a language's numbers and dates are written."""
        return locale_of(self.regions.get(language, language))

    def _refuse_gaps(self, where: str) -> None:
        problems = list(self.gaps())
        if problems:
            lines = "\n".join(f"  - {problem}" for problem in problems)
            raise ConfigurationError(f"messages in {where}: {len(problems)} problems\n{lines}")

    def gaps(self) -> list[str]:
        """Return what is untranslated or translated with other placeholders, a line each."""
        found = []
        for key in sorted(set().union(*(self.messages[language] for language in LANGUAGES))):
            forms = {language: self.messages[language].get(key, ()) for language in LANGUAGES}
            empty = [language for language in LANGUAGES if not forms[language] or not all(forms[language])]
            found += [f"{language}: {key} is not translated" for language in empty]
            placeholders = {language: placeholders_of(forms[language]) for language in LANGUAGES}
            if len(set(placeholders.values())) > 1:
                found.append(f"{key}: placeholders differ: { {k: sorted(v) for k, v in placeholders.items()} }")
            if len({len(f) for f in forms.values()}) > 1:
                found.append(f"{key}: one language has plural forms, another has not")
        return [*found, *self._gaps_of_variants()]

    def _gaps_of_variants(self) -> list[str]:
        found = []
        for name, messages in sorted(self.variants.items()):
            own = self.messages["es" if name.startswith("es") else "en"]
            for key, forms in sorted(messages.items()):
                if placeholders_of(forms) != placeholders_of(own.get(key, ())) or len(forms) != len(own.get(key, ())):
                    found.append(f"{name}: {key} has other placeholders or forms than the language's own")
        return found

    def say(self, language: Language, key: str, /, n: int = 1, **values: str) -> str:
        """Return a message with its placeholders filled; `n` chooses the plural form.

        Values are data: a brace or a percent sign in one is shown as it is.

        Raises
        ------
        KeyError
            If the message, or the value of a placeholder, is not there.
        """
        forms = self.messages[language][key]
        place = 0 if len(forms) == 1 else _plural_rule(self.plurals[language])(n)
        if language == "es":
            return _filled_in_spanish(forms[place], values, n if len(forms) > 1 else 0)
        return _PLACEHOLDER.sub(lambda match: values[match[1]], forms[place])

    def has(self, key: str) -> bool:
        """Return whether there is a message of this id."""
        return all(key in self.messages[language] for language in LANGUAGES)

    def to_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return self.model_dump(mode="json", exclude={"regions"})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Texts":
        """Return the texts that `to_json` gave."""
        return cls.model_validate(value)


def _filled_in_spanish(form: str, values: Mapping[str, str], n: int) -> str:
    """Return a message with its placeholders filled, and what Spanish changes around them."""
    parts = _PLACEHOLDER.split(form)  # words, name, words, name, …, words
    for place in range(1, len(parts), 2):
        name = parts[place]
        parts[place] = values[name]
        parts[place - 1] = before_value(parts[place - 1], parts[place])
        if name == "number":
            parts[place + 1] = after_number(n, parts[place + 1])
    return "".join(parts)


def _catalogues(folder: Path, locale: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return the plural rule and the messages of a folder's catalogues."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 (a bundle renders without it)

    plural, messages = "", {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale, abort_invalid=True)
        plural = catalog.plural_expr
        for message in catalog:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                messages[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return plural, messages


def placeholders_of(forms: tuple[str, ...]) -> frozenset[str]:
    """Return the names between braces in a message's forms.

    Examples
    --------
    >>> sorted(placeholders_of(("{n} visit {when}", "{n} visits {when}")))
    ['n', 'when']
    """
    return frozenset(name for form in forms for name in _PLACEHOLDER.findall(form))
