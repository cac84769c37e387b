"""Whether everything that an agreement names is in the history."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Agreement, Approached, Criterion, Version
from predictive_scoring.agreement.terms import Budgets
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import Attribute, History, TableName
from predictive_scoring.engine.duck import literal, open_engine, path_literal
from predictive_scoring.errors import ConfigurationError, counted
from predictive_scoring.storage import read_parquet

CATEGORIES = ("category", "boolean")  # a text is free: nobody agrees on its values


@dataclass(frozen=True)
class Names:
    """What a history knows, from its rows and from its source file's dictionary."""

    kinds: frozenset[str]
    topics: frozenset[str]
    stages: frozenset[str]


def refuse_unknown_names(history: History, agreement: Agreement) -> None:
    """Return nothing if each kind, topic, stage, attribute and value of every version is in the history.

    Parts that an agreement leaves to their defaults are not looked at: nobody wrote them.

    Raises
    ------
    ConfigurationError
        Listing every name that is not there with what may have been meant, every attribute of which nobody knows when
        it was written, every bound or value that does not suit the attribute's type, and every kind that is said to be
        the person's own act and a contact of ours, where the rows do not say which; or if the history is flat.
    """
    if history.facts.flat:
        raise ConfigurationError(
            "a flat table has no life cycle: nothing is known of what happened when",
            fix="give activities and outcomes with their instants",
        )
    names = names_of(history)
    problems = [
        f"version {version.valid_from}: {problem}"
        for version in agreement.versions
        for problem in (
            *_of_words(version, names),
            *(_of_both(version, history) if "contact_kinds" in version.hand_off.model_fields_set else ()),
            *_of_attributes(version, history),
        )
    ]
    if problems:
        raise ConfigurationError(
            f"agreement: {counted(len(problems), 'problem')} with history '{history.facts.name}'\n"
            + "\n".join(f"  - {problem}" for problem in problems),
            fix="spell each as the history does, or declare it in the source file",
        )


def names_of(history: History) -> Names:
    """Return the kinds, topics and stages that occur, or that the source file has words for."""
    words = history.facts.words
    return Names(
        kinds=_distinct(history, "activities", "kind") | words.kinds.keys(),
        topics=_distinct(history, "activities", "topic"),
        stages=_distinct(history, "outcomes", "stage") | words.stages.keys(),
    )


def _distinct(history: History, table: TableName, column: str) -> frozenset[str]:
    found = pc.unique(read_parquet(history.path(table), [column])[column].cast(pa.string()))
    return frozenset(value for value in found.to_pylist() if value is not None)


def _of_words(version: Version, names: Names) -> Iterator[str]:
    """Yield what no activity and no outcome is called."""
    kinds: dict[str, Iterable[str]] = {"own_actions": version.own_actions, "intent": version.intent}
    for key, rule in (("mql", version.mql), ("pql", version.pql)):
        kinds |= {f"{key}.any_of.{place}": condition.kinds for place, condition in enumerate(rule.any_of)}
    if "contact_kinds" in version.hand_off.model_fields_set:
        kinds["hand_off.contact_kinds"] = version.hand_off.contact_kinds
    touches = {stage: getattr(version.journey, stage) for stage in type(version.journey).model_fields}
    kinds |= {f"journey.{stage}.kinds": touch.kinds for stage, touch in touches.items()}
    for place, given in kinds.items():
        yield from _unknown(place, "kind", given, names.kinds)
    for stage, touch in touches.items():
        yield from _unknown(f"journey.{stage}.topics", "topic", touch.topics, names.topics)
    for state in sorted(version.stages.model_fields_set):
        yield from _unknown(f"stages.{state}", "stage", getattr(version.stages, state), names.stages)


def _of_both(version: Version, history: History) -> Iterator[str]:
    """Yield the kinds by which every act of a person would answer itself: own act and our contact, of no direction.

    A kind may be both, e-mails for instance, where each row says who began: `inbound` counts as theirs only, `outbound`
    as ours only.
    """
    for kind, n in undirected(history, version.hand_off.contact_kinds, version.own_actions).items():
        yield (
            f"hand_off.contact_kinds: {kind!r} is among own_actions too, and {counted(n, 'row')} of "
            "it say not who began: each would be the person's own act and our contact at once; take it out of one, or "
            "map `direction` in the source file"
        )


def undirected(history: History, ours: tuple[str, ...], theirs: tuple[str, ...]) -> dict[str, int]:
    """Return of each kind that is in both lists how many activities do not say who began; only where there are any."""
    shared = [kind for kind in ours if kind in theirs]
    if not shared:
        return {}
    with open_engine() as engine:
        rows = engine.sql(
            f"select kind, count(*) as n from read_parquet({path_literal(history.path('activities'))}) "
            f"where direction is null and kind in ({', '.join(map(literal, shared))}) group by kind order by kind"
        )
    return {row["kind"]: row["n"] for row in rows.to_pylist()}


def _unknown(place: str, noun: str, given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    for name in given:
        if name not in known:
            yield f"{place}: no {noun} {name!r}{_meant(name, known)}"


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _of_attributes(version: Version, history: History) -> Iterator[str]:
    """Yield what the profile and the questions ask and the attributes cannot answer."""
    declared: dict[tuple[str, str], Attribute] = {(item.table, item.name): item for item in history.facts.attributes}
    for place, criterion in enumerate(version.profile):
        where = f"profile.{place}"
        attribute = declared.get((criterion.table, criterion.attribute))
        trouble = _trouble(criterion.attribute, criterion.table, attribute, declared)
        if trouble:
            yield f"{where}: {trouble}"
        elif attribute is not None:
            yield from (f"{where}: {problem}" for problem in _of_values(criterion, attribute, history))
    if version.origin is not None:
        yield from _of_approached(version.origin.outbound, history, declared)
    if version.hand_off.budgets is not None:
        yield from _of_budgets(version.hand_off.budgets, history, declared)
    for name in version.hand_off.questions:
        trouble = _trouble(name, "leads", declared.get(("leads", name)), declared)
        if trouble:
            yield f"hand_off.questions: {trouble}"


def _of_approached(asked: Approached, history: History, declared: Mapping[tuple[str, str], Attribute]) -> Iterator[str]:
    """Yield why nobody can tell by this whom we approached."""
    where, attribute = "origin.outbound", declared.get(("leads", asked.attribute))
    if trouble := _trouble(asked.attribute, "leads", attribute, declared):
        yield f"{where}: {trouble}"
    elif attribute is not None and (attribute.type != "category" or attribute.known != "at_creation"):
        yield f"{where}: {asked.attribute!r} is a {attribute.type}, {attribute.known}: it needs a category, at_creation"
    elif attribute is not None:
        known = _distinct(history, "leads", asked.attribute)
        known |= history.facts.words.values.get(asked.attribute, {}).keys()
        yield from _unknown(f"{where}.any_of", "value", map(clean_text, asked.any_of), known)


def _of_budgets(budgets: Budgets, history: History, declared: Mapping[tuple[str, str], Attribute]) -> Iterator[str]:
    """Yield why calls cannot be shared out so."""
    attribute = declared.get((budgets.table, budgets.by))
    trouble = _missing(budgets.by, budgets.table, attribute, declared)  # whose a lead is, is asked as of today
    if trouble:
        yield f"hand_off.budgets.by: {trouble}"
    elif attribute is not None and attribute.type != "category":
        yield f"hand_off.budgets.by: {budgets.by!r} is a {attribute.type}: calls are shared out by a category"
    elif attribute is not None:
        known = _distinct(history, budgets.table, budgets.by) | history.facts.words.values.get(budgets.by, {}).keys()
        yield from _unknown("hand_off.budgets.calls", "value", budgets.calls, known)


def _trouble(
    name: str, table: str, attribute: Attribute | None, declared: Mapping[tuple[str, str], Attribute]
) -> str | None:
    if attribute is not None and not attribute.may_be_a_feature:
        return f"{name!r} is declared `known: at_export`: nobody knows when it was written"
    return _missing(name, table, attribute, declared)


def _missing(
    name: str, table: str, attribute: Attribute | None, declared: Mapping[tuple[str, str], Attribute]
) -> str | None:
    if attribute is not None:
        return None
    other = "leads" if table == "accounts" else "accounts"
    if (other, name) in declared:
        return f"{name!r} is an attribute of {other}, not of {table}"
    here = [item.name for item in declared.values() if item.table == table]
    return f"no attribute of {table} {name!r}{_meant(name, here)}"


def _of_values(criterion: Criterion, attribute: Attribute, history: History) -> Iterator[str]:
    """Yield what does not suit the attribute's type, and the values that no row has."""
    asks_category = bool(criterion.any_of)
    words = history.facts.words.values
    if asks_category and attribute.type not in CATEGORIES:
        yield f"{criterion.attribute!r} is a {attribute.type}: any_of needs a category or a boolean"
    elif asks_category:
        cells = _distinct(history, criterion.table, criterion.attribute)
        known = frozenset(value for cell in cells for value in criterion.values_in(cell))
        known |= {"true", "false"} if attribute.type == "boolean" else words.get(criterion.attribute, {}).keys()
        yield from _unknown(criterion.attribute, "value", map(clean_text, criterion.any_of), known)
    elif attribute.type != "number":
        yield f"{criterion.attribute!r} is a {attribute.type}: at_least and at_most need a number"
