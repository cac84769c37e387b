"""A catalogue's activity and account features as the small tables of integers that the kernels follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features import account_sweep, sweep, sweep_state
from predictive_scoring.features.definition import Catalogue, Feature

T = TypeVar("T")
DIRECTIONS: Final = ("inbound", "outbound")
OF_ACCOUNT: Final = {  # statistic: operation, whether the lead that is looked at is one of them
    "count": (account_sweep.COUNT, 0),
    "active_colleagues": (account_sweep.ACTIVE, 0),
    "decayed": (account_sweep.DECAYED, 0),
    "days_since_last": (account_sweep.LAST, 0),
    "count_of_all": (account_sweep.COUNT, 1),
    "active_people": (account_sweep.ACTIVE, 1),
    "decayed_of_all": (account_sweep.DECAYED, 1),
}
FADING: Final = ("decayed", "decayed_of_all")
OF_ANSWERS: Final = ("answered_share", "answer_days", "unanswered")
OF_CLOCK: Final = ("share_working_hours", "share_weekend")
IN_WINDOW: Final = {  # slots behind those of the kinds that are counted in windows alone
    "days_active": sweep.DAYS, "distinct_kinds": sweep.KINDS, "distinct_topics": sweep.TOPICS,
    "busiest_day": sweep.BUSIEST_DAY, "busiest_hour": sweep.BUSIEST_HOUR, "unanswered": sweep.UNANSWERED,
}  # fmt: skip
OF_USE: Final = {"days_active": sweep.USE_DAYS, "distinct_topics": sweep.USE_TOPICS}
RATIOS: Final = {
    "share_inbound": (sweep.RATIO, sweep.INBOUND, sweep.DIRECTED),
    "share_working_hours": (sweep.RATIO, sweep.WORKING, sweep.OWN),
    "share_weekend": (sweep.RATIO, sweep.WEEKEND, sweep.OWN),
    "answered_share": (sweep.RATIO, sweep.ANSWERED, sweep.OUTBOUND),
    "answer_days": (sweep.MEAN_DAYS, sweep.WAITED, sweep.ANSWERED),
}


@dataclass(frozen=True)
class Plan:
    """What the two kernels compute, and which columns that makes.

    Attributes
    ----------
    kinds
        Kinds in the order of their codes.
    groups, themes
        Groups of kinds, and groups of topics, that are counted together.
    usage
        The kinds that mean use of the product.
    answers
        The kinds that answer what was sent; none: everything inbound does.
    answer_days
        In how many days an answer counts as one.
    zone
        The zone whose clock is read, None if no feature does.
    lead_ops, account_ops
        One line a feature, (n, 4) int64; `lead_columns`, `account_columns` are their names.
    """

    kinds: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    themes: tuple[tuple[str, ...], ...]
    usage: tuple[str, ...]
    answers: tuple[str, ...]
    answer_days: int
    zone: str | None
    windows: sweep_state.Ints
    decays: sweep_state.Floats
    lead_ops: sweep_state.Ints
    lead_columns: tuple[str, ...]
    account_ops: sweep_state.Ints
    account_columns: tuple[str, ...]

    @cached_property
    def theme_of(self) -> Mapping[str, int]:
        """The group that each topic is in."""
        return {topic: place for place, topics in enumerate(self.themes) for topic in topics}

    def steps(self, ops: sweep_state.Ints, n_topics: int) -> sweep_state.Steps:
        """Return what a kernel needs to know."""
        members = [self.kinds.index(kind) for group in self.groups for kind in group]
        return sweep_state.Steps(
            windows=self.windows,
            decays=self.decays,
            n_kinds=len(self.kinds),
            n_topics=n_topics,
            n_themes=len(self.themes),
            group_starts=np.cumsum([0, *map(len, self.groups)]).astype(np.int64),
            group_kinds=np.array(members, np.int64),
            is_usage=np.array([*(kind in self.usage for kind in self.kinds), False]),
            is_answer=np.array([*(kind in self.answers for kind in self.kinds), False]),
            any_inbound_answers=not self.answers,
            answer_within=self.answer_days * sweep.DAY,
            wants=self._wants(),
            ops=ops,
        )

    def _wants(self) -> sweep_state.Flags:
        counted = {slot - len(self.kinds) for op, slot, _, _ in self.lead_ops.tolist() if op == sweep.COUNT}
        told = {
            slot - len(self.kinds) for op, slot, _, _ in self.lead_ops.tolist() if op in (sweep.RATIO, sweep.MEAN_DAYS)
        }
        wants = np.zeros(7, np.bool_)
        wants[sweep.WANTS_KINDS] = sweep.KINDS in counted
        wants[sweep.WANTS_TOPICS] = sweep.TOPICS in counted
        wants[sweep.WANTS_THEMES] = len(self.themes) > 0
        wants[sweep.WANTS_CLOCK] = self.zone is not None
        wants[sweep.WANTS_USE] = len(self.usage) > 0
        wants[sweep.WANTS_BURSTS] = not counted.isdisjoint((sweep.BUSIEST_DAY, sweep.BUSIEST_HOUR))
        wants[sweep.WANTS_ANSWERS] = sweep.UNANSWERED in counted or not told.isdisjoint((sweep.ANSWERED, sweep.WAITED))
        return wants


def plan_of(catalogue: Catalogue) -> Plan:
    """Return the plan of every feature of a catalogue that is computed from activities.

    Raises
    ------
    ConfigurationError
        If two features mean different things by an answer, by use of the product, or by a group of topics.
    """
    of_leads = [feature for feature in catalogue.features if feature.source == "activity"]
    of_accounts = [f for f in catalogue.features if f.source == "account" and not f.attribute]
    of_accounts = [f for f in of_accounts if f.statistic in OF_ACCOUNT]
    swept = of_leads + of_accounts
    kinds = {kind for f in swept for kind in (*(f.kinds or ()), *((f.after,) if f.after else ()))}
    told = [feature for feature in of_leads if feature.statistic in OF_ANSWERS]
    used = [
        f for f in swept if f.kinds and (f.source == "account" or f.statistic in ("days_active", "distinct_topics"))
    ]
    windows = sorted({f.window_days for f in swept if f.window_days and f.statistic not in FADING})
    decays = sorted({f.window_days for f in swept if f.window_days and f.statistic in FADING})
    places = Places(
        kinds=tuple(sorted(kinds)),
        groups=tuple(sorted({f.kinds for f in of_leads if f.kinds and len(f.kinds) > 1 and f not in told + used})),
        themes=tuple(sorted({f.topics for f in of_leads if f.topics})),
        windows=windows,
        decays=decays,
    )
    return Plan(
        kinds=places.kinds,
        groups=places.groups,
        themes=places.themes,
        usage=_the_one({f.kinds or () for f in used}, "use of the product"),
        answers=_the_one({f.kinds or () for f in told}, "an answer"),
        answer_days=_the_one({(f.within_days or 0,) for f in told}, "an answer in time", (0,))[0],
        zone=_the_one({(f.zone or "UTC",) for f in of_leads if f.statistic in OF_CLOCK}, "the clock", (None,))[0],
        windows=np.array(windows, np.int64) * sweep.DAY,
        decays=np.array(decays, np.float64) * sweep.DAY,
        lead_ops=_lines(places.lead_op(feature) for feature in of_leads),
        lead_columns=tuple(feature.name for feature in of_leads),
        account_ops=_lines(places.account_op(feature) for feature in of_accounts),
        account_columns=tuple(feature.name for feature in of_accounts),
    )


def _the_one(meanings: set[tuple[T, ...]], of: str, nothing: tuple[T, ...] = ()) -> tuple[T, ...]:
    if len(meanings) > 1:
        raise ConfigurationError(f"catalogue: features differ in what is {of}: {sorted(map(str, meanings))}")
    return next(iter(meanings), nothing)


def _lines(lines: Iterable[tuple[int, ...]]) -> sweep_state.Ints:
    padded = [(*line, 0, 0, 0)[:4] for line in lines]
    return np.array(padded, np.int64).reshape(-1, 4)


@dataclass(frozen=True)
class Places:
    """Where the kernels keep what: the places of kinds, groups, windows and decays."""

    kinds: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    themes: tuple[tuple[str, ...], ...]
    windows: list[int]
    decays: list[int]

    def lead_op(self, feature: Feature) -> tuple[int, ...]:
        """Return the operation that makes a lead's own feature."""
        statistic, window, n_kinds = feature.statistic, self._window(feature), len(self.kinds)
        if statistic == "count":
            return sweep.COUNT, self._slot(feature), window
        if statistic in IN_WINDOW:
            slots = OF_USE if feature.kinds and statistic in OF_USE else IN_WINDOW
            return sweep.COUNT, n_kinds + slots[statistic], window
        if statistic in RATIOS:
            op, part, whole = RATIOS[statistic]
            return op, n_kinds + part, n_kinds + whole, window
        if statistic == "decayed":
            return sweep.DECAYED, self._slot(feature), self.decays.index(feature.window_days or 0)
        if statistic == "happened_after":
            return sweep.AFTER, self.kinds.index(str(feature.after)), self._slot(feature)
        return {
            "days_since_last": (sweep.LAST, self._slot(feature)),
            "days_since_first": (sweep.FIRST, self._slot(feature)),
            "days_until_first": (sweep.BETWEEN, n_kinds + sweep.ALL, self._slot(feature)),
            # Their window is the shortest; the next longer ones are what it is compared with.
            "trend": (sweep.TREND, window, window + 1),
            "acceleration": (sweep.ACCELERATION, window, window + 1, window + 2),
            "first_kind": (sweep.END_KIND, 0),
            "last_kind": (sweep.END_KIND, 1),
        }[statistic]

    def account_op(self, feature: Feature) -> tuple[int, ...]:
        """Return the operation that makes a feature of the account's leads."""
        op, whole = OF_ACCOUNT[feature.statistic]
        place = self.decays.index(feature.window_days or 0) if feature.statistic in FADING else self._window(feature)
        return op, place, 1 if feature.kinds else 0, whole

    def _window(self, feature: Feature) -> int:
        return self.windows.index(feature.window_days) if feature.window_days in self.windows else 0

    def _slot(self, feature: Feature) -> int:
        n_kinds = len(self.kinds)
        if feature.topics is not None:
            return n_kinds + sweep.THEMES + self.themes.index(feature.topics)
        if feature.kinds is not None and len(feature.kinds) > 1:
            return n_kinds + sweep.THEMES + len(self.themes) + 1 + self.groups.index(feature.kinds)
        if feature.kinds is not None:
            return self.kinds.index(feature.kinds[0])
        return n_kinds + (sweep.INBOUND + DIRECTIONS.index(feature.direction) if feature.direction else sweep.ALL)
