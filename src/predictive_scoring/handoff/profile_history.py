"""The declared profile against history: whether those who fit it are those who convert."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.definition import Criterion, Version
from predictive_scoring.agreement.profile import NO, UNKNOWN, YES, Match, match_profile
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.evaluate.proportions import rate_of_leads
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.handoff.excess import SAME, Comparison, compare, holds_of_many
from predictive_scoring.snapshots.instants import micros_of
from predictive_scoring.snapshots.labels import training_snapshots

Members = NDArray[np.bool_]
Side = Literal["below", "above", "value", "all"]
LEAST_CONVERTING: Final = 10  # leads; of fewer, a rate says too little to contradict anybody
LEAST_LEADS: Final = 50


@dataclass(frozen=True)
class Rate:
    """How many looks of a group convert within the horizon, with an interval that draws accounts."""

    n_leads: int
    n_looks: int
    n_converting: int  # leads
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Excluded:
    """Some of those whom a criterion excludes: below or above its bounds, of one value, or all of them."""

    criterion: Criterion
    side: Side
    value: str  # the category; '' of another side
    rate: Rate
    against: Comparison  # with those who fit


@dataclass(frozen=True)
class CriterionHistory:
    """What became of those who fit a criterion, those who do not, and those of whom it is not known."""

    criterion: Criterion
    fits: Rate
    does_not: Rate
    unknown: Rate
    makes_no_difference: bool  # and there is enough to tell


@dataclass(frozen=True)
class ProfileHistory:
    """Every criterion, and where the profile and the history disagree."""

    average: Rate
    criteria: tuple[CriterionHistory, ...]
    disagreements: tuple[Excluded, ...]  # they convert more than those who fit
    horizon_days: int
    n_immature: int  # looks whose time has not passed: counted nowhere

    @property
    def agrees(self) -> bool:
        """Whether nothing in the history speaks against the profile."""
        return not self.disagreements and not any(item.makes_no_difference for item in self.criteria)


def profile_history(
    history: History, version: Version, target: Target, policy: Snapshots, level: float = 0.95
) -> ProfileHistory:
    """Return what history says of a version's profile, by every look at an open lead whose horizon has passed.

    Criteria are looked at one by one, by what was known at each look. Those excluded disagree if they convert
    `SAME` times as often as those who fit, or more, and this is hardly luck: the chance that even one of all
    disagreements is luck is at most ``1 - level``.

    Raises
    ------
    ConfigurationError
        If the history is flat, or does not have an attribute of the profile.
    """
    if history.facts.flat:
        raise ConfigurationError(
            "a flat table has no instants: nobody knows what was known of a lead before its outcome",
            fix="give activities and outcomes with their instants",
        )
    looks = training_snapshots(history, target, policy)
    mature = looks.filter(pc.equal(looks["state"], "mature"))
    lead_no = mature["lead_no"].to_numpy()
    match = match_profile(history, version.profile, lead_no, micros_of(mature["as_of"]))
    whose = Whose(lead_no, mature["account_no"].to_numpy())
    y = mature["converted"].cast(pa.float64()).to_numpy()
    n_immature = int(pc.sum(pc.equal(looks["state"], "immature")).as_py() or 0)
    return judged(y, whose, match, level, (target.horizon_days or 0, n_immature))


def judged(y: NDArray[np.float64], whose: Whose, match: Match, level: float, asked: tuple[int, int]) -> ProfileHistory:
    """Return the profile's history from looks; `asked` is the horizon in days, and how many looks are immature."""
    criteria = tuple(
        _criterion(y, whose, criterion, match.verdicts[:, place], level)
        for place, criterion in enumerate(match.criteria)
    )
    excluded = [
        part
        for place, criterion in enumerate(match.criteria)
        for part in _excluded(y, whose, criterion, (match.values[place], match.verdicts[:, place]), level)
    ]
    holds = holds_of_many(np.array([part.against.p_more for part in excluded]), 1 - level)
    told = [
        part
        for part, is_no_luck in zip(excluded, holds, strict=True)
        if is_no_luck and not part.against.ratio < SAME  # not a number: nobody who fits converted
    ]
    named = {part.criterion for part in told if part.side != "all"}  # one value says more than all together
    told = [part for part in told if part.side != "all" or part.criterion not in named]
    told.sort(key=lambda part: (match.criteria.index(part.criterion), -part.rate.share, part.value))
    average, (horizon_days, n_immature) = _rate(y, whose, np.ones(len(y), bool), level), asked
    return ProfileHistory(average, criteria, tuple(told), horizon_days, n_immature)


def _criterion(
    y: NDArray[np.float64], whose: Whose, criterion: Criterion, verdicts: NDArray[np.int8], level: float
) -> CriterionHistory:
    fits, does_not = verdicts == YES, verdicts == NO
    fitting, others, unknown = (_rate(y, whose, members, level) for members in (fits, does_not, verdicts == UNKNOWN))
    same = False
    if min(fitting.n_converting, others.n_converting) >= LEAST_CONVERTING:
        # two one-sided tests: the interval of the ratio at this level lies wholly within the factor
        low, high = compare(y, does_not, fits, _numbers(whose)).interval(2 * level - 1)
        same = low > 1 / SAME and high < SAME
    return CriterionHistory(criterion, fitting, others, unknown, same)


def _excluded(
    y: NDArray[np.float64],
    whose: Whose,
    criterion: Criterion,
    seen: tuple[pa.Array, NDArray[np.int8]],
    level: float,
) -> Iterator[Excluded]:
    """Yield each part of those excluded of whom there are enough to say something."""
    values, verdicts = seen
    fits, accounts = verdicts == YES, _numbers(whose)
    if len(np.unique(whose.leads[fits])) < LEAST_LEADS:
        return
    for side, value, members in _sides(criterion, values, verdicts):
        rate = _rate(y, whose, members, level)
        if rate.n_converting >= LEAST_CONVERTING:
            yield Excluded(criterion, side, value, rate, compare(y, members, fits, accounts))


def _sides(criterion: Criterion, values: pa.Array, verdicts: NDArray[np.int8]) -> Iterator[tuple[Side, str, Members]]:
    not_fit = verdicts == NO
    if criterion.any_of:
        coded = values.cast(pa.string()).dictionary_encode()
        codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        others = np.unique(codes[not_fit])
        for code in others:  # a value each, not a row
            yield "value", coded.dictionary[int(code)].as_py(), codes == code
        if len(others) > 1:
            yield "all", "", not_fit
        return
    number = pc.fill_null(values.cast(pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
    if criterion.at_least is not None:
        yield "below", "", not_fit & (number < criterion.at_least)
    if criterion.at_most is not None:
        yield "above", "", not_fit & (number > criterion.at_most)


def _numbers(whose: Whose) -> NDArray[np.int64]:
    return np.asarray(np.unique(whose.accounts, return_inverse=True)[1], dtype=np.int64)


def _rate(y: NDArray[np.float64], whose: Whose, members: Members, level: float) -> Rate:
    found: dict[str, Any] = rate_of_leads(y[members], whose[members], level)
    return Rate(
        n_leads=found["leads"], n_looks=found["snapshots"], n_converting=found["converting_leads"],
        share=found["rate"], low=found["low"], high=found["high"],
    )  # fmt: skip
