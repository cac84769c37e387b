"""The catalogue of a history: which features there are, decided by what was known before training ended."""

from collections.abc import Callable
from datetime import datetime

from predictive_scoring.config.features import Family, Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.errors import DataContractError
from predictive_scoring.features import (
    account_family,
    activity_family,
    attribute_family,
    behaviour_family,
    firmographic_family,
    timing_family,
)
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.features.evidence import Evidence, gather
from predictive_scoring.features.naming import Declared
from predictive_scoring.features.regions import words_of_regions
from predictive_scoring.features.titles import is_title, words_of_titles

EMAIL_KINDS = {
    "business": Word(en="business", es="de empresa"),
    "free": Word(en="free provider", es="de proveedor gratuito"),
    "disposable": Word(en="disposable", es="desechable"),
}
OTHER = Word(en="other", es="otro")


def declare(history: History, target: Target, until: datetime | None, settings: Features) -> Catalogue:
    """Return the features of a history, in an order that depends on nothing but their names.

    Parameters
    ----------
    until
        End of the training window: kinds, stages, attributes and their values that became known later decide
        nothing. None: a flat history without instants, where everything is known at once.

    Raises
    ------
    DataContractError
        If a category looks like an id or holds personal data, or if nothing is left to learn from.
    """
    evidence = gather(history, target, until, settings)
    words, kinds = history.facts.words, activity_family.kinds_of(evidence, settings)
    declared, notes = _of_activities(kinds, evidence, settings, words)
    wanted: list[tuple[Family, Callable[[], list[Declared]]]] = [
        ("colleagues", lambda: account_family.colleagues(evidence, settings)),
        ("account", lambda: account_family.company(evidence, settings)),
        ("account_history", lambda: account_family.account_history(evidence, target, settings)),
        ("stages", lambda: timing_family.stages(evidence, settings, words)),
        ("age", lambda: timing_family.age(evidence, flat=history.facts.flat)),
        ("calendar", lambda: timing_family.calendar(evidence, until_is_known=until is not None)),
        ("email", lambda: attribute_family.email_kind(evidence)),
    ]
    declared += [item for family, make in wanted if family not in settings.leave_out for item in make()]
    if "attributes" not in settings.leave_out:
        named, more = _of_attributes(evidence, settings, words, declared)
        declared, notes = declared + named, notes + more
    if not declared:
        raise DataContractError(
            f"history '{history.facts.name}': nothing to learn from before {until or 'the end'}",
            expected="activities, or attributes that are known at creation and differ between leads",
            fix="map activities or attributes in the source file",
        )
    rare = sorted(set(evidence.kinds) - set(kinds))
    notes += [f"kind '{kind}': {evidence.kinds[kind]} activities before training ended; no feature" for kind in rare]
    return _catalogue(declared, words, kinds, history, notes)


def _of_activities(
    kinds: tuple[str, ...], evidence: Evidence, settings: Features, words: Words
) -> tuple[list[Declared], list[str]]:
    """Return the concepts of what the lead did, and notes on what is left out."""
    notes: list[str] = []

    def noted(made: tuple[list[Declared], list[str]]) -> list[Declared]:
        notes.extend(made[1])
        return made[0]

    wanted: list[tuple[Family, Callable[[], list[Declared]]]] = [
        ("groups", lambda: behaviour_family.groups(kinds, settings)),
        ("answers", lambda: behaviour_family.answers(kinds, evidence, settings)),
        ("touches", lambda: activity_family.touches(evidence, settings)),
        ("sequences", lambda: noted(behaviour_family.sequences(kinds, settings, words))),
        ("rhythm", lambda: behaviour_family.rhythm(evidence, settings)),
        ("topics", lambda: noted(behaviour_family.topics(evidence, settings))),
        ("usage", lambda: behaviour_family.usage(kinds, evidence, settings)),
    ]
    declared = [*activity_family.by_kind(kinds, settings, words), *activity_family.engagement(evidence, settings)]
    declared += [item for family, make in wanted if family not in settings.leave_out for item in make()]
    return [item for item in declared if item.features], notes


def _of_attributes(
    evidence: Evidence, settings: Features, words: Words, before: list[Declared]
) -> tuple[list[Declared], list[str]]:
    """Return the concepts of what the lead and its company are, and notes on what is left out."""
    declared, notes = attribute_family.attributes(evidence, settings, words, before)
    out = settings.leave_out
    if "completeness" in out:
        declared = [item for item in declared if item.concept.template != "completeness"]
    banded = firmographic_family.with_bands(declared, settings)
    if "region" not in out:
        declared = declared + firmographic_family.region(evidence, settings)
    if "interactions" not in out:
        pairs, more = firmographic_family.interactions(banded, settings)
        return (declared if "bands" in out else banded + declared[len(banded) :]) + pairs, notes + more
    return declared if "bands" in out else banded + declared[len(banded) :], notes


def _catalogue(
    declared: list[Declared], words: Words, kinds: tuple[str, ...], history: History, notes: list[str]
) -> Catalogue:
    features: tuple[Feature, ...] = tuple(feature for item in declared for feature in item.features)
    ends = {**_of_kinds(kinds, words), "other": OTHER}
    values = {"email_kind": EMAIL_KINDS, "first_kind": ends, "last_kind": ends}
    values |= {item.name: words_of_titles() for item in history.facts.attributes if is_title(item)}
    used = {feature.attribute for feature in features}
    if any(feature.statistic == "region" for feature in features):
        words = words.model_copy(update={"values": {"region": words_of_regions(), **words.values}})
    spoken = {name: {**given, **words.values.get(name, {})} for name, given in values.items() if name in used}
    return Catalogue(
        features=features,
        concepts=tuple(item.concept for item in declared),
        words=words.model_copy(update={"values": {**words.values, **spoken}}),
        notes=tuple(notes),
    )


def _of_kinds(kinds: tuple[str, ...], words: Words) -> dict[str, Word]:
    return {kind: words.kinds[kind] for kind in kinds if kind in words.kinds}
