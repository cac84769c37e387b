"""What an agreement leaves to its defaults and the history does not have: refused by nothing, and said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from predictive_scoring.agreement.definition import Agreement, Stages, Version
from predictive_scoring.agreement.names import Names, names_of, undirected
from predictive_scoring.contract.history import History


@dataclass(frozen=True)
class Doubt:
    """One default, and what it leaves empty or counts twice; `handoff.told_check` says it in words."""

    version: str  # the day from which the version holds
    about: Literal["sql", "opportunity", "customer", "lost", "contact", "both"]
    names: tuple[str, ...]  # that the default looks for; of `both` the one kind that is own act and contact
    known: tuple[str, ...] = ()  # what the history has in their place
    n_rows: int = 0  # of `both`: activities of the kind that say not who began


def doubts(history: History, agreement: Agreement) -> list[Doubt]:
    """Return what was left to a default that finds nothing in this history, or contradicts what was written.

    A name that somebody wrote and that is not there is refused (`names.refuse_unknown_names`). A default nobody wrote:
    it may be meant, but it leaves a state or a promise empty without a word.
    """
    names = names_of(history)
    return [
        doubt
        for version in agreement.versions
        for doubt in (*_of_stages(version, names), *_of_contacts(version, names, history))
    ]


def _of_stages(version: Version, names: Names) -> Iterator[Doubt]:
    for state in Stages.model_fields:
        given: tuple[str, ...] = getattr(version.stages, state)
        if state in version.stages.model_fields_set or set(given) & names.stages:
            continue
        yield Doubt(version.valid_from, state, given, tuple(sorted(names.stages)))  # type: ignore[arg-type]


def _of_contacts(version: Version, names: Names, history: History) -> Iterator[Doubt]:
    terms = version.hand_off
    if "contact_kinds" in terms.model_fields_set:
        return
    if not set(terms.contact_kinds) & names.kinds:
        yield Doubt(version.valid_from, "contact", terms.contact_kinds, tuple(sorted(names.kinds)))
    for kind, n in undirected(history, terms.contact_kinds, version.own_actions).items():
        yield Doubt(version.valid_from, "both", (kind,), n_rows=n)
