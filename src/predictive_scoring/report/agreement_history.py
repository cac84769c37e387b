"""What history says of a profile, in words: rates by criterion, and where the two disagree."""

from collections.abc import Iterator
from dataclasses import dataclass

from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.handoff.profile_history import CriterionHistory, Excluded, ProfileHistory, Rate
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.agreement_words import fitting, percent, value_word

WORTH_TELLING = 1.05  # times the average; closer to it, those excluded are compared with those who fit only


@dataclass(frozen=True)
class Cell:
    """How many of a group converted: the share, and beneath it range and number of leads."""

    share: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A criterion, and the rates of those who fit, who do not, and of whom it is not known."""

    criterion: str
    cells: tuple[Cell, Cell, Cell]


def rows(found: ProfileHistory, voice: Voice) -> list[Row]:
    """Return a row a criterion."""
    return [
        Row(
            f"{capitalised(voice.attribute(item.criterion.attribute))}: {fitting(item.criterion, voice)}",
            (_cell(item.fits, voice), _cell(item.does_not, voice), _cell(item.unknown, voice)),
        )
        for item in found.criteria
    ]


def lede(found: ProfileHistory, voice: Voice) -> str:
    """Return what the rates are counted from."""
    average = found.average
    if not average.n_looks:
        return voice.say("agreement.history.empty")
    said = {"leads": voice.number(average.n_leads), "share": percent(average.share, voice)}
    text = voice.say("agreement.history.lede", average.n_leads, **said, days=voice.days(found.horizon_days))
    if not found.n_immature:
        return text
    young = voice.say("agreement.history.immature", found.n_immature, count=voice.number(found.n_immature))
    return f"{text} {young}"


def findings(found: ProfileHistory, voice: Voice) -> Iterator[str]:
    """Yield each disagreement: those excluded who convert more, then the criteria that make no difference."""
    fits = {item.criterion: item.fits for item in found.criteria}
    for part in found.disagreements:
        yield f"{_who(part, voice)} {_how_often(part, fits[part.criterion], found.average, voice)}"
    yield from (_same(item, voice) for item in found.criteria if item.makes_no_difference)


def _who(part: Excluded, voice: Voice) -> str:
    criterion = part.criterion
    attribute = voice.attribute(criterion.attribute)
    bound = criterion.at_least if part.side == "below" else criterion.at_most
    if part.side in ("below", "above") and bound is not None:
        return voice.say(f"agreement.excluded.{part.side}", attribute=attribute, bound=voice.number(bound))
    value = value_word(criterion.attribute, part.value, voice) if part.side == "value" else fitting(criterion, voice)
    return voice.say(f"agreement.excluded.{part.side}", attribute=attribute, value=value)


def _how_often(part: Excluded, fits: Rate, average: Rate, voice: Voice) -> str:
    said = {
        "share": percent(part.rate.share, voice),
        "low": percent(part.rate.low, voice),
        "high": percent(part.rate.high, voice),
        "leads": voice.number(part.rate.n_leads),
        "fits": percent(fits.share, voice),
    }
    times = part.rate.share / average.share
    if times < WORTH_TELLING:
        return voice.say("agreement.convert.fits", 1, **said)
    return voice.say("agreement.convert.average", 1, **said, times=voice.number(round(times, 1)))


def _same(item: CriterionHistory, voice: Voice) -> str:
    said = {"fits": percent(item.fits.share, voice), "others": percent(item.does_not.share, voice)}
    return voice.say("agreement.same", 1, attribute=voice.attribute(item.criterion.attribute), **said)


def _cell(rate: Rate, voice: Voice) -> Cell:
    leads = voice.say("agreement.history.leads", rate.n_leads, count=voice.number(rate.n_leads))
    if not rate.n_looks:
        return Cell(voice.say("agreement.history.nobody"), ())
    low, high = percent(rate.low, voice), percent(rate.high, voice)
    return Cell(percent(rate.share, voice), (voice.say("agreement.history.range", low=low, high=high), leads))
