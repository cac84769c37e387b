"""Features made of attributes: bands of numbers, pairs of categories, regions of countries."""

import pyarrow.compute as pc

from predictive_scoring.config.features import Features
from predictive_scoring.contract.words import Word
from predictive_scoring.features.attribute_family import NOT_KNOWN
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept
from predictive_scoring.features.regions import is_country, read_regions

REGION = Word(en="region of the world", es="región del mundo")


def with_bands(declared: list[Declared], settings: Features) -> list[Declared]:
    """Return the same concepts, those of numbers with declared bands holding the band as well."""
    return [Declared(item.concept, (*item.features, *_bands(item, settings))) for item in declared]


def _bands(item: Declared, settings: Features) -> list[Feature]:
    return [
        Feature(
            name=f"{feature.name}__band", concept=feature.concept, source=feature.source, statistic="band",
            type="category", unit="level", attribute=feature.attribute, missing=NOT_KNOWN,
            cuts=settings.bands[str(feature.attribute)],
        )
        for feature in item.features
        if feature.statistic == "value" and feature.type == "number" and feature.attribute in settings.bands
    ]  # fmt: skip


def region(evidence: Evidence, settings: Features) -> list[Declared]:
    """Return the concept of the region, where there are so many countries that regions tell more than each of them."""
    for attribute, values in evidence.values:
        if not is_country(attribute):
            continue
        known = values.filter(read_regions(values).is_valid())
        if pc.count_distinct(known).as_py() >= settings.min_countries:
            owner = "lead" if attribute.table == "leads" else "account"
            feature = Feature(
                name=f"{owner}__world_region", concept="world_region", statistic="region", type="category",
                source="attribute" if owner == "lead" else "account", unit="level", attribute=attribute.name,
                missing=NOT_KNOWN,
            )  # fmt: skip
            return [Declared(concept("world_region", "fit", "category", REGION, "region"), (feature,))]
    return []


def interactions(declared: list[Declared], settings: Features) -> tuple[list[Declared], list[str]]:
    """Return a concept for each declared pair of attributes, and notes on pairs that cannot be."""
    values = {
        str(feature.attribute): (item, feature)
        for item in declared
        for feature in item.features
        if feature.statistic in ("value", "band") and feature.type == "category"
    }
    made, notes = [], []
    for one, other in settings.interactions:
        lacking = [name for name in (one, other) if name not in values]
        if lacking:
            notes.append(f"interaction of {one} and {other}: no category or band {lacking}; no feature")
            continue
        (first, a), (second, b) = values[one], values[other]
        word = Word(
            en=f"{first.concept.word.en} and {second.concept.word.en}",
            es=f"{first.concept.word.es} y {second.concept.word.es}",
        )
        name = f"{a.name}__x__{b.name}"
        feature = Feature(
            name=name, concept=name, source=a.source, statistic="pair", type="category", unit="level",
            attribute=a.attribute, other_attribute=f"{'leads' if b.source == 'attribute' else 'accounts'}.{other}",
            cuts=a.cuts or b.cuts, missing=NOT_KNOWN,
        )  # fmt: skip
        if a.cuts and b.cuts:
            notes.append(f"interaction of {one} and {other}: two numbers; no feature")
        else:
            made.append(Declared(concept(name, "fit", "category", word, name), (feature,)))
    return made, notes
