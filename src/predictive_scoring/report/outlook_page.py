"""How far the calls reach, and what past weeks recommend, as a page: one HTML file in one language, no script."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from predictive_scoring.contract.history import HistoryFacts
from predictive_scoring.contract.words import Language
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.capacity import Expected
from predictive_scoring.handoff.outlook import Outlook, Part
from predictive_scoring.handoff.segments import UNKNOWN
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.page import environment
from predictive_scoring.scoring.about import About
from predictive_scoring.storage import write_text

Row = dict[str, str]


def write_outlook_page(found: Outlook, about: About, facts: HistoryFacts, language: Language, path: Path) -> None:
    """Write the page, whole or not at all; see `render_outlook`."""
    write_text(path, render_outlook(found, about, facts, language))


def render_outlook(found: Outlook, about: About, facts: HistoryFacts, language: Language) -> str:
    """Return the page of an outlook as HTML text.

    Parameters
    ----------
    about
        What the scores say of themselves: where chances did not hold, the page shows none.
    """
    voice, shows_chances = Voice(language, facts.words), about.chances_hold
    names = list(dict.fromkeys(part.category for part in found.parts))
    days = _days(found, voice)
    return environment().get_template("outlook.html.j2").render(
        lang=language, t=voice.say, voice=voice, found=found, facts=facts, shown=visible, days=days,
        shows_chances=shows_chances, level=voice.percent(found.level),
        n_people=voice.number(found.whole.called.leads + found.whole.left.leads),
        calls=voice.number(found.terms.calls_per_week),
        today=list(_today(found, voice)),
        groups=[(voice.attribute(name), [_part(part, voice) for part in found.parts if part.category == name])
                for name in names],
        past=list(_past(found, voice)) if found.past is not None else [],
    )  # fmt: skip


def _today(found: Outlook, voice: Voice) -> Iterator[Row]:
    whole = found.whole
    all_of_it = whole.called.conversions + whole.left.conversions
    for name, each in (("agreed", found.agreed), ("by_chance", whole.called), ("below", whole.left)):
        share = voice.percent(each.conversions / all_of_it) if all_of_it else ""
        least = "" if whole.cut_off is None or name != "by_chance" else voice.tenths(whole.cut_off)
        yield {"name": voice.say(f"outlook.{name}"), "least": least, "share": share, **_expected(each, voice)}


def _part(part: Part, voice: Voice) -> Row:
    found = part.found
    return {
        "name": voice.say("funnel.unknown") if part.value == UNKNOWN else voice.value(part.category, part.value),
        "budget": "" if part.budget is None else voice.number(part.budget),
        "all": voice.number(found.called.leads + found.left.leads),
        "least": "" if found.cut_off is None else voice.tenths(found.cut_off),
        "left": _expected(found.left, voice)["conversions"],
        **_expected(found.called, voice),
    }


def _expected(found: Expected, voice: Voice) -> Row:
    return {
        "people": voice.number(found.leads),
        "conversions": voice.number(found.conversions, 1),
        "range": voice.say("outlook.range", low=voice.number(found.low, 1), high=voice.number(found.high, 1)),
    }


def _past(found: Outlook, voice: Voice) -> Iterator[str]:
    """Yield what past weeks say, a sentence each."""
    past, terms = found.past, found.terms
    assert past is not None
    volumes = [week["handed_over"] for week in past["weeks"]]
    first, last = (voice.day(datetime.fromisoformat(past[end])) for end in ("from", "until"))
    full = sum(n == terms.calls_per_week for n in volumes)
    yield voice.say(
        "outlook.tried", n=len(volumes), weeks=voice.number(len(volumes)), first=first, last=last,
        mean=voice.number(sum(volumes) / len(volumes), 1), full=voice.number(full),
        calls=voice.number(terms.calls_per_week),
    )  # fmt: skip
    kept = [
        voice.say("outlook.kept", number=voice.number(n, 1), why=voice.say(f"outlook.why.{name}"))
        for name, n in past["above_the_line"].items()
        if n > 0
    ]
    if kept:
        yield voice.say("outlook.above", people=voice.together(kept))
    for name in ("converted", "accepted"):
        yield voice.say(f"outlook.{name}", rate=_rate(past["model"], name, voice), days=_days(found, voice))
    yield from _line(found, voice)
    ahead = past["forecast"]
    if ahead is not None:
        yield voice.say("outlook.forecast", day=last, expected=voice.number(ahead["expected"], 1),
                        low=voice.number(ahead["low"]), high=voice.number(ahead["high"]),
                        level=voice.percent(ahead["level"]))  # fmt: skip


def _line(found: Outlook, voice: Voice) -> Iterator[str]:
    """Yield the line that would have filled the weeks, beside the one that was agreed."""
    past, terms = found.past, found.terms
    assert past is not None
    now = voice.say("outlook.now", grades=voice.together(terms.grades), chance=voice.tenths(terms.least_probability))
    if found.recommended is None:
        yield voice.say("outlook.never_full", calls=voice.number(terms.calls_per_week), now=now)
        return
    kept = past["without_a_line"]["kept"]
    yield voice.say(
        "outlook.recommended", chance=voice.tenths(found.recommended), calls=voice.number(terms.calls_per_week),
        n=kept["handed_over"], now=now, people=voice.number(kept["handed_over"]), became=_became(kept, voice),
    )  # fmt: skip


def _became(kept: dict[str, Any], voice: Voice) -> str:
    rate = _rate(kept, "converted", voice)
    known = kept["converted"]["share"] is not None
    return voice.say("outlook.became", n=kept["converted"]["n"], rate=rate) if known else rate


def _rate(found: dict[str, Any], name: str, voice: Voice) -> str:
    rate = found[name]
    if rate["share"] is None:
        return voice.say("outlook.no_time")
    return voice.say(
        "outlook.rate", hits=voice.number(rate["n"]), total=voice.number(found["mature"]),
        share=voice.tenths(rate["share"]), low=voice.tenths(rate["low"]), high=voice.tenths(rate["high"]),
    )  # fmt: skip


def _days(found: Outlook, voice: Voice) -> str:
    return "" if found.horizon_days is None else voice.days(found.horizon_days)
