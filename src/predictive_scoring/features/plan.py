"""A catalogue's activity and account features as the small tables of integers that the kernels follow."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from predictive_scoring.features import sweep, sweep_state
from predictive_scoring.features.definition import Catalogue, Feature

OF_WINDOW: Final = {
    "days_active": sweep.DAYS_ACTIVE,
    "distinct_kinds": sweep.DISTINCT_KINDS,
    "distinct_topics": sweep.DISTINCT_TOPICS,
    "share_inbound": sweep.SHARE_INBOUND,
}
OF_COLLEAGUES: Final = {"count": sweep.COLLEAGUES_COUNT, "active_colleagues": sweep.COLLEAGUES_ACTIVE}
DIRECTIONS: Final = ("inbound", "outbound")


@dataclass(frozen=True)
class Plan:
    """What the two kernels compute, and which columns that makes.

    Attributes
    ----------
    kinds
        Kinds in the order of their codes.
    lead_ops, account_ops
        One line a feature, (n, 3) int64; `lead_columns`, `account_columns` are their names.
    """

    kinds: tuple[str, ...]
    windows: sweep_state.Ints
    decays: sweep_state.Floats
    lead_ops: sweep_state.Ints
    lead_columns: tuple[str, ...]
    account_ops: sweep_state.Ints
    account_columns: tuple[str, ...]

    def steps(self, ops: sweep_state.Ints, n_topics: int) -> sweep_state.Steps:
        """Return what a kernel needs to know."""
        return sweep_state.Steps(self.windows, self.decays, len(self.kinds), n_topics, ops)


def plan_of(catalogue: Catalogue) -> Plan:
    """Return the plan of every feature of a catalogue that is computed from activities."""
    of_leads = [feature for feature in catalogue.features if feature.source == "activity"]
    of_accounts = [f for f in catalogue.features if f.source == "account" and f.statistic in OF_COLLEAGUES]
    kinds = tuple(sorted({kind for feature in of_leads for kind in feature.kinds or ()}))
    spans = {f.window_days for f in of_leads + of_accounts if f.statistic != "decayed"} - {None}
    fades = {feature.window_days for feature in of_leads if feature.statistic == "decayed"} - {None}
    windows, decays = sorted(int(days) for days in spans if days), sorted(int(days) for days in fades if days)
    lead_ops = [_lead_op(feature, kinds, windows, decays) for feature in of_leads]
    account_ops = [(OF_COLLEAGUES[f.statistic], windows.index(f.window_days or 0), 0) for f in of_accounts]
    return Plan(
        kinds=kinds,
        windows=np.array(windows, np.int64) * sweep.DAY,
        decays=np.array(decays, np.float64) * sweep.DAY,
        lead_ops=np.array(lead_ops, np.int64).reshape(-1, 3),
        lead_columns=tuple(feature.name for feature in of_leads),
        account_ops=np.array(account_ops, np.int64).reshape(-1, 3),
        account_columns=tuple(feature.name for feature in of_accounts),
    )


def _lead_op(feature: Feature, kinds: tuple[str, ...], windows: list[int], decays: list[int]) -> tuple[int, int, int]:
    days = feature.window_days or 0
    if feature.statistic == "count":
        return sweep.COUNT, _slot(feature, kinds), windows.index(days)
    if feature.statistic == "days_since_last":
        return sweep.LAST, _slot(feature, kinds), 0
    if feature.statistic in OF_WINDOW:
        return OF_WINDOW[feature.statistic], windows.index(days), 0
    if feature.statistic == "decayed":
        return sweep.DECAYED, decays.index(days), 0
    if feature.statistic == "trend":  # its window is the short one; the next longer one is what it is compared with
        return sweep.TREND, windows.index(days), windows.index(days) + 1
    return {"days_since_first": sweep.FIRST, "first_kind": sweep.FIRST_KIND}[feature.statistic], 0, 0


def _slot(feature: Feature, kinds: tuple[str, ...]) -> int:
    if feature.kinds is not None:
        return kinds.index(feature.kinds[0])
    return len(kinds) + (1 + DIRECTIONS.index(feature.direction) if feature.direction else 0)
