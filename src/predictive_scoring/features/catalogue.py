"""The catalogue of a history: which features there are, decided by what was known before training ended."""

from datetime import datetime

from predictive_scoring.config.features import Features
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.errors import DataContractError
from predictive_scoring.features import account_family, activity_family, attribute_family, timing_family
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.features.evidence import gather
from predictive_scoring.features.naming import Declared
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
    evidence = gather(history, target, until)
    words = history.facts.words
    kinds = activity_family.kinds_of(evidence, settings)
    declared = [
        *activity_family.by_kind(kinds, settings, words),
        *activity_family.engagement(evidence, settings),
        *activity_family.first_touch(evidence, settings),
        *account_family.colleagues(evidence, settings),
        *account_family.account_history(evidence, target, settings),
        *timing_family.stages(evidence, settings, words),
        *timing_family.age(evidence, flat=history.facts.flat),
        *timing_family.calendar(evidence, until_is_known=until is not None),
        *attribute_family.email_kind(evidence),
    ]
    named, notes = attribute_family.attributes(evidence, settings, words, declared)
    declared += named
    if not declared:
        raise DataContractError(
            f"history '{history.facts.name}': nothing to learn from before {until or 'the end'}",
            expected="activities, or attributes that are known at creation and differ between leads",
            fix="map activities or attributes in the source file",
        )
    rare = sorted(set(evidence.kinds) - set(kinds))
    notes += [f"kind '{kind}': {evidence.kinds[kind]} activities before training ended; no feature" for kind in rare]
    return _catalogue(declared, words, kinds, history, notes)


def _catalogue(
    declared: list[Declared], words: Words, kinds: tuple[str, ...], history: History, notes: list[str]
) -> Catalogue:
    features: tuple[Feature, ...] = tuple(feature for item in declared for feature in item.features)
    values = {"email_kind": EMAIL_KINDS, "first_kind": {**_of_kinds(kinds, words), "other": OTHER}}
    values |= {item.name: words_of_titles() for item in history.facts.attributes if is_title(item)}
    used = {feature.attribute for feature in features}
    spoken = {name: {**given, **words.values.get(name, {})} for name, given in values.items() if name in used}
    return Catalogue(
        features=features,
        concepts=tuple(item.concept for item in declared),
        words=words.model_copy(update={"values": {**words.values, **spoken}}),
        notes=tuple(notes),
    )


def _of_kinds(kinds: tuple[str, ...], words: Words) -> dict[str, Word]:
    return {kind: words.kinds[kind] for kind in kinds if kind in words.kinds}
