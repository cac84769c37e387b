"""What an agreement leaves to its defaults and the history does not have: refused by nothing, and said."""

from collections.abc import Iterator
from typing import Final

from predictive_scoring.agreement.definition import Agreement, Stages, Version
from predictive_scoring.agreement.names import Names, names_of, undirected
from predictive_scoring.contract.history import History
from predictive_scoring.errors import counted

_N_KNOWN = 8
_NOBODY: Final = {
    "sql": "accepted by sales",
    "opportunity": "an opportunity",
    "customer": "a customer",
    "lost": "lost",
}


def doubts(history: History, agreement: Agreement) -> list[str]:
    """Return what was left to a default that finds nothing in this history, or contradicts what was written.

    A name that somebody wrote and that is not there is refused (`names.refuse_unknown_names`). A default nobody wrote:
    it may be meant, but it leaves a state or a promise empty without a word.

    Returns
    -------
    list
        A sentence each, with what would be empty and what to write.
    """
    names = names_of(history)
    return [
        f"version {version.valid_from}: {doubt}"
        for version in agreement.versions
        for doubt in (*_of_stages(version, names), *_of_contacts(version, names, history))
    ]


def _of_stages(version: Version, names: Names) -> Iterator[str]:
    for state in Stages.model_fields:
        given: tuple[str, ...] = getattr(version.stages, state)
        if state in version.stages.model_fields_set or set(given) & names.stages:
            continue
        yield (
            f"no outcome is called {_either(given)}: nobody will ever be {_NOBODY[state]}; write stages.{state} "
            f"({_known(names.stages)}), [] if there is no such stage"
        )


def _of_contacts(version: Version, names: Names, history: History) -> Iterator[str]:
    terms = version.hand_off
    if "contact_kinds" in terms.model_fields_set:
        return
    if not set(terms.contact_kinds) & names.kinds:
        yield (
            f"no activity is called {_either(terms.contact_kinds)}: nobody will ever count as contacted, in time or "
            f"later; write hand_off.contact_kinds ({_known(names.kinds)}), [] if contacts are not recorded"
        )
    for kind, n in undirected(history, terms.contact_kinds, version.own_actions).items():
        yield (
            f"{kind!r} is among own_actions, and by default a contact of ours too: {counted(n, 'row')} of it do not "
            "say who began and count as both; write hand_off.contact_kinds"
        )


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(map(repr, names))


def _known(names: frozenset[str]) -> str:
    """Return the first names that the history has."""
    if not names:
        return "this history has none"
    listed = ", ".join(sorted(names)[:_N_KNOWN])
    return f"this history has {listed}{' …' if len(names) > _N_KNOWN else ''}"
