"""By which attribute leads came, and what kind of company they are: what a reader filters and compares by."""

from dataclasses import dataclass

from predictive_scoring.config.score import Score
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.attribute_family import SOURCES
from predictive_scoring.snapshots.attributes import known_attributes

_SEGMENTS = ("segment", "industry", "sector", "vertical")


@dataclass(frozen=True)
class Dimensions:
    """The attribute of each, None where a history has none."""

    channel: Attribute | None
    segment: Attribute | None

    def named(self) -> dict[str, Attribute]:
        """Return those that there are, by what they stand for."""
        return {name: item for name, item in (("channel", self.channel), ("segment", self.segment)) if item}


def dimensions(history: History, settings: Score) -> Dimensions:
    """Return the attributes that the settings name, or else the likeliest: a lead's source, an account's industry.

    Raises
    ------
    ConfigurationError
        If a name of the settings is no category that is known at creation.
    """
    categories = [item for item in known_attributes(history) if item.type == "category" and item.known == "at_creation"]
    sources = [item for item in categories if item.name.lower() in SOURCES or item.name.lower().startswith("utm_")]
    accounts = [item for item in categories if item.table == "accounts"]
    named = sorted(accounts, key=lambda item: item.name.lower() not in _SEGMENTS)  # stable: else the first that is told
    return Dimensions(
        _asked(settings.channel, "channel", categories) if settings.channel else next(iter(sources), None),
        _asked(settings.segment, "segment", categories) if settings.segment else next(iter(named), None),
    )


def _asked(name: str, which: str, categories: list[Attribute]) -> Attribute:
    for item in categories:
        if item.name == name:
            return item
    raise ConfigurationError(
        f"score.{which}: {name!r} is no category that is known at creation",
        found=[item.name for item in categories],
        fix="name one of these, or leave it empty",
    )
