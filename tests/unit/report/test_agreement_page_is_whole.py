"""Whatever is agreed stands on the sheet that both teams sign: every field of the schema, walked and changed."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, get_args

import pytest
from pydantic import Field, ValidationError

from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.config.base import Block
from predictive_scoring.contract.words import LANGUAGES, Language, Words
from predictive_scoring.report import agreement_words
from predictive_scoring.report.agreement_page import Background, fingerprint, render_agreement

# A version in which everything says something: no condition is met by one act, nothing is left to its default.
WHOLE: dict[str, Any] = {
    "valid_from": "2025-01-01",
    "own_actions": ["demo", "visit", "login", "reply"],
    "intent": ["demo", "reply"],
    "mql": {"any_of": [{"kinds": ["visit", "demo"], "at_least": 3, "within_days": 30}]},
    "pql": {"any_of": [{"kinds": ["login"], "at_least": 5, "within_days": 14}]},
    "stages": {"sql": ["accepted"], "opportunity": ["offer"], "customer": ["won"], "lost": ["lost", "gone"]},
    "profile": [
        {"attribute": "employees", "at_least": 50.5, "at_most": 1500},
        {"attribute": "seniority", "table": "leads", "any_of": ["director", "head"], "separator": ";",
         "essential": True},
    ],
    "origin": {"outbound": {"attribute": "channel", "any_of": ["list", "fair"]}},
    "journey": {
        "awareness": {"kinds": ["visit"], "topics": ["blog"]},
        "consideration": {"kinds": ["reply"], "topics": ["cases"]},
        "decision": {"kinds": ["demo"], "topics": ["prices"]},
    },
    "grades": {"by": "share", "A": 0.05, "B": 0.2, "C": 0.5},
    "hand_off": {
        "grades": ["A", "B"], "states": ["mql", "pql"], "least_probability": 0.0512,
        "questions": ["budget", "seniority"], "calls_per_week": 1200,
        "budgets": {"by": "owner", "table": "leads", "calls": {"ana": 40, "ben": 30}, "each": 10},
        "first_contact_hours": 24, "contact_kinds": ["call", "mail"],
        "recycle": {"after_days": 90, "on_own_action": False},
        "actions": {"A": "call_today", "B": "follow_up", "C": "nurture", "D": "nurture"},
    },
}  # fmt: skip
# What cannot be changed alone: by another measure the letters mean other numbers, and another grade that is handed over
# gets another action, which would show by itself; in another order the grades alone differ.
TOGETHER: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("Grading", "by"): [
        {"grades": {"by": "probability", "A": 0.5, "B": 0.2, "C": 0.05}},
        {"grades": {"by": "calls", "A": 40, "B": 120, "C": 300}},
    ],
    ("HandOff", "grades"): [{"hand_off": WHOLE["hand_off"] | {"grades": ["B", "A"]}}],
}
FieldName = tuple[str, str]  # of a block's class, and its own


def fields(block: Block, place: tuple[Any, ...] = ()) -> Iterator[tuple[FieldName, tuple[Any, ...], Any, Any]]:
    """Yield every field of a block and of those below it: its name, where it stands, its value and its type."""
    for name, field in type(block).model_fields.items():
        value, here = getattr(block, name), (*place, name)
        if isinstance(value, Block):
            yield from fields(value, here)
            if type(None) in get_args(field.annotation):
                yield (type(block).__name__, name), here, value, field.annotation
        else:
            yield (type(block).__name__, name), here, value, field.annotation
            if isinstance(value, tuple):
                for number, item in enumerate(value):
                    if isinstance(item, Block):
                        yield from fields(item, (*here, number))


def others(value: Any, annotation: Any) -> Iterator[Any]:
    """Yield values that a field might have instead; those that are not allowed are sorted out later."""
    if type(None) in get_args(annotation):
        yield None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value + 0.01, value - 0.01, value + 0.0001)
    elif isinstance(value, str):
        yield from [option for option in get_args(annotation) if option != value] or [f"{value}x", "2025-01-02"]
    elif isinstance(value, tuple):
        yield from (value[:-1], (*value, "more"))
        yield from ((*value, option) for option in "ABCD")
    elif isinstance(value, dict):
        yield {**value, "more": 7}
        for key, given in value.items():
            yield {kept: value[kept] for kept in value if kept != key}
            instead = (given + 1,) if isinstance(given, int) else ("call_today", "follow_up", "nurture", "leave")
            yield from ({**value, key: other} for other in instead if other != given)


def changed(whole: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a copy of the whole in which one place holds another value."""
    copy = deepcopy(whole)
    inner: Any = copy
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return copy


def told(version: Version, language: Language) -> str:
    """Return what the page says, beside the fingerprint."""
    agreement = Agreement.model_construct(versions=(version,))
    page = render_agreement(agreement, version, Background("acme", Words()), language)
    text = re.sub(r"<[^>]*>", " ", page.split("<body", 1)[1])
    return " ".join(re.sub(r"\b[0-9a-f]{12}\b", "", text).split())


def unsaid(schema: type[Version], whole: dict[str, Any]) -> tuple[set[FieldName], set[FieldName]]:
    """Return the fields of which some change is not on the page, and those of which no change could be tried."""
    base = schema.model_validate(whole)
    before = {language: told(base, language) for language in LANGUAGES}
    silent, tried, every = set(), set(), set()
    for name, place, value, annotation in fields(base):
        every.add(name)
        made = [changed(whole, place, other) for other in others(value, annotation) if other != value]
        for version in [*made, *({**whole, **change} for change in TOGETHER.get(name, []))]:
            try:
                other = schema.model_validate(version)
            except ValidationError:
                continue  # not an agreement: what it would say is of no interest
            assert fingerprint(other) != fingerprint(base), name
            tried.add(name)
            if any(told(other, language) == before[language] for language in LANGUAGES):
                silent.add(name)
    return silent, every - tried


def schema_fields(block: type[Block]) -> set[FieldName]:
    """Return every field that the schema has, however deep, by the types alone."""
    found: set[FieldName] = set()
    for name, field in block.model_fields.items():
        below = [kind for kind in _types(field.annotation) if isinstance(kind, type) and issubclass(kind, Block)]
        if not below or type(None) in get_args(field.annotation) or "tuple" in str(field.annotation):
            found.add((block.__name__, name))
        for kind in below:
            found |= schema_fields(kind)
    return found


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def test_every_field_of_the_schema_is_on_the_page_in_both_languages() -> None:
    silent, untried = unsaid(Version, WHOLE)
    assert silent == set()
    assert untried == set()
    walked = {name for name, *_ in fields(Version.model_validate(WHOLE))}
    assert walked == schema_fields(Version)


def test_a_promise_that_the_page_keeps_to_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement_words, "_comes_again", lambda rule, voice: "")
    silent, _ = unsaid(Version, WHOLE)
    assert silent == {("Recycle", "after_days"), ("Recycle", "on_own_action"), ("HandOff", "recycle")}


def test_a_sentence_that_one_language_rounds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement_words, "_agreed_percent", agreement_words.percent)
    assert ("HandOff", "least_probability") in unsaid(Version, WHOLE)[0]


def test_a_field_that_is_new_and_that_nobody_says_is_found() -> None:
    class Wider(Version):
        colour: str = Field(default="red")

    silent, _ = unsaid(Wider, WHOLE | {"colour": "red"})
    assert silent == {("Wider", "colour")}
