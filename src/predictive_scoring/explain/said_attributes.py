"""Sentences on what the person and the account are, and where the lead came from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import (
    UNKNOWN,
    Fact,
    Floats,
    Said,
    categories,
    duration_text,
    durations,
    fact_text,
    numbers,
    said,
)
from predictive_scoring.explain.speaker import Speaker, capitalised
from predictive_scoring.features.definition import Concept, Feature

# Company sizes as registers and surveys band them; half-open, the last one open.
SIZE_BANDS = (1, 2, 10, 50, 200, 500, 1000, 5000, 10000)
_ALL = 10  # completeness is told in tenths
_SIZES = frozenset({"employees", "headcount", "company_size", "n_employees", "number_of_employees"})


def is_size(attribute: str) -> bool:
    """Return whether an attribute is the size of a company in people, which is spoken of in bands."""
    return attribute in _SIZES


def category(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say the value of a category: 'Industry: software'."""
    feature = next((f for f in features if f.type == "category"), features[0])
    codes, values = categories(frame, feature)
    attribute = feature.attribute or concept.subject or concept.name

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return _unknown(speaker, language, concept, feature.statistic)
        raw = values[fact[0]]
        if concept.template == "email_kind" and speaker.texts.has(f"email_kind.{raw}"):
            return speaker.texts.say(language, f"email_kind.{raw}")
        key = "category.new" if speaker.is_new(feature.name, raw) else "category.known"
        value = speaker.value(language, attribute, raw)
        return speaker.texts.say(language, key, label=_label(speaker, language, concept), value=value)

    return said([codes], tell, lambda fact: None if fact[0] == UNKNOWN else values[fact[0]])


def number(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say a number: company sizes as a band, others with two digits that count."""
    feature = next((f for f in features if f.type == "number" and f.unit != "flag"), features[0])
    value = numbers(frame, feature)
    known = np.isfinite(value)
    sized = is_size(feature.attribute or concept.subject or concept.name)
    banded = _bands(value) if sized else _two_digits(value)
    levels, codes = np.unique(np.where(known, banded, 0.0), return_inverse=True)
    is_rounded = (known & (not sized) & ~np.isclose(banded, value, rtol=1e-6, atol=0.0)).astype(np.int64)

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return _unknown(speaker, language, concept)
        label = capitalised(getattr(concept.word, language))
        shown = levels[fact[0]]
        if sized:
            band = _band(speaker, language, int(shown))
            return speaker.texts.say(language, "category.known", label=label, value=band)
        key = "number.rounded" if fact[1] else "category.known"
        return speaker.texts.say(language, key, label=label, value=speaker.number(language, float(shown)))

    return said(
        [np.where(known, codes, UNKNOWN), is_rounded],
        tell,
        lambda fact: None if fact[0] == UNKNOWN else f"{levels[fact[0]]:.15g}",
    )


def boolean(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say yes or no: 'Uses a competitor: yes'."""
    value = numbers(frame, features[0])
    codes = np.where(np.isfinite(value), (value > 0).astype(np.int64), UNKNOWN)

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return _unknown(speaker, language, concept)
        answer = speaker.texts.say(language, "boolean.yes" if fact[0] else "boolean.no")
        return speaker.texts.say(
            language, "category.known", label=capitalised(getattr(concept.word, language)), value=answer
        )

    return said([codes], tell, lambda fact: fact_text(fact[0]))


def date(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how long ago a date was: 'Last contract: about 3 months ago'."""
    days = numbers(frame, features[0])
    ahead = (days < 0).astype(np.int64)

    def tell(language: Language, fact: Fact) -> str:
        label = capitalised(getattr(concept.word, language))
        if fact[0] == UNKNOWN:
            return _unknown(speaker, language, concept)
        when = speaker.texts.say(language, "time.ahead") if fact[1] else speaker.ago(language, fact[0])
        return speaker.texts.say(language, "category.known", label=label, value=when)

    return said([durations(days), ahead], tell, lambda fact: duration_text(fact[0]))


def completeness(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how much of the details is known, in tenths."""
    share = numbers(frame, features[0])
    tenths = np.where(np.isfinite(share), np.round(np.nan_to_num(share) * _ALL), UNKNOWN).astype(np.int64)

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return _unknown(speaker, language, concept)
        if fact[0] in {0, _ALL}:
            return speaker.texts.say(language, "completeness.all" if fact[0] else "completeness.none")
        known = speaker.number(language, fact[0])
        return speaker.texts.say(language, "completeness.share", n=fact[0], number=known)

    return said([tenths], tell, lambda fact: None if fact[0] == UNKNOWN else f"{fact[0] / 10:.1f}")


def _unknown(speaker: Speaker, language: Language, concept: Concept, statistic: str = "") -> str:
    own = f"{statistic}.unknown"
    key = own if speaker.texts.has(own) else "attribute.unknown"
    return speaker.texts.say(language, key, label=_label(speaker, language, concept))


def _label(speaker: Speaker, language: Language, concept: Concept) -> str:
    own = f"label.{concept.template}"
    label = speaker.texts.say(language, own) if speaker.texts.has(own) else getattr(concept.word, language)
    return capitalised(label)


def _bands(value: Floats) -> Floats:
    """Return the lower end of each company size's band; 0 for less than one."""
    lower: Floats = np.array((0, *SIZE_BANDS), dtype=np.float64)
    return np.asarray(lower[np.searchsorted(lower, np.nan_to_num(value), side="right").clip(1) - 1])


def _band(speaker: Speaker, language: Language, lower: int) -> str:
    if lower == SIZE_BANDS[-1]:
        return speaker.texts.say(language, "number.or_more", number=speaker.number(language, lower))
    upper = next(bound for bound in SIZE_BANDS if bound > lower) - 1
    if upper <= lower:
        return speaker.number(language, lower)
    low, high = speaker.number(language, lower), speaker.number(language, upper)
    return speaker.texts.say(language, "number.band", low=low, high=high)


def _two_digits(value: Floats) -> Floats:
    """Return numbers rounded to two digits that count; whole numbers below a hundred stay exact."""
    finite = np.nan_to_num(value, posinf=0.0, neginf=0.0)
    magnitude = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(finite), 1e-300))) - 1)
    rounded = np.where(finite == 0, 0.0, np.round(finite / magnitude) * magnitude)
    return np.asarray(np.round(rounded, 12))
