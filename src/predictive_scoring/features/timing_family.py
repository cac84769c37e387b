"""Features of time: age, stages reached, season, hour of creation."""

from typing import Final

from predictive_scoring.config.features import Features
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.features.definition import Feature
from predictive_scoring.features.evidence import Evidence
from predictive_scoring.features.naming import Declared, concept, plain_word, slugs

AGE = Word(en="age of the lead", es="antigüedad del lead")
SEASON = Word(en="time of the year", es="época del año")
CREATION_TIME = Word(en="day and hour of creation", es="día y hora de creación")
TWO_YEARS: Final = 730  # before every month was seen twice, the month is but another name of the date


def age(evidence: Evidence, *, flat: bool) -> list[Declared]:
    """Return the concept of the lead's age; a flat table's leads are all looked at when they are created."""
    if flat or not evidence.created:
        return []
    feature = Feature(name="lead__age", concept="age", source="lead", statistic="age", unit="days")
    return [Declared(concept("age", "timing", "age", AGE), (feature,))]


def calendar(evidence: Evidence, *, until_is_known: bool) -> list[Declared]:
    """Return the concepts of season (given two years of history) and of the day and hour of creation, in UTC."""
    declared = []
    if until_is_known and evidence.span_days >= TWO_YEARS:
        season = [
            Feature(name=f"as_of__{part}", concept="season", source="calendar", statistic=part, unit="score")
            for part in ("month_sin", "month_cos")
        ]
        declared.append(Declared(concept("season", "timing", "calendar", SEASON), tuple(season)))
    if evidence.created:
        parts = (("weekday", "level"), ("hour", "level"))
        created = [
            Feature.model_validate(
                {"name": f"created__{part}", "concept": "creation_time", "source": "calendar", "statistic": part}
                | {"unit": unit}
            )
            for part, unit in parts
        ]
        declared.append(Declared(concept("creation_time", "timing", "calendar", CREATION_TIME), tuple(created)))
    return declared


def stages(evidence: Evidence, settings: Features, words: Words) -> list[Declared]:
    """Return a concept for each stage on the way to the target: how long ago it was reached last."""
    frequent = [stage for stage, n in evidence.stages.items() if n >= settings.min_kind_rows]
    named = slugs(frequent, taken=())
    declared = []
    for stage, name in named.items():
        feature = Feature(
            name=f"stage_{name}__days_since", concept=f"stage_{name}", source="stage", statistic="days_since_last",
            unit="days", kinds=(stage,), missing="not reached",
        )  # fmt: skip
        word = plain_word(stage, words.stages)
        declared.append(Declared(concept(f"stage_{name}", "timing", "stage", word, stage), (feature,)))
    return declared
