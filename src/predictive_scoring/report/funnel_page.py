"""The funnel as a page: one HTML file in one language, its figures as tables with bars, no script and no network."""

from pathlib import Path

from predictive_scoring.agreement.funnel import Step
from predictive_scoring.contract.history import HistoryFacts
from predictive_scoring.contract.words import Language
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.acceptance import Rate
from predictive_scoring.handoff.contacts import Work
from predictive_scoring.handoff.funnel_report import ANSWER_DAYS, Cohort, FunnelReport, Share
from predictive_scoring.handoff.segments import UNKNOWN, spoken
from predictive_scoring.handoff.spend import ALL, COUNTED, NOBODY, Cost
from predictive_scoring.handoff.stays import Stay
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.page import environment
from predictive_scoring.storage import write_text

TOO_FEW = 30  # people; below, a share says too little to be shown
Cell = dict[str, str | float | None]


def write_funnel_page(found: FunnelReport, facts: HistoryFacts, language: Language, path: Path) -> None:
    """Write the page, whole or not at all; see `render_funnel`."""
    write_text(path, render_funnel(found, facts, language))


def render_funnel(found: FunnelReport, facts: HistoryFacts, language: Language) -> str:
    """Return the page of a funnel report as HTML text."""
    voice = Voice(language, spoken(facts))
    months = sorted({cohort.month for cohorts in found.cohorts.values() for cohort in cohorts}, reverse=True)
    return environment().get_template("funnel.html.j2").render(
        lang=language, t=voice.say, voice=voice, found=found, facts=facts, shown=visible,
        answer_days=voice.number(ANSWER_DAYS), n_people=voice.number(sum(found.states.values())),
        states=[(voice.say(f"state.{state.name.lower()}"), voice.number(n)) for state, n in found.states.items() if n],
        steps=[_step(share, voice) for share in found.steps],
        arrivals=[_arrival(share.step, voice) for share in found.steps],
        groups=[_group(name, values, voice) for name, values in found.groups.items()],
        cohort_steps=[_arrow(key.partition(">")[0], key.partition(">")[2], voice) for key in found.cohorts],
        cohorts=[(voice.month(month), [_cohort(cohorts, month, voice) for cohorts in found.cohorts.values()])
                 for month in months],
        stays=[_stay(stay, voice) for stay in found.stays],
        promises=_promises(found, voice),
        clock=voice.say(f"funnel.clock_{found.clock}"),
        work_title=voice.say(f"funnel.work_{found.clock}"),
        work=[(voice.say(f"work.{name}"), voice.number(found.work.get(name, 0))) for name in Work],
        costs=_costs(found.costs, voice),
        counted=[voice.say(f"short.{state.name.lower()}") for state in COUNTED],
    )  # fmt: skip


def _arrow(start: str, end: str, voice: Voice) -> str:
    return voice.say("funnel.arrow", start=voice.say(f"short.{start}"), end=voice.say(f"short.{end}"))


def _step(share: Share, voice: Voice) -> Cell:
    step = share.step
    return {
        "name": _arrow(step.start.name.lower(), step.end.name.lower(), voice),
        "entered": voice.number(step.n_entered),
        "mature": voice.number(step.n_mature),
        "young": voice.number(step.n_immature),
        "went_on": voice.number(step.n_went_on),
        "median": "" if step.median_days is None else voice.number(step.median_days, 1),
        **_said(share, voice),
    }


def _arrival(step: Step, voice: Voice) -> Cell:
    """Return everybody who entered a step's end: by way of its start, or around it."""
    start = voice.say(f"short.{step.start.name.lower()}")
    return {
        "name": voice.say(f"short.{step.end.name.lower()}"),
        "entered": voice.number(step.n_reached + step.n_around),
        "by_way": f"{voice.number(step.n_reached)} ({start})",
        "around": voice.number(step.n_around),
    }


def _said(share: Share, voice: Voice) -> Cell:
    """Return a share, its range and its bar; words where there are too few people or none had the time."""
    step = share.step
    if step.share is None or share.low is None or share.high is None:
        return {"share": voice.say("funnel.too_young") if step.n_entered else "", "range": "", "bar": None}
    if step.n_mature < TOO_FEW:
        return {"share": voice.say("funnel.too_few"), "range": "", "bar": None}
    between = voice.say("funnel.range", low=voice.tenths(share.low), high=voice.tenths(share.high))
    return {"share": voice.tenths(step.share), "range": between, "bar": round(100 * step.share, 1)}


def _group(name: str, values: dict[str, tuple[Share, ...]], voice: Voice) -> dict[str, object]:
    shares = next(iter(values.values()), ())
    return {
        "title": voice.say("funnel.by", attribute=voice.attribute(name)),
        "steps": [_arrow(share.step.start.name.lower(), share.step.end.name.lower(), voice) for share in shares],
        "rows": [(_value(name, value, voice), [_step(share, voice) for share in row]) for value, row in values.items()],
    }


def _value(name: str, value: str, voice: Voice) -> str:
    return voice.say("funnel.unknown") if value == UNKNOWN else voice.value(name, value)


def _cohort(cohorts: tuple[Cohort, ...], month: object, voice: Voice) -> dict[str, object]:
    """Return a month's cell: the share, or what is missing of it."""
    here = [cohort.share for cohort in cohorts if cohort.month == month]
    if not here:
        return {"n": "", "text": "", "young": False}
    step = here[0].step
    text = str(_said(here[0], voice)["share"])
    if step.n_mature and step.n_immature:
        text = voice.say("funnel.incomplete", share=text, number=voice.number(step.n_immature))
    return {"n": voice.number(step.n_entered), "text": text, "young": step.n_immature > 0}


def _stay(stay: Stay, voice: Voice) -> Cell:
    median = stay.median_days
    return {
        "name": voice.say(f"state.{stay.state.name.lower()}"),
        "left": voice.number(stay.n_left),
        "still": voice.number(stay.n_still_in),
        "median": voice.say("funnel.under_half") if median is None else voice.number(median, 1),
    }


def _promises(found: FunnelReport, voice: Voice) -> list[Cell]:
    note = voice.say("funnel.in_time_note", number=voice.number(found.n_not_due)) if found.n_not_due else ""
    answered = voice.say("funnel.answered", days=voice.number(ANSWER_DAYS))
    return [
        {"name": voice.say(f"funnel.in_time_{found.clock}"), "note": note, **_rate(found.contacted_in_time, voice)},
        {"name": answered, "note": "", **_rate(found.answered, voice)},
        {"name": voice.say("funnel.win"), "note": "", **_rate(found.win, voice)},
    ]


def _rate(rate: Rate, voice: Voice) -> Cell:
    of = voice.say("funnel.of", hits=voice.number(rate.n_hits), total=voice.number(rate.n))
    if rate.n < TOO_FEW:
        return {"of": of, "share": voice.say("funnel.too_few"), "range": ""}
    between = voice.say("funnel.range", low=voice.tenths(rate.low), high=voice.tenths(rate.high))
    return {"of": of, "share": voice.tenths(rate.share), "range": between}


def _costs(costs: tuple[Cost, ...], voice: Voice) -> list[dict[str, object]]:
    """Return a table a category; all together stand at the head of the first, which is of what was paid for."""
    names = list(dict.fromkeys(cost.category for cost in costs if cost.category))
    return [
        {
            "title": voice.attribute(name),
            "shared": place > 0,
            "rows": [_cost(cost, voice) for cost in costs if cost.category == name or not (place or cost.category)],
        }
        for place, name in enumerate(names)
    ]


def _cost(cost: Cost, voice: Voice) -> dict[str, object]:
    each = [cost.per(state.name.lower()) for state in COUNTED]
    return {
        "name": _payer(cost, voice),
        "young": cost.is_immature,
        "amount": voice.number(cost.amount, 0),
        "per": [voice.say("funnel.no_cost") if one is None else voice.number(one, 2) for one in each],
    }


def _payer(cost: Cost, voice: Voice) -> str:
    if cost.value == ALL and not cost.category:
        return voice.say("funnel.all")
    return voice.say("funnel.nobody") if cost.value == NOBODY else _value(cost.category, cost.value, voice)
