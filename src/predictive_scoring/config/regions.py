"""Where a language is spoken: it decides how numbers and dates are written, and a few words."""

from collections.abc import Iterable
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator

Language = Literal["en", "es"]
Tag = Literal["en", "en-GB", "en-US", "es", "es-AR", "es-CL", "es-CO", "es-ES", "es-MX", "es-PE"]
TAGS: tuple[Tag, ...] = get_args(Tag)
_SAME: dict[Tag, Tag] = {"en-US": "en", "es-ES": "es"}  # what a language alone means
_FIXED: dict[Language, str] = {"en": "en_US", "es": "es_ES"}


def language_of(tag: Tag) -> Language:
    """Return the language of a tag.

    Examples
    --------
    >>> language_of("es-MX")
    'es'
    """
    return "es" if tag.startswith("es") else "en"


def regions_of(tags: Iterable[Tag]) -> dict[Language, Tag]:
    """Return the tag of each language; a language alone stands for the region that it means.

    Examples
    --------
    >>> regions_of(["en-US", "es-MX"])
    {'en': 'en', 'es': 'es-MX'}
    """
    return {language_of(tag): _SAME.get(tag, tag) for tag in tags}


def locale_of(tag: Tag) -> str:
    """Return the locale by which numbers and dates are written.

    Examples
    --------
    >>> locale_of("es"), locale_of("es-MX")
    ('es_ES', 'es_MX')
    """
    return tag.replace("-", "_") if "-" in tag else _FIXED[language_of(tag)]


def word_sources(tag: Tag) -> tuple[str, ...]:
    """Return the catalogues of words that differ from the language's own, those that count most last.

    Examples
    --------
    >>> word_sources("es"), word_sources("es-MX")
    ((), ('es_419', 'es_MX'))
    """
    if _SAME.get(tag, tag) in {"en", "es"}:
        return ()
    shared = ("es_419",) if language_of(tag) == "es" else ()  # Latin America
    return (*shared, locale_of(tag))


def _one_of_each(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    languages = [language_of(tag) for tag in tags]
    twice = sorted({each for each in languages if languages.count(each) > 1})
    if twice:
        raise ValueError(f"given twice: {twice}")
    return tags


OneOfEach = AfterValidator(_one_of_each)
"""Of tags in which each language may stand once."""
Tags = Annotated[tuple[Tag, ...], OneOfEach]
