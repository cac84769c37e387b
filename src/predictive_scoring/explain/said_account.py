"""Sentences on the lead's company: colleagues who are active, and what the company did before."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.facts import UNKNOWN, Fact, Said, counts, durations, fact_text, numbers, said
from predictive_scoring.explain.said_activity import Windowed
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.features.definition import Concept, Feature

ACTIVE = "active_colleagues"
KNOWN = "colleagues"


def colleagues(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how many other leads of the company were active, of how many that are known."""
    unknown = np.full(len(frame), UNKNOWN, dtype=np.int64)
    people = Windowed.of(frame, features, ACTIVE)
    done = Windowed.of(frame, features, "count")
    of_known = next((f for f in features if f.statistic == KNOWN), None)
    known = counts(numbers(frame, of_known)) if of_known else unknown
    main = people or done or Windowed(known, np.zeros(len(frame), dtype=np.int64))
    counted = "people" if people else "done" if done else "known"

    def tell(language: Language, fact: Fact) -> str:
        n, days, n_known = fact
        say = speaker.texts.say
        if n_known == 0:
            return say(language, "colleagues.nobody")
        if n == UNKNOWN:
            return say(language, "colleagues.unknown")
        when = speaker.window(language, days) if days else say(language, "time.so_far")
        key = f"colleagues.{counted}" if n else "colleagues.none"
        return say(language, key, n=n, number=speaker.count(language, n), when=when)

    return said([main.count, main.days, known], tell, lambda fact: fact_text(fact[0]))


def account_history(concept: Concept, features: Sequence[Feature], frame: pd.DataFrame, speaker: Speaker) -> Said:
    """Say how many leads of the company converted before, and how long ago the last one did."""
    n_won = next((f for f in features if f.unit == "count"), None)
    last = next((f for f in features if f.unit == "days"), None)
    ago = durations(numbers(frame, last)) if last else np.full(len(frame), UNKNOWN, dtype=np.int64)
    count = counts(numbers(frame, n_won)) if n_won else np.where(ago >= 0, 1, 0)

    def tell(language: Language, fact: Fact) -> str:
        n, since = fact
        if n == UNKNOWN:
            return speaker.texts.say(language, "colleagues.unknown")
        number = speaker.count(language, n)
        sentence = speaker.texts.say(language, f"account_history.{'some' if n else 'none'}", n=n, number=number)
        if n == 0 or since == UNKNOWN:
            return sentence
        return speaker.texts.say(language, "activity.last", n=n, sentence=sentence, ago=speaker.ago(language, since))

    return said([count, ago], tell, lambda fact: fact_text(fact[0]))
