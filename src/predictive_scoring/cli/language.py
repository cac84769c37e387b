"""The language that a command is asked for."""

from typing import cast, get_args

from predictive_scoring.config.regions import TAGS, Tag
from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError


def language_tag(asked: str) -> Tag:
    """Return the tag that was meant: `es`, `es-MX`, also written `es_MX` or `ES-mx`.

    Raises
    ------
    ConfigurationError
        If it is none that is spoken here.

    Examples
    --------
    >>> language_tag("es_mx")
    'es-MX'
    """
    wanted = asked.replace("_", "-").lower()
    for tag in TAGS:
        if tag.lower() == wanted:
            return tag
    raise ConfigurationError("--lang: unknown language", found=asked, expected=f"one of {', '.join(TAGS)}")


def language(asked: str) -> Language:
    """Return the language that was meant, of those that the hand-off speaks.

    Raises
    ------
    ConfigurationError
        If it is none of them.
    """
    wanted = asked.lower()
    if wanted not in get_args(Language):
        raise ConfigurationError("--lang: unknown language", found=asked, expected="en or es")
    return cast(Language, wanted)
