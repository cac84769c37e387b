"""What one more activity would go together with, in words that promise nothing."""

from typing import Final

import numpy as np
import numpy.typing as npt

from predictive_scoring.contract.words import LANGUAGES, Language, Words
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.definition import Concept

Floats = npt.NDArray[np.float64]
LEAST: Final = 0.001  # a tenth of a percentage point: less is no difference to act on


def possible_texts(
    concept: Concept, now: Floats, then: Floats, texts: Texts, words: Words
) -> dict[Language, list[str]]:
    """Return a sentence a lead in every language: what the model sees now, and with one more of the concept's kind."""
    speaker = Speaker(texts, words)
    return {
        language: [
            _sentence(concept, float(is_now), float(is_then), speaker, language)
            for is_now, is_then in zip(now, then, strict=True)
        ]
        for language in LANGUAGES
    }


def _sentence(concept: Concept, now: float, then: float, speaker: Speaker, language: Language) -> str:
    say, own = speaker.texts.say, f"possible.{concept.subject}"
    if speaker.texts.has(own):
        condition = say(language, own)
    else:
        condition = say(language, "possible.other", word=getattr(concept.word, language))
    is_now, is_then = speaker.chance(language, now), speaker.chance(language, then)
    is_same = abs(then - now) < LEAST or is_now == is_then
    direction = "same" if is_same else "up" if then > now else "down"
    return say(language, f"possible.{direction}", condition=condition, now=is_now, then=is_then)
