"""How many can be called: what each number of calls brings, worked out before anybody asks."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from predictive_scoring.handoff.capacity import Capacity, Chances, capacity
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording

_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
_TOLD = 8  # rows of the table


@dataclass(frozen=True)
class Calling:
    """One number of calls, in words."""

    calls: int
    number: str
    cut_off: str
    expected: str
    range: str
    share: str
    left: str
    left_expected: str
    sentence: str


def numbers_of_calls(n_leads: int, per_week: int) -> list[int]:
    """Return the numbers that the slider stops at: round ones, the week's, and all.

    Examples
    --------
    >>> numbers_of_calls(12, 7)
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12]
    """
    steps = {round(step * 10**power) for power in range(7) for step in _STEPS}
    return sorted({step for step in steps | {per_week, n_leads} if 0 < step <= n_leads})


def capacities(folder: ScoreFolder, per_week: int) -> list[Capacity]:
    """Return what each number of calls brings."""
    chances = Chances.listed(folder.scores, folder.about.interval_level)
    return [capacity(chances, calls) for calls in numbers_of_calls(folder.scores.num_rows, per_week)]


def said(found: Capacity, wording: Wording, *, by_value: bool = False) -> Calling:
    """Return one number of calls in words; `by_value` where the list is not in the order of chances."""
    parts = {
        "number": wording.number(found.calls),
        "cut_off": wording.chance(found.cut_off or 0.0),
        "expected": wording.count(found.called.conversions),
        "range": wording.say(
            "calling.between", low=wording.number(floor(found.called.low)), high=wording.number(ceil(found.called.high))
        ),
        "share": wording.percent(found.share_caught or 0.0),
        "left": wording.number(found.left.leads),
        "left_expected": wording.count(found.left.conversions),
    }
    sentence = wording.say("calling.sentence_value" if by_value else "calling.sentence", n=found.calls, **parts)
    rest = wording.say("calling.left" if found.left.leads else "calling.none_left", n=found.left.leads, **parts)
    return Calling(found.calls, sentence=f"{sentence} {rest}", **parts)


def told_rows(shown: list[Calling], per_week: int) -> list[Calling]:
    """Return a few of them, spread evenly, the week's among them: the table for readers without scripts."""
    if len(shown) <= _TOLD:
        return shown
    at = {round(place * (len(shown) - 1) / (_TOLD - 1)) for place in range(_TOLD)}
    return [row for place, row in enumerate(shown) if place in at or row.calls == per_week]


def curve_rows(found: list[Capacity], shown: list[Calling]) -> list[dict[str, Any]]:
    """Return the points of the curve."""
    return [
        {"calls": each.calls, "share": round(each.share_caught or 0.0, 5), "told": row.sentence}
        for each, row in zip(found, shown, strict=True)
    ]
