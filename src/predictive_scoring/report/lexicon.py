"""Texts that a page needs many times, each stored once in every language."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from predictive_scoring.contract.words import Language


@dataclass
class Lexicon:
    """Numbers the texts that are given to it; a row of texts, one a language, has one number.

    Examples
    --------
    >>> lexicon = Lexicon(("en", "es"))
    >>> lexicon.place("lead", "lead"), lexicon.place("grade", "nivel"), lexicon.place("lead", "lead")
    (0, 1, 0)
    >>> lexicon.columns()
    {'en': ['lead', 'grade'], 'es': ['lead', 'nivel']}
    """

    languages: Sequence[Language]
    _places: dict[tuple[str, ...], int] = field(default_factory=dict)
    _known: dict[Hashable, int] = field(default_factory=dict)

    def place(self, *texts: str) -> int:
        """Return the number of a row of texts."""
        return self._places.setdefault(texts, len(self._places))

    def of(self, key: Hashable, say: Callable[..., Sequence[str]], *values: object) -> int:
        """Return the number of what stands behind a key; its texts are said only once."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.place(*say(*values))
        return found

    def columns(self) -> dict[str, list[str]]:
        """Return every text by language, in the order of the numbers."""
        return {language: [row[i] for row in self._places] for i, language in enumerate(self.languages)}
