"""Who says things on a page in several languages."""

from dataclasses import dataclass

from predictive_scoring.contract.words import Language
from predictive_scoring.report.alike import Alike
from predictive_scoring.report.backdrop import Backdrop
from predictive_scoring.report.leads import Told, evidence_said
from predictive_scoring.report.outlook import Outlooks
from predictive_scoring.report.wording import Wording


@dataclass(frozen=True)
class Speakers:
    """One a language, in the same order; what they say comes as a list of as many texts."""

    languages: tuple[Language, ...]
    wordings: tuple[Wording, ...]
    backdrops: tuple[Backdrop, ...]
    families: tuple[Alike, ...]
    outlooks: tuple[Outlooks, ...]

    @property
    def first(self) -> Wording:
        """The wording of the first language: all count in the same number of leads."""
        return self.wordings[0]

    def wording(self, language: Language) -> Wording:
        """Return the wording of one language."""
        return self.wordings[self.languages.index(language)]

    def told(self, language: Language) -> Told:
        """Return who speaks of leads in one language."""
        at = self.languages.index(language)
        return Told(self.backdrops[at], self.families[at], self.outlooks[at])

    def chance(self, probability: float) -> list[str]:
        """Return a chance in words."""
        return [each.chance(probability) for each in self.wordings]

    def money(self, amount: float) -> list[str]:
        """Return an amount of money in figures."""
        return [each.money(amount) for each in self.wordings]

    def range(self, low: float, high: float) -> list[str]:
        """Return the likely range of a chance in words."""
        return [each.say("list.range", range=each.chances(low, high)) for each in self.wordings]

    def points(self, difference: float) -> list[str]:
        """Return a difference in points."""
        return [each.points(difference) for each in self.wordings]

    def level(self, probability: float) -> list[str]:
        """Return a probability in points."""
        return [each.level(probability) for each in self.wordings]

    def alike(self, concepts: tuple[str, ...]) -> list[str]:
        """Return what stands above the facts of one family."""
        return [each.heading(concepts) for each in self.families]

    def also(self, concepts: tuple[str, ...]) -> list[str]:
        """Return with which other facts one is counted."""
        return [each.also(concepts) for each in self.families]

    def evidence(self, n: int, rate: float, low: float, high: float) -> list[str]:
        """Return how leads of the past went."""
        return [evidence_said(n, (rate, low, high), each) for each in self.wordings]
