"""Sentences on time: how old the lead is, which stages it reached and when, the season."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import (
    UNKNOWN,
    Fact,
    Floats,
    Ints,
    Said,
    categories,
    duration_text,
    durations,
    fact_text,
    numbers,
    said,
)
from predictive_scoring.explain.speaker import Speaker, capitalised
from predictive_scoring.explain.visible import visible
from predictive_scoring.features.definition import Concept, Feature

_N_MONTHS, _N_WEEKDAYS, _N_HOURS = 12, 7, 24


def stage(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say when a stage was reached, or that it was not: 'Qualified by marketing (MQL) 12 days ago'."""
    name = concept.subject or concept.name
    days = next((f for f in features if f.unit == "days"), None)
    flag = next((f for f in features if f.unit == "flag"), None)
    ago = durations(numbers(frame, days)) if days else np.full(len(frame), UNKNOWN, dtype=np.int64)
    reached = (numbers(frame, flag) > 0) if flag else ago >= 0
    own = f"stage.{name}"

    def tell(language: Language, fact: Fact) -> str:
        state = "none" if not fact[0] else "reached" if fact[1] == UNKNOWN else "since"
        key = f"{own}.{state}" if speaker.texts.has(f"{own}.{state}") else f"stage.other.{state}"
        word = speaker.words.stages.get(name)
        label = visible(getattr(word, language) if word else name)
        return speaker.texts.say(language, key, stage=label, ago=speaker.ago(language, max(fact[1], 0)))

    return said([reached.astype(np.int64), ago], tell, lambda f: (duration_text(f[1]) or "reached") if f[0] else None)


def age(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how long ago the lead was created, or first seen."""
    feature = next((f for f in features if f.unit == "days"), features[0])

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return speaker.texts.say(language, "attribute.unknown", label=capitalised(getattr(concept.word, language)))
        return speaker.texts.say(language, "age.created", ago=speaker.ago(language, fact[0]))

    return said([durations(numbers(frame, feature))], tell, lambda fact: duration_text(fact[0]))


def calendar(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say the part of the calendar that the concept's features hold: month, day of the week, hour."""
    month = _part(frame, features, "month", _N_MONTHS, first=1)
    weekday = _part(frame, features, "weekday", _N_WEEKDAYS, first=0)
    hour = _part(frame, features, "hour", _N_HOURS, first=0)

    def tell(language: Language, fact: Fact) -> str:
        say = speaker.texts.say
        parts = []
        if fact[0] != UNKNOWN:
            parts.append(say(language, "calendar.month", month=speaker.month(language, fact[0])))
        weekday = speaker.weekday(language, fact[1]) if fact[1] != UNKNOWN else ""
        if weekday and fact[2] != UNKNOWN:
            parts.append(say(language, "calendar.weekday_hour", weekday=weekday, hour=str(fact[2])))
        elif weekday:
            parts.append(say(language, "calendar.weekday", weekday=weekday))
        elif fact[2] != UNKNOWN:
            parts.append(say(language, "calendar.hour", hour=str(fact[2])))
        label = capitalised(getattr(concept.word, language))
        return "; ".join(parts) or say(language, "attribute.unknown", label=label)

    return said([month, weekday, hour], tell, lambda fact: next((fact_text(f) for f in fact if f != UNKNOWN), None))


def _part(frame: pd.DataFrame, features: Sequence[Feature], part: str, period: int, first: int) -> Ints:
    """Return a part of the calendar from the feature that holds it: a number, a category, or a sine and a cosine."""
    named = [f for f in features if part in f.statistic]
    sine = next((f for f in named if "sin" in f.statistic), None)
    cosine = next((f for f in named if "cos" in f.statistic), None)
    if sine and cosine:
        turn = np.arctan2(numbers(frame, sine), numbers(frame, cosine)) / (2 * np.pi) * period
        return _whole(np.mod(np.round(turn) - first, period) + first)
    if not named:
        return np.full(len(frame), UNKNOWN, dtype=np.int64)
    if named[0].type == "category":
        codes, values = categories(frame, named[0])
        table = np.array([float(v) if v.replace(".0", "").isdigit() else np.nan for v in values] + [np.nan])
        return _whole(table[codes])
    return _whole(numbers(frame, named[0]))


def _whole(values: Floats) -> Ints:
    return np.where(np.isfinite(values), np.nan_to_num(values), UNKNOWN).astype(np.int64)
