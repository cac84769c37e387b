"""The response time needed as lines of text, in either language."""

from collections.abc import Iterator
from typing import Any

from predictive_scoring.handoff.voice import Voice

Band = dict[str, Any]


def response_told(found: dict[str, Any], days: int, voice: Voice) -> Iterator[str]:
    """Yield how soon people were contacted, what came of each band and of who still waited, and the time needed.

    Parameters
    ----------
    found
        What `HandedOver.response` returned.
    days
        The horizon.
    """
    if not found["n"]:
        yield voice.say("response.nobody", days=voice.days(days))
        return
    pace = [
        voice.say("response.pace", number=voice.number(each["contacted"]), hours=voice.number(each["hours"]))
        for each in found["within"]
    ]
    yield voice.say(
        f"response.who_{found['clock']}", found["n"], number=voice.number(found["n"]), days=voice.days(days),
        pace=", ".join(pace), never=voice.number(found["never"]),
    )  # fmt: skip
    if found["immature"]:
        yield "  " + voice.say("response.immature", number=voice.number(found["immature"]))
    for band in found["bands"]:
        yield "  " + _band(band, voice)
        if band["accepted"]["share"] is not None:
            yield "    " + voice.say("response.accepted", rate=rate_told(band["accepted"], band["answered"], voice))
    yield _needed(found, voice)
    if found["needed_hours"] is not None and _shows_later(found):
        yield "  " + voice.say("response.none_later")


def _band(band: Band, voice: Voice) -> str:
    who = voice.say(
        "response.later" if band["from_hours"] else "response.first",
        begin=voice.number(band["from_hours"]), to=voice.number(band["to_hours"]),
    )  # fmt: skip
    contacted, waiting = band["contacted"], band["waiting"]
    decided = voice.number(band["decided_before"])
    if band["too_few"]:
        people, others = voice.number(contacted["people"]), voice.number(waiting["people"])
        return voice.say("response.too_few", who=who, people=people, waiting=others, decided=decided)
    ratio = voice.say("response.no_ratio")
    if band["low"] is not None:
        low, high = voice.number(band["low"], 1), voice.number(band["high"], 1)
        ratio = voice.say("response.ratio", ratio=voice.number(band["ratio"], 1), low=low, high=high)
    return voice.say(
        "response.band", who=who, ratio=ratio, decided=decided,
        rate=rate_told(contacted["converted"], contacted["people"], voice),
        expected=voice.number(contacted["expected"], 1),
        waiting=rate_told(waiting["converted"], waiting["people"], voice),
        waiting_expected=voice.number(waiting["expected"], 1),
    )  # fmt: skip


def _shows_later(found: dict[str, Any]) -> bool:
    """Return whether contacts after the needed time could be compared: where they are too few, nothing is shown."""
    return any(not band["too_few"] for band in found["bands"] if band["from_hours"] >= found["needed_hours"])


def _needed(found: dict[str, Any], voice: Voice) -> str:
    promised, hours = voice.number(found["promised_hours"]), found["needed_hours"]
    if hours is not None:
        kept = next(each["contacted"] for each in found["within"] if each["hours"] == hours)
        return voice.say(
            "response.needed", kept, hours=voice.number(hours), promised=promised, number=voice.number(kept),
            total=voice.number(found["n"]),
        )  # fmt: skip
    told = any(not band["too_few"] for band in found["bands"])
    verdict = "response.not_shown" if told else "response.cannot_tell"
    return voice.say(verdict, found["promised_hours"], promised=promised)


def rate_told(found: dict[str, Any], people: int, voice: Voice) -> str:
    """Return a share that is known, as counts and with its interval."""
    share, low, high = (voice.two_digits(found[name]) for name in ("share", "low", "high"))
    hits, total = voice.number(found["n"]), voice.number(people)
    return voice.say("outlook.rate", hits=hits, total=total, share=share, low=low, high=high)
