"""Facts that say much the same of a lead: their credit is told together, since how a model shares it out is chance."""

from collections.abc import Iterable
from functools import lru_cache

from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.about import About


class Alike:
    """Names the members of families in one language."""

    def __init__(self, about: About, wording: Wording) -> None:
        self._words = {concept.name: wording.word(concept.word) for concept in about.concepts}
        self._wording = wording
        self._said = lru_cache(maxsize=None)(self._say)

    def heading(self, concepts: Iterable[str]) -> str:
        """Return what stands above the facts of one family: 'Say much the same: job level and seniority'."""
        return self._said("list.alike", tuple(concepts))

    def also(self, others: Iterable[str]) -> str:
        """Return with which other facts one is counted, '' where it stands for itself."""
        named = tuple(others)
        return self._said("list.also", named) if named else ""

    def _say(self, key: str, concepts: tuple[str, ...]) -> str:
        named = [self._words.get(name, name.replace("_", " ")) for name in concepts]
        return capitalised(self._wording.say(key, facts=self._wording.listed(named)))


def families(about: About, wording: Wording) -> list[str]:
    """Return the facts of each family in words, the largest families first."""
    members: dict[str, list[str]] = {}
    for concept in about.concepts:
        if concept.family:
            members.setdefault(concept.family, []).append(wording.word(concept.word))
    several = sorted((each for each in members.values() if len(each) > 1), key=lambda each: (-len(each), each))
    return [capitalised(wording.listed(each)) for each in several]
