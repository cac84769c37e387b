"""The nurture list and the meeting as lines of text, in either language."""

from collections.abc import Iterator, Mapping

from predictive_scoring.agreement.journey import BuyingStage
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.acceptance import NOT_KNOWN, Disagreement, Rate
from predictive_scoring.handoff.meeting import Meeting
from predictive_scoring.handoff.nurture import BETWEEN_DAYS, NextAction, Warming
from predictive_scoring.handoff.voice import Voice

N_TALKED_OF = 20  # disagreements by name; JSON has them all


def nurture_told(
    rising: list[Warming], top: int, nexts: Mapping[BuyingStage, list[NextAction]], voice: Voice
) -> Iterator[str]:
    """Yield the leads below the line that warm up, the first `top` by name, and what converters did next."""
    n = len(rising)
    yield voice.say("nurture.rising", n, number=voice.number(n), days=voice.number(BETWEEN_DAYS))
    for lead in rising[:top]:
        said = {
            "lead": visible(lead.lead_id),
            "grade": lead.grade,
            "before": voice.number(lead.before, 1),
            "now": voice.number(lead.now, 1),
            "stage": voice.say(f"stage.{lead.stage.name.lower()}"),
            "standing": voice.say(f"standing.{lead.standing}"),
        }
        yield "  " + voice.say("nurture.lead", 1, **said)
    for stage, these in nexts.items():
        yield voice.say("nurture.after", stage=voice.say(f"stage.{stage.name.lower()}"))
        yield from (f"  {_next(one, voice)}" for one in these)


def _next(one: NextAction, voice: Voice) -> str:
    counts = {"n_hits": voice.number(one.n), "of": voice.number(one.of), "share": voice.percent(one.n / one.of)}
    said = voice.say("nurture.next", 1, kind=voice.kind(one.kind), **counts)
    if one.share_of_others is None:
        return said
    return voice.say("nurture.others", said=said, share=voice.percent(one.share_of_others))


def meeting_told(found: Meeting, voice: Voice) -> Iterator[str]:
    """Yield how often sales accept, what has become of the qualified, and what to talk about."""
    missed = voice.number(found.n_not_reached)
    yield voice.say("meeting.decided", found.n_decided, number=voice.number(found.n_decided), missed=missed)
    if found.n_later:
        instant = f"{found.as_of:%Y-%m-%d %H:%M}"
        yield voice.say("meeting.later", found.n_later, number=voice.number(found.n_later), instant=instant)
    for by, rates in found.acceptance.items():
        name = voice.say("meeting.grade") if by == "grade" else voice.attribute(by)
        yield voice.say("meeting.by_reason") if by == "reason" else voice.say("meeting.by", attribute=name)
        yield from (f"  {_rate(by, rate, voice)}" for rate in rates)
    yield voice.say(f"meeting.work_{found.clock}")
    for work, n in found.work.items():
        yield "  " + voice.say("meeting.line", name=voice.say(f"work.{work}"), number=voice.number(n))
    yield voice.say("meeting.talk", number=voice.number(len(found.disagreements)))
    yield from (f"  {_case(one, voice)}" for one in found.disagreements[:N_TALKED_OF])
    left = len(found.disagreements) - N_TALKED_OF
    if left > 0:
        yield "  " + voice.say("meeting.more", left, number=voice.number(left))


def _rate(by: str, rate: Rate, voice: Voice) -> str:
    said = {
        "value": visible(rate.value) if by in {"grade", "reason"} or rate.value == NOT_KNOWN
        else voice.value(by, rate.value),
        "hits": voice.number(rate.n_hits),
        "total": voice.number(rate.n),
        "share": voice.percent(rate.share),
        "low": voice.percent(rate.low),
        "high": voice.percent(rate.high),
    }  # fmt: skip
    return voice.say("meeting.rate", 1, **said)


def _case(one: Disagreement, voice: Voice) -> str:
    why = voice.say("meeting.why", decision=voice.say(f"decision.{one.decision}"), reason=visible(one.reason))
    said = {
        "lead": visible(one.lead_id),
        "grade": one.grade,
        "decision": why if one.reason else voice.say(f"decision.{one.decision}"),
        "decided": voice.day(one.decided_at),
    }
    if one.converted_at is not None:
        said["converted"] = voice.day(one.converted_at)
    return voice.say(f"meeting.case.{one.kind}", 1, **said)
