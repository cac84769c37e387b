"""How soon a first contact has to come: what the history shows of those who got it early and those who waited."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff.excess import SAME, Comparison, compare, holds_of_many
from predictive_scoring.handoff.promise import HOUR, is_kept
from predictive_scoring.handoff.record import Share, share_of, within
from predictive_scoring.model.calibration_fit import fitted_chances
from predictive_scoring.snapshots.instants import NEVER, Micros

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BAND_ENDS_HOURS: Final = (4, 24, 72, 168)  # whoever has not been contacted by the last of them waits "later, or never"
LEAST_EXPECTED: Final = 5.0  # conversions of either side; with fewer, a band is joined with the next


@dataclass(frozen=True)
class Waits:
    """People who had the whole horizon since they were handed over; arrays of shape (n,), instants in microseconds.

    Attributes
    ----------
    since
        When each was handed over: the clock of everything below.
    contacted
        When we first turned to each from then on, `NEVER` where we have not.
    decided
        When it was over and no call could change it any more: converted, lost, opted out, left out.
    converted, accepted
        When each converted and when sales accepted it, `NEVER` where that did not happen.
    chance
        What the model said of each when it was handed over, before anybody turned to it: a later score would know
        of the call and of the silence, and so hide what they went with.
    """

    whose: Whose
    since: Micros
    contacted: Micros
    decided: Micros
    converted: Micros
    accepted: Micros
    chance: Floats


@dataclass(frozen=True)
class Side:
    """Those who were contacted in a band, or who still waited at its end, and what came of them after its end."""

    people: int
    converted: Share
    expected: float  # of people with such chances, had the time of the contact made no difference


@dataclass(frozen=True)
class Band:
    """Who got the first contact so many hours after the hand-over, held against who still waited at the band's end."""

    from_hours: int
    to_hours: int
    contacted: Side
    waiting: Side
    decided_before: int  # waited until the band, decided within it and not lost after a call: on neither side
    answered: int  # contacted in the band, and neither accepted nor decided before that
    accepted: Share  # of them, from the contact on
    against: Comparison | None  # the contacted with the waiting, as observed to expected; None: too few to tell
    went_with_more: bool = False  # clearly, and hardly by luck, of all bands together

    def as_json(self, level: float) -> dict[str, Any]:
        """Return a value that JSON can hold; `level` is that of the ratio's interval."""
        record = {name: value for name, value in asdict(self).items() if name != "against"}
        ratio = low = high = None
        if self.against is not None and np.isfinite(self.against.ratio):
            ratio, (low, high) = self.against.ratio, self.against.interval(level)
        ends = {"low": low, "high": high} if low is not None and np.isfinite(low) else {"low": None, "high": None}
        return record | {"too_few": self.against is None, "ratio": ratio, **ends}


@dataclass(frozen=True)
class Response:
    """What a history shows of the time to the first contact."""

    n: int
    never: int  # not contacted at all
    within_hours: dict[int, int]  # how many were contacted so soon
    level: float
    bands: tuple[Band, ...]

    @property
    def needed_hours(self) -> int | None:
        """The end of the last band whose contacted did better than those who waited on; None: no band shows it."""
        return max((band.to_hours for band in self.bands if band.went_with_more), default=None)

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        bands = [band.as_json(self.level) for band in self.bands]
        pace = [{"hours": hours, "contacted": n} for hours, n in self.within_hours.items()]
        return {
            "n": self.n, "never": self.never, "within": pace, "bands": bands, "needed_hours": self.needed_hours,
        }  # fmt: skip


def response_needed(waits: Waits, horizon: int, level: float) -> Response:
    """Return what became of people by the hours to their first contact, each band held against who still waited.

    A first contact is something that happens to those who are still there to get it. Whoever converts on the first day
    would stand among the never contacted and make waiting look good; whoever is lost on it would make it look bad
    (immortal time: Suissa 2008, doi:10.1093/aje/kwm324). So each band ends in a landmark (Anderson, Cain and Gelber
    1983, doi:10.1200/JCO.1983.1.11.710): at its end, two sides of people who had waited until its beginning and are not
    decided yet, those contacted within it and those not contacted so far, and only what comes after the landmark
    counts, until the horizon since the hand-over, for both alike. Whom somebody calls later stays among the waiting:
    nobody knew it at the landmark. One exception: whoever is lost between the call and the landmark stays with the
    contacted, who brought nothing. A call decides people; without its losers, the rest would look better than those
    who wait, among whom there are as many. Who converts that soon is on neither side, which leans towards no time.

    Fast calls go to good leads. So each side is held against what its chances let expect, the chances first being
    brought to the height and the spread that the two sides together had: how right they are is counted, not believed.
    What sellers saw beyond the model is in neither: the ratios say what went together, not what a call does.

    Parameters
    ----------
    horizon
        In microseconds.
    level
        Of the intervals, in (0, 1). Where the time makes no difference, an interval lies above 1 by luck in
        ``(1 - level) / 2`` of cases, and that any band is said to have gone with more is no likelier (Holm).
    """
    bands = list(_bands(waits, horizon, level))
    told = [band.against for band in bands if band.against is not None]
    is_no_luck = iter(holds_of_many(np.array([each.p_more for each in told]), (1 - level) / 2).tolist())
    bands = [
        band if band.against is None else replace(band, went_with_more=next(is_no_luck) and _is_clear(band.against))
        for band in bands
    ]
    pace = {hours: int(is_kept(waits.since, waits.contacted, hours).sum()) for hours in BAND_ENDS_HOURS}
    return Response(len(waits.since), int((waits.contacted == NEVER).sum()), pace, level, tuple(bands))


def _is_clear(against: Comparison) -> bool:
    return not against.ratio < SAME  # not a number: none of those who waited converted


def _bands(waits: Waits, horizon: int, level: float) -> Iterator[Band]:
    """Yield the bands, each joined with the next as long as it is too thin to tell anything."""
    ends = [hours for hours in BAND_ENDS_HOURS if hours * HOUR < horizon]
    begins = 0
    for hours in ends:
        band = _band(waits, (begins, hours), horizon, level)
        if band.against is not None or hours == ends[-1]:
            yield band
            begins = hours


def _band(waits: Waits, hours: tuple[int, int], horizon: int, level: float) -> Band:
    begins, ends = (waits.since + each * HOUR for each in hours)
    called_before, called = (_called_by(waits, each) for each in hours)
    waited = ~called_before & (waits.decided >= begins)  # neither contacted nor decided before the band
    here = _is_counted(waits, called, ends)
    sides = waited & called & here, waited & ~called & here
    y = within(waits.converted, ends, horizon - hours[1] * HOUR).astype(np.float64)
    expected = _expected(waits, y, sides[0] | sides[1])
    contacted, waiting = (_side(y, expected, waits.whose, members, level) for members in sides)
    against = None
    if min(contacted.expected, waiting.expected) >= LEAST_EXPECTED:
        _, accounts = np.unique(waits.whose.accounts, return_inverse=True)
        against = compare(y, *sides, accounts, expected)
    answered = waited & called & (np.minimum(waits.accepted, waits.decided) >= waits.contacted)
    accepted = share_of(within(waits.accepted, waits.since, horizon), waits.whose, answered, level)
    return Band(*hours, contacted, waiting, int((waited & ~here).sum()), int(answered.sum()), accepted, against)


def _called_by(waits: Waits, hours: int) -> Flags:
    """Return who was contacted within so many hours, as the promise counts them; by the hand-over itself, nobody."""
    if not hours:
        return np.zeros(len(waits.since), dtype=np.bool_)
    return is_kept(waits.since, waits.contacted, hours)


def _is_counted(waits: Waits, called: Flags, ends: Micros) -> Flags:
    """Return who is on a side: whoever is undecided at the landmark, and whom a call in the band decided as lost."""
    lost_by_the_call = called & (waits.decided >= waits.contacted) & (waits.converted >= ends)
    return (waits.decided >= ends) | lost_by_the_call


def _expected(waits: Waits, y: Floats, members: Flags) -> Floats:
    """Return the chance of each member of two sides to convert, as the model ranks them and both together did."""
    expected = np.zeros(len(y))
    if members.any():
        raw = np.log(waits.chance[members]) - np.log1p(-waits.chance[members])
        expected[members] = fitted_chances(raw, y[members])
    return expected


def _side(y: Floats, expected: Floats, whose: Whose, members: Flags, level: float) -> Side:
    return Side(int(members.sum()), share_of(y > 0, whose, members, level), float(expected[members].sum()))
