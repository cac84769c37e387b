"""Safe, unique names of features and concepts, and the one table of reason codes."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from predictive_scoring.contract.words import Word
from predictive_scoring.features.definition import Concept, Feature, Group

# The code of a reason says which sentence is spoken; a code is never given to another template.
CODES: Final = {
    "activity": "R001",
    "engagement": "R002",
    "stage": "R003",
    "number": "R004",
    "category": "R005",
    "job_level": "R006",
    "department": "R007",
    "colleagues": "R008",
    "account_history": "R009",
    "boolean": "R010",
    "date": "R011",
    "age": "R012",
    "calendar": "R013",
    "email_kind": "R014",
    "completeness": "R015",
    "answers": "R016",
    "rhythm": "R017",
    "sequence": "R018",
    "company": "R019",
    "usage": "R020",
    "topic": "R021",
    "last_touch": "R022",
}
# Three letters and a vowel: a word, not only a code; scripts without the Latin vowels are words too.
_SAYABLE: Final = re.compile(r"(?=[^\W\d_]{3})[^\W\d_]*[aeiouyáéíóúü]|[^\x00-\x7f]", re.IGNORECASE)
# First parts of names that the package gives itself; what a user calls the same gets a number behind it.
RESERVED: Final = (
    "activity", "inbound", "outbound", "first", "last", "lead", "account", "colleagues", "created", "as_of",
    "engagement", "account_history", "first_touch", "last_touch", "age", "season", "creation_time", "email_kind",
    "job_level", "department", "completeness", "answers", "rhythm", "company", "usage", "world_region", "converted",
    "window", "state", "lead_id", "lead_no", "account_no", "age_days", "row_number",
)  # fmt: skip


class Declared(NamedTuple):
    """A concept and the features that fold into it."""

    concept: Concept
    features: tuple[Feature, ...]


def slug(text: str) -> str:
    """Return text as a name of small ASCII letters, digits and single underscores.

    Examples
    --------
    >>> slug("Página de Precios"), slug("W_Nabellen offertes"), slug("¿?")
    ('pagina_de_precios', 'w_nabellen_offertes', 'x')
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_") or "x"


def slugs(texts: Iterable[str], taken: Iterable[str] = RESERVED) -> dict[str, str]:
    """Return a name for each text, no two the same: later ones in the order of the alphabet get a number.

    Examples
    --------
    >>> slugs(["page view", "page_view", "age"])
    {'age': 'age_2', 'page view': 'page_view', 'page_view': 'page_view_2'}
    """
    used = set(taken)
    named: dict[str, str] = {}
    for text in sorted(texts):
        name, number = slug(text), 1
        while name in used:
            number += 1
            name = f"{slug(text)}_{number}"
        used.add(name)
        named[text] = name
    return named


def plain_word(text: str, words: dict[str, Word]) -> Word:
    """Return what the source calls a thing, or its raw name with blanks for underscores, in both languages.

    A name that holds no word is not taken for one.

    Examples
    --------
    >>> plain_word("job_level", {}).en, plain_word("f_17", {}).es
    ('job level', 'dato «f 17»')
    """
    raw = text.replace("_", " ")
    if _SAYABLE.search(raw):
        return words.get(text, Word(en=raw, es=raw))
    return words.get(text, Word(en=f"detail “{raw}”", es=f"dato «{raw}»"))


def concept(name: str, group: Group, template: str, word: Word, subject: str | None = None) -> Concept:
    """Return a concept with the code of its template."""
    return Concept(name=name, group=group, template=template, code=CODES[template], word=word, subject=subject)
