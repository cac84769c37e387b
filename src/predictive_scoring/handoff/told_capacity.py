"""How far so many calls reach as lines of text, in either language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from predictive_scoring.config.score import RankBy
from predictive_scoring.handoff.capacity import Capacity, Expected
from predictive_scoring.handoff.voice import Voice

NOT_KNOWN: Final = "(not known)"  # in place of a value


@dataclass(frozen=True)
class Reach:
    """What is told of a list: all together, and by the values of a category."""

    day: str
    horizon_days: int | None
    level: float  # of the intervals
    chances_hold: bool  # where they do not, none is told
    whole: Capacity
    by: str  # "": all together
    parts: dict[str, tuple[Capacity, Expected]]  # by value: calls of its own, and its part of the calls
    agreed_least: float | None  # the agreement's chance; None: no agreement was read
    order: RankBy = "probability"  # in which the list lies, and calls are made


def reach_told(found: Reach, voice: Voice) -> Iterator[str]:
    """Yield down to where the calls reach, what they should bring, what is left, and the same of each value."""
    whole = found.whole
    yield voice.say("calls.open", day=found.day, number=voice.number(whole.called.leads + whole.left.leads))
    if not found.chances_hold:
        yield from _order_only(found, voice)
        return
    by_value = found.order == "expected_value"
    yield voice.say("calls.by_value" if by_value else "calls.by_chance")
    yield from _said(found, whole, voice, whole=True)
    if found.agreed_least is not None and whole.cut_off is not None and not by_value:  # no chance is a line there
        chance, now = f"{whole.cut_off:.4f}", f"{found.agreed_least:g}"  # as the agreement's file would have them
        yield voice.say("calls.propose", whole.calls, chance=chance, calls=voice.number(whole.calls), now=now)
    for value, (own, part) in found.parts.items():
        number, conversions = voice.number(part.leads), _conversions(part, voice)
        named = _named(found.by, value, voice)
        yield voice.say("calls.of_all_bring", 1, number=number, conversions=conversions, **named)
        yield voice.say("calls.own", said=next(_said(found, own, voice, whole=False)))


def _order_only(found: Reach, voice: Voice) -> Iterator[str]:
    """Yield who is called and who is left, and no chance: the model's did not hold against what happened."""
    whole = found.whole
    yield voice.say("calls.order")
    counts = {"calls": whole.calls, "number": whole.called.leads, "left": whole.left.leads}
    yield voice.say("calls.best", 1, **{name: voice.number(n) for name, n in counts.items()})
    for value, (_, part) in found.parts.items():
        yield voice.say("calls.of_all", 1, number=voice.number(part.leads), **_named(found.by, value, voice))


def _named(by: str, value: str, voice: Voice) -> dict[str, str]:
    told = voice.say("funnel.unknown") if value == NOT_KNOWN else voice.value(by, value)
    return {"by": voice.attribute(by), "value": told}


def _said(found: Reach, each: Capacity, voice: Voice, *, whole: bool) -> Iterator[str]:
    if each.cut_off is None or each.share_caught is None:
        yield voice.say("calls.nobody")
        return
    said = {
        "number": voice.number(each.called.leads),
        "chance": voice.two_digits(each.cut_off),
        "conversions": _conversions(each.called, voice),
        "level": voice.two_digits(found.level),
        "share": voice.two_digits(each.share_caught),
    }
    calls = "calls.value" if found.order == "expected_value" else "calls.reach"
    if whole and found.horizon_days is not None:
        yield voice.say(f"{calls}_within", each.called.leads, days=voice.days(found.horizon_days), **said)
    else:
        yield voice.say(calls, each.called.leads, **said)
    yield voice.say("calls.below", number=voice.number(each.left.leads), conversions=_conversions(each.left, voice))


def _conversions(found: Expected, voice: Voice) -> str:
    number, low, high = (voice.number(each, 1) for each in (found.conversions, found.low, found.high))
    return voice.say("calls.conversions", number=number, low=low, high=high)
