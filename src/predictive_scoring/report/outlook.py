"""What changed of a lead since the last run, and what one more activity went together with, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from predictive_scoring.contract.model_version import bundle_version
from predictive_scoring.explain.changed import LEAST as LEAST_CHANGE
from predictive_scoring.explain.possible import LEAST as LEAST_DIFFERENCE
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.contents import chances_hold
from predictive_scoring.report.lexicon import Lexicon
from predictive_scoring.report.privacy import Pii, shown_text
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording

LONGEST: Final = 500
_PARTS: Final = (("by_news", "news"), ("by_time", "time"), ("by_model", "model"))


@dataclass(frozen=True)
class Possible:
    """One more activity: what it went together with, and by how much."""

    text: str
    points: str
    raises: bool


@dataclass(frozen=True)
class Outlook:
    """One lead's; texts that may be empty."""

    change: tuple[str, ...] = ()
    possible: tuple[Possible, ...] = ()


class Outlooks:
    """Speaks in one language of changes and of what is possible; without chances where those may not be shown."""

    def __init__(self, folder: ScoreFolder, wording: Wording, pii: Pii) -> None:
        self._wording, self._pii, self._about = wording, pii, folder.about
        self._with_chances = chances_hold(folder.about)
        self._facts = {concept.name: wording.word(concept.word) for concept in folder.about.concepts}
        self._since = folder.since

    def of(self, rank: int, change: dict[str, Any] | None, possible: Sequence[dict[str, Any]]) -> Outlook:
        """Return the words for a lead's row of changes.parquet and its rows of what_if.parquet."""
        return Outlook(self._changed(rank, change), tuple(self._told(possible)))

    def _changed(self, rank: int, change: dict[str, Any] | None) -> tuple[str, ...]:
        if self._since is None:
            return ()
        day = self._wording.day(self._since)
        if change is None:
            return (self._wording.say("changed.new", day=day),)
        number, before = self._wording.number, change["previous_rank"]
        place = self._wording.say("changed.place", now=number(rank), was=number(before), day=day)
        if self._with_chances:
            return (place, self._shown(change[f"text_{self._wording.language}"]))
        parts = [self._part(change, column, name) for column, name in _PARTS if abs(change[column]) >= LEAST_CHANGE]
        return (place, *parts)

    def _part(self, change: dict[str, Any], column: str, name: str) -> str:
        if name == "model" and bundle_version(change["previous_model"]) == self._about.model_version:
            name = "records"
        fact = self._facts.get(change["concept"] or "") if name == "news" else None
        key = f"changed.{name}_because" if fact else f"changed.{name}"
        direction = "changed.up" if change[column] > 0 else "changed.down"
        return self._wording.say(direction, why=self._wording.say(key, fact=fact or ""))

    def _told(self, possible: Sequence[dict[str, Any]]) -> list[Possible]:
        told = [row for row in possible if abs(row["points"]) >= LEAST_DIFFERENCE]
        return [self._possible(row) for row in told]

    def _possible(self, row: dict[str, Any]) -> Possible:
        raises = row["points"] > 0
        if self._with_chances:
            text = self._shown(row[f"text_{self._wording.language}"])
            return Possible(text, self._wording.points(row["points"]), raises)
        condition = self._condition(row["kind"], row["concept"])
        return Possible(
            self._wording.say("possible.more" if raises else "possible.fewer", condition=condition), "", raises
        )

    def _condition(self, kind: str, concept: str) -> str:
        texts, language = _conditions(), self._wording.language
        if texts.has(f"possible.{kind}"):
            return texts.say(language, f"possible.{kind}")
        return texts.say(language, "possible.other", word=self._facts.get(concept, visible(kind)))

    def _shown(self, text: str) -> str:
        return visible(shown_text(text, self._pii), LONGEST)


@lru_cache(maxsize=1)
def _conditions() -> Texts:
    return Texts.packaged()


def outlooks(folder: ScoreFolder, scores: pa.Table, speakers: Sequence[Outlooks], lexicon: Lexicon) -> dict[str, Any]:
    """Return for each lead of a slice the texts of its change, and three numbers a possible activity.

    Those are its text, its points, and 1 where it raises, else 0; nothing where the folder tells neither.
    """
    if folder.since is None and folder.what_if is None:
        return {}
    changes, possible = folder.changes_of(scores), folder.what_if_of(scores)
    ranks = scores["rank"].to_pylist()
    told: dict[str, list[list[int]]] = {"change": [], "possible": []}
    for rank, change, rows in zip(ranks, changes, possible, strict=True):
        said = [each.of(rank, change, rows) for each in speakers]
        told["change"].append([lexicon.place(*texts) for texts in zip(*(each.change for each in said), strict=True)])
        flat: list[int] = []
        for options in zip(*(each.possible for each in said), strict=True):
            flat += [lexicon.place(*(option.text for option in options))]
            flat += [lexicon.place(*(option.points for option in options)), int(options[0].raises)]
        told["possible"].append(flat)
    return told
