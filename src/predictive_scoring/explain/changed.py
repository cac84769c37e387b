"""What changed since the last run, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.explain.facts import Said
from predictive_scoring.explain.sentences import sentences
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.definition import Catalogue

Floats = npt.NDArray[np.float64]
LEAST: Final = 0.0005  # a twentieth of a percentage point: less is no change to speak of


@dataclass(frozen=True)
class Step:
    """The way of some leads from their last chance to this one, an entry a lead: was + the three parts = now."""

    was: Floats
    now: Floats
    by_model: Floats
    by_time: Floats
    by_news: Floats
    concept: npt.NDArray[np.intp]  # what news moved most, -1: nothing became known
    is_same_model: bool
    since: datetime


def change_texts(
    step: Step, catalogue: Catalogue, frame: pd.DataFrame, texts: Texts, levels: Mapping[str, Collection[str]]
) -> dict[Language, list[str]]:
    """Return a sentence a lead in every language: the two chances, and each part that can be spoken of."""
    speaker = Speaker(texts, catalogue.words, levels)
    told = sentences(catalogue, frame, speaker)
    found: dict[Language, list[str]] = {}
    for language in LANGUAGES:
        facts = [said.told(language) for said in told]
        found[language] = [
            _sentence(step, row, speaker, language, _fact(facts, told, step.concept[row], row))
            for row in range(len(step.was))
        ]
    return found


def _fact(facts: list[tuple[str, ...]], told: list[Said], place: int, row: int) -> str:
    return facts[place][told[place].codes[row]] if place >= 0 else ""


def _sentence(step: Step, row: int, speaker: Speaker, language: Language, fact: str) -> str:
    say = speaker.texts.say
    was, now = float(step.was[row]), float(step.now[row])
    parts = {
        "news": float(step.by_news[row]),
        "time": float(step.by_time[row]),
        "model" if not step.is_same_model else "records": float(step.by_model[row]),
    }
    direction = "same" if abs(now - was) < LEAST else "up" if now > was else "down"
    day, chances = speaker.day(language, step.since), (speaker.chance(language, was), speaker.chance(language, now))
    sentence = say(language, f"change.{direction}", day=day, was=chances[0], now=chances[1])
    spoken = []
    for name, points in parts.items():
        if abs(points) >= LEAST:
            key = "change.news_because" if name == "news" and fact else f"change.{name}"
            spoken.append(say(language, key, points=speaker.points(language, points), fact=fact))
    return say(language, "change.whole", sentence=sentence, parts="; ".join(spoken)) if spoken else sentence
