"""Countries, by ISO code or by their name in English or Spanish, read as regions of the world."""

import functools
import unicodedata
from importlib import resources
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from babel import Locale

from predictive_scoring.config.base import Block
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Word

COUNTRY_NAMES: Final = ("country", "country_code", "pais", "country_name")


class Region(Block):
    """One region: its words in both languages and the codes of its countries."""

    name: str
    word: Word
    countries: tuple[str, ...]


@functools.cache
def regions() -> tuple[Region, ...]:
    """Return the regions of the package."""
    text = resources.files("predictive_scoring.features").joinpath("regions.yaml").read_text(encoding="utf-8")
    return tuple(Region.model_validate(item) for item in yaml.safe_load(text))


def words_of_regions() -> dict[str, Word]:
    """Return what each region is called."""
    return {region.name: region.word for region in regions()}


def is_country(attribute: Attribute) -> bool:
    """Return whether an attribute holds a country."""
    return attribute.type == "category" and attribute.name.lower() in COUNTRY_NAMES


def read_regions(countries: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Return the region of each country, null where it is not known which.

    Examples
    --------
    >>> read_regions(pa.array(["ES", "México", "united kingdom", "Narnia", None])).to_pylist()
    ['southern_europe', 'latin_america', 'northern_europe', None, None]
    """
    whole = countries.combine_chunks() if isinstance(countries, pa.ChunkedArray) else countries
    coded = pc.dictionary_encode(whole.cast(pa.string()))
    names, region_of = [region.name for region in regions()], _region_of()
    places = [region_of.get(_folded(name)) for name in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()).take(coded.indices), pa.array(names))


@functools.cache
def _region_of() -> dict[str, int]:
    named = [Locale(language).territories for language in ("en", "es")]
    found = {}
    for place, region in enumerate(regions()):
        for code in region.countries:
            found[code.lower()] = place
            found |= {_folded(names[code]): place for names in named if code in names}
    return found


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().strip()
