"""Sentences on how the lead behaves: whether it answers, when it is active, what follows what, use of the product."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import (
    UNKNOWN,
    Fact,
    Ints,
    Said,
    categories,
    counts,
    duration_text,
    fact_text,
    numbers,
    said,
)
from predictive_scoring.explain.said_activity import Windowed
from predictive_scoring.explain.speaker import FIRST_KIND, Speaker, capitalised
from predictive_scoring.features.definition import Concept, Feature

_TENTHS = 10


def answers(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how many of our messages were answered, how fast, and how many since then were not.

    Where no kinds of activity count as answers, anything that the lead did in the days after one does: then no word
    says that it replied.
    """
    own = "answers" if any(f.kinds for f in features) else "followed"
    days = max((f.window_days or 0 for f in features), default=0)
    share, waiting = _tenths(frame, features, "answered_share"), _count(frame, features, "unanswered")
    wait = next((f for f in features if f.statistic == "answer_days"), None)
    after = counts(np.floor(numbers(frame, wait))) if wait else np.full(len(frame), UNKNOWN, dtype=np.int64)

    def tell(language: Language, fact: Fact) -> str:
        tenths, waited, open_ones = fact
        say, when = speaker.texts.say, speaker.window(language, days)
        if tenths == UNKNOWN:
            return say(language, f"{own}.nothing", when=when)
        number = speaker.number(language, tenths * _TENTHS)
        sentence = say(language, f"{own}.{'some' if waited != UNKNOWN else 'none'}", number=number, when=when)
        if waited != UNKNOWN:
            speed = say(language, "answers.after" if waited else "answers.at_once", n=waited, number=str(waited))
            sentence = say(language, "answers.with", sentence=sentence, more=speed)
        if waited == UNKNOWN or open_ones <= 0:
            return sentence
        more = say(language, f"{own}.waiting", n=open_ones, number=speaker.count(language, open_ones))
        return say(language, "answers.with", sentence=sentence, more=more)

    return said([share, after, waiting], tell, lambda fact: _share_text(fact[0]))


def rhythm(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say which part of what the lead did lies in working hours, and which on weekends."""
    days = max((f.window_days or 0 for f in features), default=0)
    working, weekend = (_tenths(frame, features, f"share_{part}") for part in ("working_hours", "weekend"))

    def tell(language: Language, fact: Fact) -> str:
        when = speaker.window(language, days)
        if UNKNOWN in fact:
            return speaker.texts.say(language, "rhythm.unknown", when=when)
        at_work, at_rest = (speaker.number(language, tenths * _TENTHS) for tenths in fact)
        return speaker.texts.say(language, "rhythm.shares", working=at_work, weekend=at_rest, when=when)

    return said([working, weekend], tell, lambda fact: _share_text(fact[0]))


def sequence(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how long it took from the first contact to something, or whether one thing came after another."""
    feature = features[0]
    then, first = (feature.kinds or ("",))[0], feature.after
    value = numbers(frame, feature)
    happened: Ints = np.where(np.isfinite(value), np.nan_to_num(value) > 0, UNKNOWN).astype(np.int64)

    def tell(language: Language, fact: Fact) -> str:
        say, what = speaker.texts.say, _phrase(speaker, language, then)
        if first is not None:
            answer = say(language, "boolean.yes" if fact[0] == 1 else "boolean.no")
            before = _phrase(speaker, language, first)
            return say(language, "sequence.after", what=capitalised(what), before=before, answer=answer)
        if fact[0] == UNKNOWN:
            return say(language, "sequence.never", what=capitalised(what))
        key = "sequence.days" if fact[0] else "sequence.same_day"
        return say(language, key, n=fact[0], what=what, number=speaker.count(language, fact[0]))

    if first is not None:
        return said([happened], tell, lambda fact: fact_text(fact[0]))
    return said([counts(np.floor(value))], tell, lambda fact: duration_text(fact[0]))


def company(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how many people of the company were active, the lead itself among them."""
    nobody = Windowed(np.full(len(frame), UNKNOWN, dtype=np.int64), np.zeros(len(frame), dtype=np.int64))
    people = Windowed.of(frame, features, "active_people") or nobody

    def tell(language: Language, fact: Fact) -> str:
        n, days = fact
        when = speaker.window(language, days) if days else speaker.texts.say(language, "time.so_far")
        key = "company.people" if n > 0 else "company.nobody"
        return speaker.texts.say(language, key, n=n, number=speaker.count(language, max(n, 0)), when=when)

    return said([people.count, people.days], tell, lambda fact: fact_text(fact[0]))


def usage(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say on how many days the product was used, and by how many people of the company."""
    unused = Windowed(np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame), dtype=np.int64))
    used = Windowed.of(frame, features, "days_active") or unused
    longest = max((f.window_days or 0 for f in features), default=0)
    users = _count(frame, [f for f in features if f.window_days == longest], "active_people")

    def tell(language: Language, fact: Fact) -> str:
        n, days, people = fact
        say = speaker.texts.say
        when = speaker.window(language, days) if days else say(language, "time.so_far")
        key = "usage.days" if n > 0 else "usage.none"
        sentence = say(language, key, n=n, number=speaker.count(language, max(n, 0)), when=when)
        if people < 1 or (people == 1 and n > 0):  # one user, and that is the lead itself
            return sentence
        number, whole = speaker.count(language, people), speaker.window(language, longest)
        more = say(language, "usage.people", n=people, number=number, when=whole)
        return say(language, "usage.with", sentence=sentence, more=more)

    return said([used.count, used.days, users], tell, lambda fact: fact_text(fact[0]))


def last_touch(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say what happened last: 'Latest activity: a form filled in'."""
    codes, kinds = categories(frame, features[0])

    def tell(language: Language, fact: Fact) -> str:
        if fact[0] == UNKNOWN:
            return speaker.texts.say(language, "first_kind.unknown")
        kind = kinds[fact[0]]
        sentence = speaker.texts.say(language, "last_kind.known", what=_phrase(speaker, language, kind))
        is_new = speaker.is_new(features[0].name, kind)
        return speaker.texts.say(language, "first_kind.new", sentence=sentence) if is_new else sentence

    return said([codes], tell, lambda fact: None if fact[0] == UNKNOWN else kinds[fact[0]])


def _phrase(speaker: Speaker, language: Language, kind: str) -> str:
    """Return what a kind is called in the middle of a sentence: 'a visit to the pricing page'."""
    own = f"first_kind.is.{kind}"
    if speaker.texts.has(own):
        return speaker.texts.say(language, own)
    word = speaker.words.kinds.get(kind)
    return getattr(word, language) if word else speaker.value(language, FIRST_KIND, kind)


def _tenths(frame: pd.DataFrame, features: Sequence[Feature], statistic: str) -> Ints:
    feature = next((f for f in features if f.statistic == statistic), None)
    share = numbers(frame, feature) if feature else np.full(len(frame), np.nan)
    return np.where(np.isfinite(share), np.round(np.nan_to_num(share) * _TENTHS), UNKNOWN).astype(np.int64)


def _count(frame: pd.DataFrame, features: Sequence[Feature], statistic: str) -> Ints:
    feature = next((f for f in features if f.statistic == statistic), None)
    return counts(numbers(frame, feature)) if feature else np.full(len(frame), UNKNOWN, dtype=np.int64)


def _share_text(tenths: int) -> str | None:
    return None if tenths == UNKNOWN else f"{tenths / _TENTHS:.1f}"
