"""An agreement tried on history as lines of text, in either language."""

from collections.abc import Iterator
from typing import Any

from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.handoff.forecast import QUARTER_DAYS
from predictive_scoring.handoff.told_response import rate_told, response_told
from predictive_scoring.handoff.voice import Voice

Found = dict[str, Any]


def simulation_told(record: Found, terms: HandOff, voice: Voice) -> Iterator[str]:
    """Yield whom the agreement would have handed over, what became of them, and what the next quarter should bring.

    Parameters
    ----------
    record
        What `agreement simulate --json` writes.
    terms
        What the agreement that was tried asks for.
    """
    yield from _volume(record, voice)
    model, days = record["model"], voice.days(record["horizon_days"])
    expected = voice.number(model["expected_of_mature"], 1)
    yield voice.say("simulate.converted", days=days, rate=_rate(model, "converted", voice), expected=expected)
    if model["immature"]:
        counts = {"number": voice.number(model["immature"]), "converted": voice.number(model["converted_so_far"])}
        yield voice.say("simulate.immature", model["immature"], **counts)
    yield voice.say("simulate.accepted", days=days, rate=_rate(model, "accepted", voice))
    yield _pace(model["response"], terms.first_contact_hours, voice)
    yield from response_told(record["response_needed"], record["horizon_days"], voice)
    if record["points"] is None:
        yield voice.say("simulate.no_points")
    else:
        yield voice.say("simulate.points", became=_became(record["points"], voice))
    for name, key in (("given", "given"), ("contacted", "contacted"), ("accepted", "accepted_in_fact")):
        others = record[name]
        if others is not None:
            n, became = others["handed_over"], _became(others, voice)
            yield voice.say(f"simulate.{key}", n, number=voice.number(n), became=became)
    yield from _proposals(record, terms, voice)
    yield from _ahead(record, voice)
    yield from (voice.say("simulate.note", note=note) for note in record["notes"])


def _volume(record: Found, voice: Voice) -> Iterator[str]:
    volumes, calls = [week["handed_over"] for week in record["weeks"]], record["calls_per_week"]
    yield voice.say(
        "simulate.tried", len(volumes), agreement=record["agreement"], weeks=voice.number(len(volumes)),
        first=record["from"][:10], last=record["until"][:10],
    )  # fmt: skip
    yield voice.say(
        "simulate.handed", total=voice.number(sum(volumes)), mean=voice.number(sum(volumes) / len(volumes), 1),
        least=voice.number(min(volumes)), most=voice.number(max(volumes)), calls=voice.number(calls),
        full=voice.number(sum(n == calls for n in volumes)),
    )  # fmt: skip
    groups = [
        voice.say("outlook.kept", number=voice.number(n, 1), why=voice.say(f"outlook.why.{name}"))
        for name, n in record["above_the_line"].items()
        if n
    ]
    yield voice.say("simulate.above", people=", ".join(groups) or voice.say("simulate.nobody"))


def _rate(found: Found, name: str, voice: Voice) -> str:
    known = found[name]["share"] is not None
    return rate_told(found[name], found["mature"], voice) if known else voice.say("outlook.no_time")


def _became(found: Found, voice: Voice) -> str:
    """Return how many converted as a clause of its own; where the share is not known, that nobody has had the time."""
    if found["converted"]["share"] is None:
        return voice.say("outlook.no_time")
    rate = rate_told(found["converted"], found["mature"], voice)
    return voice.say("outlook.became", found["converted"]["n"], rate=rate)


def _pace(found: Found, promised_hours: int, voice: Voice) -> str:
    hours = voice.number(promised_hours)
    if found["share"] is None:
        return voice.say("simulate.no_pace", promised_hours, hours=hours)
    median = found["median_hours"]
    half = "" if median is None else voice.say("simulate.half", round(median), hours=voice.number(median, 0))
    return voice.say(
        "simulate.pace", promised_hours, hours=hours, within=voice.number(found["within_promise"]), half=half,
        total=voice.number(found["had_time"]), share=voice.two_digits(found["share"]),
        never=voice.number(found["never"]),
    )  # fmt: skip


def _proposals(record: Found, terms: HandOff, voice: Voice) -> Iterator[str]:
    """Yield which chance fills the capacity beside the agreed grades; where none does, which would as the only line."""
    proposal, alone = record["proposal"], record["without_a_line"]
    now = f"{terms.least_probability:g}"
    if proposal is not None:
        yield voice.say("simulate.propose", 1, now=now, **_proposed(proposal, voice))
    if alone is None:
        yield voice.say("simulate.never_full", calls=voice.number(record["calls_per_week"]))
    elif proposal is None:
        grades = ", ".join(terms.grades)
        yield voice.say("simulate.only_line", 1, now=now, grades=grades, **_proposed(alone, voice))


def _proposed(found: Found, voice: Voice) -> dict[str, str]:
    kept = found["kept"]
    return {
        "chance": f"{found['least_probability']:.4f}",  # as the agreement's file would have it
        "people": voice.number(kept["handed_over"]),
        "became": _became(kept, voice),
    }


def _ahead(record: Found, voice: Voice) -> Iterator[str]:
    ahead = record["forecast"]
    if ahead is None:
        yield voice.say("simulate.no_forecast")
        return
    yield voice.say(
        "simulate.forecast", quarter=voice.number(QUARTER_DAYS), day=record["until"][:10],
        expected=voice.number(ahead["expected"], 1), low=voice.number(ahead["low"]), high=voice.number(ahead["high"]),
        level=voice.two_digits(ahead["level"]), weeks=voice.number(ahead["n_weeks"]),
        spread=voice.number(ahead["overdispersion"], 1),
    )  # fmt: skip
    if record["happened"] is not None:
        yield voice.say("simulate.happened", number=voice.number(record["happened"]))
