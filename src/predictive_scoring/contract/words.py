"""What the user's own kinds, attributes and values are called in each language."""

from predictive_scoring.config.base import Block
from predictive_scoring.config.regions import Language

__all__ = ["LANGUAGES", "Language", "Word", "Words", "joined"]

LANGUAGES: tuple[Language, ...] = ("en", "es")


class Word(Block):
    """One thing in every language; nouns in lower case, as they stand inside a sentence."""

    en: str
    es: str


class Words(Block):
    """The dictionary of a source; what is not in it is shown as the source spells it."""

    kinds: dict[str, Word] = {}
    stages: dict[str, Word] = {}
    attributes: dict[str, Word] = {}
    values: dict[str, dict[str, Word]] = {}


def joined(first: Words, then: Words) -> Words:
    """Return the words of two dictionaries; where both have one, the second's.

    Examples
    --------
    >>> old, new = Words(kinds={"a": Word(en="x", es="x")}), Words(kinds={"a": Word(en="y", es="y")})
    >>> joined(old, new).kinds["a"].en
    'y'
    """
    values = {
        name: {**first.values.get(name, {}), **then.values.get(name, {})} for name in (*first.values, *then.values)
    }
    return Words(
        kinds=first.kinds | then.kinds,
        stages=first.stages | then.stages,
        attributes=first.attributes | then.attributes,
        values=values,
    )
