"""Job titles in English and Spanish, read as a level and a department by the rules in `titles.yaml`."""

import functools
from importlib import resources
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from predictive_scoring.config.base import Block
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Word

TITLE_NAMES: Final = ("job_title", "title")
Part = Literal["job_level", "department"]


class Rule(Block):
    """One level or department: its words in both languages and what tells it in a folded title."""

    name: str
    word: Word
    words: tuple[str, ...]  # whole words or phrases, without accents, in small letters


class Rules(Block):
    """Rules in order: the first that matches a title decides."""

    job_level: tuple[Rule, ...]
    department: tuple[Rule, ...]


@functools.cache
def rules() -> Rules:
    """Return the rules of the package."""
    text = resources.files("predictive_scoring.features").joinpath("titles.yaml").read_text(encoding="utf-8")
    return Rules.model_validate(yaml.safe_load(text))


def is_title(attribute: Attribute) -> bool:
    """Return whether an attribute holds the lead's job title."""
    named = attribute.table == "leads" and attribute.name.lower() in TITLE_NAMES
    return named and attribute.type in ("text", "category")


def read_titles(titles: pa.Array | pa.ChunkedArray, part: Part) -> pa.DictionaryArray:
    """Return the level or department that each title tells; 'other' if no rule matches, null without a title.

    Examples
    --------
    >>> read_titles(pa.array(["Head of Marketing", "Técnico de compras", None]), "job_level").to_pylist()
    ['head', 'specialist', None]
    >>> read_titles(pa.array(["Head of Marketing", "Técnico de compras", None]), "department").to_pylist()
    ['marketing', 'purchasing', None]
    """
    whole = titles.combine_chunks() if isinstance(titles, pa.ChunkedArray) else titles
    coded = pc.dictionary_encode(whole.cast(pa.string()))
    ordered = rules().job_level if part == "job_level" else rules().department
    folded = _folded(coded.dictionary)
    code = np.full(len(folded), len(ordered), np.int32)
    for place in reversed(range(len(ordered))):
        pattern = r"\b(" + "|".join(ordered[place].words) + r")\b"
        code[pc.match_substring_regex(folded, pattern).to_numpy(zero_copy_only=False)] = place
    indices = pa.array(code, pa.int32()).take(coded.indices)
    return pa.DictionaryArray.from_arrays(indices, pa.array([*(rule.name for rule in ordered), "other"]))


def _folded(titles: pa.Array) -> pa.Array:
    """Return titles in small letters without accents and dots."""
    decomposed = pc.utf8_normalize(titles, form="NFKD")
    return pc.utf8_lower(pc.replace_substring_regex(decomposed, pattern=r"[\p{M}.]", replacement=""))


def words_of_titles() -> dict[str, Word]:
    """Return what each level and department is called."""
    both = (*rules().job_level, *rules().department)
    return {rule.name: rule.word for rule in both} | {"other": Word(en="other", es="otro")}
