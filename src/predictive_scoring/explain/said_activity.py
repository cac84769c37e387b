"""Sentences on what the lead, and colleagues of the same company, did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import UNKNOWN, Fact, Ints, Said, categories, counts, durations, numbers, said
from predictive_scoring.explain.speaker import FIRST_KIND, Speaker, capitalised
from predictive_scoring.features.definition import Concept, Feature

TYPICAL_DAYS = 30  # the window a reader thinks in; the one nearest to it is said if anything happened in it


@dataclass(frozen=True)
class Windowed:
    """One count a lead, in the most telling window: the typical one, or the longest if that one is empty."""

    count: Ints  # (n,)
    days: Ints  # (n,), the window's length; 0: since ever

    @classmethod
    def of(cls, frame: pd.DataFrame, features: Sequence[Feature], statistic: str) -> "Windowed | None":
        """Return the count of a statistic, None if no feature has it."""
        found = [f for f in features if f.statistic == statistic]
        if not found:
            return None
        windows = {feature.window_days or 0: feature for feature in found}
        typical = min(windows, key=lambda days: (abs((days or 10**6) - TYPICAL_DAYS), days))
        longest = max(windows, key=lambda days: days or 10**6)
        near, far = (counts(numbers(frame, windows[days])) for days in (typical, longest))
        return cls(np.where(near > 0, near, far), np.where(near > 0, typical, longest).astype(np.int64))


def since(frame: pd.DataFrame, features: Sequence[Feature], n: int, statistic: str = "days_since_last") -> Ints:
    """Return how long ago the last one was, `UNKNOWN` if never or if no feature says it."""
    feature = next((f for f in features if f.statistic == statistic and f.direction is None), None)
    return durations(numbers(frame, feature)) if feature else np.full(n, UNKNOWN, dtype=np.int64)


def activity(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how often one kind of activity happened, and how long ago the last one was."""
    kind = concept.subject or concept.name
    windowed = Windowed.of(frame, features, "count")
    n = len(frame)
    last = since(frame, features, n)
    says_never = any(f.statistic == "days_since_last" for f in features)
    count = windowed.count if windowed else np.where(last >= 0, 1, 0)
    days = windowed.days if windowed else np.zeros(n, dtype=np.int64)

    def tell(language: Language, fact: Fact) -> str:
        n_done, window, ago = max(fact[0], 0), fact[1], fact[2]
        never = n_done == 0 and ago == UNKNOWN and says_never
        when = speaker.texts.say(language, "time.so_far") if never or not window else speaker.window(language, window)
        sentence = _activity_sentence(speaker, language, concept, kind, n_done, when)
        return _with_last(speaker, language, sentence, ago, n_done)

    return said([count, days, last], tell, lambda fact: str(max(fact[0], 0)))


def _activity_sentence(speaker: Speaker, language: Language, concept: Concept, kind: str, n: int, when: str) -> str:
    own, state = f"activity.{kind}", "done" if n else "none"
    number = speaker.count(language, n)
    if speaker.texts.has(f"{own}.done"):
        return capitalised(speaker.texts.say(language, f"{own}.{state}", n=n, number=number, when=when))
    word = capitalised(getattr(concept.word, language))
    return speaker.texts.say(language, f"activity.other.{state}", n=n, number=number, when=when, word=word)


def _with_last(speaker: Speaker, language: Language, sentence: str, ago: int, n: int) -> str:
    if ago == UNKNOWN:
        return sentence
    key = "activity.last" if n > 0 else "activity.before"
    return speaker.texts.say(language, key, n=n, sentence=sentence, ago=speaker.ago(language, ago))


def first_activity(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how it began: 'First activity on record 12 days ago: a form filled in'."""
    feature = next((f for f in features if f.type == "category"), features[0])
    codes, kinds = categories(frame, feature)
    ago = since(frame, features, len(frame), "days_since_first")

    def tell(language: Language, fact: Fact) -> str:
        say = speaker.texts.say
        if fact[0] == UNKNOWN:
            return say(language, "first_kind.unknown")
        kind = kinds[fact[0]]
        own = f"first_kind.is.{kind}"
        what = say(language, own) if speaker.texts.has(own) else speaker.value(language, FIRST_KIND, kind)
        key = "first_kind.known" if fact[1] == UNKNOWN else "first_kind.since"
        sentence = say(language, key, what=what, ago=speaker.ago(language, max(fact[1], 0)))
        return say(language, "first_kind.new", sentence=sentence) if speaker.is_new(feature.name, kind) else sentence

    return said([codes, ago], tell, lambda fact: None if fact[0] == UNKNOWN else kinds[fact[0]])


def engagement(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how active the lead was over all kinds: how much, on how many days, how long ago."""
    plain = [f for f in features if f.direction is None]
    windowed = Windowed.of(frame, plain, "count")
    n = len(frame)
    last = since(frame, features, n)
    count = windowed.count if windowed else np.where(last >= 0, 1, 0)
    window = windowed.days if windowed else np.zeros(n, dtype=np.int64)
    active = np.full(n, UNKNOWN, dtype=np.int64)
    for feature in plain:
        if feature.statistic == "days_active":
            active = np.where(window == (feature.window_days or 0), counts(numbers(frame, feature)), active)
    says_never = any(f.statistic == "days_since_last" for f in features)

    def tell(language: Language, fact: Fact) -> str:
        n_done, n_days, days, ago = fact
        say = speaker.texts.say
        never = n_done <= 0 and ago == UNKNOWN and says_never
        when = say(language, "time.so_far") if never or not days else speaker.window(language, days)
        if n_done <= 0:
            return _with_last(speaker, language, say(language, "engagement.none", when=when), ago, 0)
        number = speaker.count(language, n_done)
        sentence = say(language, "engagement.done", n=n_done, number=number, when=when)
        if n_days > 0 and n_done > 1:  # one activity has one day: nothing to add
            on = say(language, "engagement.days", n=n_days, number=speaker.number(language, n_days))
            sentence = say(language, "engagement.spread", sentence=sentence, days=on)
        return _with_last(speaker, language, sentence, ago, n_done)

    return said([count, active, window, last], tell, lambda fact: str(max(fact[0], 0)))
