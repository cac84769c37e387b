"""What a feature is: a declaration that training and scoring share and the bundle carries."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.storage import read_json, write_json

Group = Literal["fit", "engagement", "source", "timing"]
Kind = Literal["number", "category", "boolean"]


class Feature(Block):
    """One column of the model's input; its name is its definition, e.g. `page_view__count__30d`."""

    name: str
    concept: str  # the business concept it is folded into when it is explained
    source: Literal["activity", "account", "stage", "lead", "attribute", "calendar"]
    statistic: str  # what is computed; `project/reference_features.py` says each in words
    type: Kind = "number"
    unit: Literal["count", "days", "share", "score", "level", "amount", "flag"] = "count"
    window_days: int | None = None
    kinds: tuple[str, ...] | None = None  # None: every kind
    direction: Literal["inbound", "outbound"] | None = None
    topics: tuple[str, ...] | None = None  # None: every topic, and what has none
    after: str | None = None  # in a sequence, the kind that comes first; None: the first touch
    within_days: int | None = None  # in how many days an answer counts as one
    zone: str | None = None  # the IANA zone whose clock is read; None: UTC
    attribute: str | None = None  # the column it is read from
    other_attribute: str | None = None  # of an interaction, `table.name` of the second column
    cuts: tuple[float, ...] | None = None  # of a band, the values at which the next one begins, rising
    missing: str = ""  # what a missing value means, e.g. "never happened", "not known"
    monotone: Literal[-1, 0, 1] = 0  # the chance may only rise (1) or fall (-1) with it, other things equal

    @model_validator(mode="after")
    def _levels_have_no_direction(self) -> Self:
        if self.monotone and self.type == "category":
            raise ValueError(f"{self.name}: a category has no order, so nothing can rise or fall with it")
        return self


class Concept(Block):
    """What a reader knows a handful of features as."""

    name: str
    group: Group
    template: str  # which sentence says it: activity, recency, attribute_category, attribute_number, …
    code: str  # stable reason code, e.g. R001
    word: Word  # noun phrase, lower case: "pricing page visits"
    subject: str | None = None  # the kind, stage or attribute that the sentence is about


class Catalogue(Block):
    """Every feature of a model, in the order of its columns, and the concepts they fold into."""

    features: tuple[Feature, ...]
    concepts: tuple[Concept, ...]
    words: Words = Words()
    notes: tuple[str, ...] = ()  # what was left out and why, in plain words

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [feature.name for feature in self.features]

    @property
    def directions(self) -> dict[str, Literal[-1, 0, 1]]:
        """Of the features with which the chance may only rise or fall, by name."""
        return {feature.name: feature.monotone for feature in self.features if feature.monotone}

    def save(self, path: Path) -> None:
        """Write the catalogue as canonical JSON."""
        write_json(path, self.model_dump(mode="json"))

    @classmethod
    def load(cls, path: Path) -> "Catalogue":
        """Return the catalogue in a file."""
        return cls.model_validate(read_json(path))
