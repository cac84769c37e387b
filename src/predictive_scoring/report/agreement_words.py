"""An agreement in plain words: what each rule says, in one language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from predictive_scoring.agreement.definition import Condition, Criterion, Qualification, Touches, Version
from predictive_scoring.agreement.terms import Action, Budgets, Grade, Qualified, Recycle
from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.voice import Voice

TOLD = {"true": True, "false": False}  # of a boolean, as an agreement spells it


@dataclass(frozen=True)
class Definition:
    """A word, what it means, and the conditions of which one is enough."""

    term: str
    text: str
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A criterion, the values that fit, and what happens without them."""

    what: str
    fits: str
    need: str


def definitions(version: Version, voice: Voice) -> list[Definition]:
    """Return what each state of the life cycle means, in the order in which people go through them."""
    said = {state: _stages(getattr(version.stages, state), state, voice) for state in type(version.stages).model_fields}
    texts = {
        "contact": (voice.say("agreement.is.contact"), ()),
        "lead": (voice.say("agreement.is.lead", kinds=kinds(version.own_actions, voice)), ()),
        "mql": _qualified(version.mql, "mql", voice),
        "pql": _qualified(version.pql, "pql", voice),
        **{state: (text, ()) for state, text in said.items()},
        "recycled": (voice.say("agreement.is.recycled"), ()),
    }
    return [Definition(voice.say(f"agreement.term.{state}"), *told) for state, told in texts.items()]


def profile_lines(version: Version, voice: Voice) -> list[Line]:
    """Return each criterion of the profile."""
    return [
        Line(
            capitalised(_whose(criterion.attribute, criterion.table, voice)),
            fitting(criterion, voice),
            voice.say("agreement.profile.essential" if criterion.essential else "agreement.profile.wished"),
        )
        for criterion in version.profile
    ]


def fitting(criterion: Criterion, voice: Voice) -> str:
    """Return the values that fit a criterion, in words."""
    if criterion.any_of:
        values = voice.together(value_word(criterion.attribute, value, voice) for value in criterion.any_of)
        if criterion.separator is None:
            return values
        return voice.say("agreement.parts", values=values, separator=visible(criterion.separator))
    bounds = {
        name: voice.exact(bound)
        for name, bound in (("low", criterion.at_least), ("high", criterion.at_most))
        if bound is not None
    }
    key = "between" if len(bounds) == 2 else "least" if "low" in bounds else "most"
    return voice.say(f"agreement.{key}", 1, **bounds)


def value_word(attribute: str, value: str, voice: Voice) -> str:
    """Return what the source calls a category's value; of a boolean, yes or no."""
    return voice.value(attribute, TOLD.get(value, value))


def journey_lines(version: Version, voice: Voice) -> list[tuple[str, str]]:
    """Return each stage of buying and what touches it; without those that nothing does."""
    stages = {stage: getattr(version.journey, stage) for stage in type(version.journey).model_fields}
    return [
        (voice.say(f"agreement.journey.{stage}"), _touched(touches, voice))
        for stage, touches in stages.items()
        if touches.kinds or touches.topics
    ]


def promises(version: Version, voice: Voice) -> Iterator[str]:
    """Yield what both teams promise each other of the hand-off, a sentence each."""
    terms = version.hand_off
    yield voice.say("agreement.hand_off.grades", grades=voice.together(terms.grades))
    every = set(terms.states) == set(get_args(Qualified))
    states = voice.together(voice.say(f"short.{state}") for state in terms.states)
    yield voice.say("agreement.hand_off.every_state" if every else "agreement.hand_off.states", states=states)
    if terms.least_probability > 0:
        yield voice.say("agreement.hand_off.chance", chance=_agreed_percent(terms.least_probability, voice))
    if terms.questions:
        asked = voice.together(map(voice.attribute, terms.questions))
        yield voice.say("agreement.hand_off.questions", attributes=asked)
    count = voice.number(terms.calls_per_week)
    yield voice.say("agreement.hand_off.capacity", terms.calls_per_week, count=count)
    if terms.budgets is not None:
        yield _shared_out(terms.budgets, voice)
    hours = voice.number(terms.first_contact_hours)
    if terms.contact_kinds:
        contacts = kinds(terms.contact_kinds, voice)
        yield voice.say("agreement.hand_off.hours", terms.first_contact_hours, count=hours, kinds=contacts)
    else:
        yield voice.say("agreement.hand_off.hours_unseen", terms.first_contact_hours, count=hours)
    yield _comes_again(terms.comes_again, voice)


def _comes_again(rule: Recycle, voice: Voice) -> str:
    """Return when whoever was rejected, or handed over before, may be handed over again."""
    if rule.after_days is None:
        return voice.say("agreement.again.acted" if rule.on_own_action else "agreement.again.never")
    key = "agreement.again.either" if rule.on_own_action else "agreement.again.later"
    return voice.say(key, rule.after_days, count=voice.number(rule.after_days))


def _shared_out(budgets: Budgets, voice: Voice) -> str:
    """Return how the calls are shared out: 'by industry: software 40, retail 20; 10 for every other'."""
    said = [
        voice.say("agreement.budget.one", value=value_word(budgets.by, value, voice), count=voice.number(calls))
        for value, calls in budgets.calls.items()
    ]
    others = None if budgets.each is None else voice.number(budgets.each)
    if others is not None:
        said.append(voice.say("agreement.budget.others" if said else "agreement.budget.each", count=others))
    return voice.say(
        "agreement.hand_off.budgets", attribute=_whose(budgets.by, budgets.table, voice), calls=voice.together(said)
    )


def approached(version: Version, voice: Voice) -> Iterator[str]:
    """Yield whom the two teams call approached by us, where the agreement says it."""
    if version.origin is not None:
        rule = version.origin.outbound
        values = voice.together(value_word(rule.attribute, value, voice) for value in rule.any_of)
        yield voice.say("agreement.rule.approached", attribute=voice.attribute(rule.attribute), values=values)


def letters(version: Version, voice: Voice) -> dict[str, str]:
    """Return what it takes to be of each grade; nothing where the model's own letters hold."""
    if version.grades is None:
        return {}
    by, takes = version.grades.by, version.grades.letters
    told = {
        letter: voice.say(
            f"agreement.letter.{by}", amount=voice.number(least) if by == "calls" else _agreed_percent(least, voice)
        )
        for letter, least in takes.items()
    }
    return {**told, "D": voice.say("agreement.letter.rest")}


def kinds(names: tuple[str, ...], voice: Voice) -> str:
    """Return what the source calls some kinds of activity, as a list."""
    return voice.together(map(voice.kind, names))


def percent(share: float, voice: Voice) -> str:
    """Return a share as a percentage with one decimal, as the language writes it."""
    return voice.say("agreement.percent", number=voice.number(round(share * 100, 1)))


def actions(version: Version) -> list[tuple[Grade, Action]]:
    """Return what each grade gets, best first; what the agreement does not say is left."""
    said = version.hand_off.actions
    return [(grade, said.get(grade, "leave")) for grade in get_args(Grade)]


def _agreed_percent(share: float, voice: Voice) -> str:
    """Return a share as a percentage with every digit that was agreed: what is signed is not rounded."""
    return voice.say("agreement.percent", number=voice.exact(round(share * 100, 10)))


def _whose(attribute: str, table: str, voice: Voice) -> str:
    """Return an attribute with whose it is: both tables may have one of that name."""
    return voice.say(f"agreement.of.{table}", attribute=voice.attribute(attribute))


def _qualified(rule: Qualification, state: str, voice: Voice) -> tuple[str, tuple[str, ...]]:
    if not rule.any_of:
        return voice.say("agreement.unused"), ()
    return voice.say(f"agreement.is.{state}"), tuple(_condition(one, voice) for one in rule.any_of)


def _condition(condition: Condition, voice: Voice) -> str:
    key = "agreement.once" if condition.at_least == 1 else "agreement.times"
    said = {"kinds": kinds(condition.kinds, voice)}
    if condition.at_least > 1:
        said |= {"count": voice.number(condition.at_least), "days": voice.number(condition.within_days)}
    return voice.say(key if len(condition.kinds) == 1 else f"{key}_any", condition.within_days, **said)


def _stages(stages: tuple[str, ...], state: str, voice: Voice) -> str:
    if not stages:
        return voice.say("agreement.unused")
    words = voice.words.stages
    named = [visible(getattr(words[name], voice.language) if name in words else name) for name in stages]
    return voice.say(f"agreement.is.{state}", stages=voice.together(named))


def _touched(touches: Touches, voice: Voice) -> str:
    said = {}
    if touches.kinds:
        said["kinds"] = kinds(touches.kinds, voice)
    if touches.topics:
        said["topics"] = voice.together(map(voice.topic, touches.topics))
    key = "either" if len(said) == 2 else next(iter(said))
    return capitalised(voice.say(f"agreement.journey.{key}", 1, **said))
