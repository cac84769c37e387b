"""Every feature once more, as a plain loop over rows that takes each definition at its word. Slow and obvious."""

import math
from datetime import datetime, timedelta
from typing import Any

from predictive_scoring.contract.history import History
from predictive_scoring.features.definition import Catalogue, Feature
from predictive_scoring.storage import read_parquet

Rows = list[dict[str, Any]]
DAY = timedelta(days=1)


class ByHand:
    """The rows of a history, and the features of one look at a time."""

    def __init__(self, history: History) -> None:
        self.leads: Rows = read_parquet(history.path("leads")).to_pylist()
        self.accounts = {row["account_no"]: row for row in read_parquet(history.path("accounts")).to_pylist()}
        self.activities: Rows = read_parquet(history.path("activities")).to_pylist()
        self.outcomes: Rows = read_parquet(history.path("outcomes")).to_pylist()
        self.flat = history.facts.flat

    def row(self, catalogue: Catalogue, lead_no: int, as_of: datetime) -> dict[str, Any]:
        """Return every feature of the catalogue for one lead at one instant; None where missing."""
        told = [row for row in self.activities if row["occurred_at"] < as_of and row["known_at"] < as_of]
        outcomes = [row for row in self.outcomes if row["occurred_at"] < as_of and row["known_at"] < as_of]
        lead = self.leads[lead_no]
        mine = [row for row in told if row["lead_no"] == lead_no]
        theirs = [row for row in told if row["account_no"] == lead["account_no"] and row["lead_no"] != lead_no]
        kinds = {kind for feature in catalogue.features if feature.source == "activity" for kind in feature.kinds or ()}
        values: dict[str, Any] = {}
        for feature in catalogue.features:
            if feature.source == "activity":
                values[feature.name] = of_activities(feature, mine, as_of, kinds, catalogue)
            elif feature.source == "stage":
                stages = feature.kinds or ()
                reached = [row for row in outcomes if row["lead_no"] == lead_no and row["stage"] in stages]
                values[feature.name] = days_since(reached, as_of)
            elif feature.source == "account" and feature.attribute is None:
                values[feature.name] = self.of_colleagues(feature, lead, theirs, outcomes, as_of)
            elif feature.attribute is not None:
                values[feature.name] = self.attribute(feature, lead, as_of)
            elif feature.statistic != "completeness":
                values[feature.name] = of_time(feature, lead, as_of)
        parts = [f.name for f in catalogue.features if f.attribute and f.statistic in ("value", "days_since")]
        if "lead__completeness" in catalogue.names:
            values["lead__completeness"] = sum(values[name] is not None for name in parts) / len(parts)
        return values

    def of_colleagues(
        self, feature: Feature, lead: dict[str, Any], theirs: Rows, outcomes: Rows, as_of: datetime
    ) -> Any:
        """Return a feature of the other leads of the account."""
        others = [
            row for row in self.leads if row["account_no"] == lead["account_no"] and row["lead_no"] != lead["lead_no"]
        ]
        if feature.statistic == "count":
            return len(within(theirs, feature, as_of))
        if feature.statistic == "active_colleagues":
            return len({row["lead_no"] for row in within(theirs, feature, as_of)} - {None})
        if feature.statistic == "colleagues":
            return sum(row["created_at"] < as_of for row in others)
        numbers = {row["lead_no"] for row in others}
        won = [row for row in outcomes if row["lead_no"] in numbers and row["stage"] in (feature.kinds or ())]
        if feature.statistic == "earlier_conversions":
            return len({row["lead_no"] for row in won})
        firsts = {}
        for row in sorted(won, key=lambda row: (row["known_at"], row["occurred_at"])):
            firsts.setdefault(row["lead_no"], row)
        return days_since(list(firsts.values()), as_of)

    def attribute(self, feature: Feature, lead: dict[str, Any], as_of: datetime) -> Any:
        """Return an attribute of the lead or its account, None before it was known."""
        row = self.accounts.get(lead["account_no"], {}) if feature.source == "account" else lead
        value = row.get(feature.attribute)
        known_at = row.get(f"{feature.attribute}__known_at", datetime.min.replace(tzinfo=as_of.tzinfo))
        if value is None or known_at is None or not known_at < as_of:
            return None
        return (as_of - value) / DAY if feature.statistic == "days_since" else value


def within(rows: Rows, feature: Feature, as_of: datetime) -> Rows:
    """Return the rows in the feature's window that have its kind and direction."""
    begin = as_of - timedelta(days=feature.window_days or 10**5)
    return [
        row
        for row in rows
        if begin <= row["occurred_at"] < as_of
        and (feature.kinds is None or row["kind"] in feature.kinds)
        and (feature.direction is None or row["direction"] == feature.direction)
    ]


def days_since(rows: Rows, as_of: datetime) -> float | None:
    """Return the days since the latest row."""
    return (as_of - max(row["occurred_at"] for row in rows)) / DAY if rows else None


def of_activities(  # noqa: PLR0911 (a definition each)
    feature: Feature, mine: Rows, as_of: datetime, kinds: set[str], catalogue: Catalogue
) -> Any:
    """Return a feature of the lead's own activities."""
    inside = within(mine, feature, as_of)
    everything = sorted(within(mine, feature.model_copy(update={"window_days": None}), as_of), key=first_of(kinds))
    if feature.statistic == "share_inbound":
        directed = [row["direction"] for row in inside if row["direction"] in ("inbound", "outbound")]
        return directed.count("inbound") / len(directed) if directed else None
    if feature.statistic == "trend":
        windows = sorted({f.window_days for f in catalogue.features if f.statistic == "count" and f.window_days})
        longer = windows[windows.index(feature.window_days or 0) + 1]
        total = len(within(mine, feature.model_copy(update={"window_days": longer}), as_of))
        return len(inside) / total * longer / (feature.window_days or 0) if total else None
    if feature.statistic == "decayed":
        span = timedelta(days=feature.window_days or 0)
        return sum(math.exp(-((as_of - row["occurred_at"]) / span)) for row in everything)
    if feature.statistic == "first_kind":
        return (everything[0]["kind"] if everything[0]["kind"] in kinds else "other") if everything else None
    if feature.statistic == "days_since_first":
        return (as_of - everything[0]["occurred_at"]) / DAY if everything else None
    if feature.statistic == "days_since_last":
        return days_since(everything, as_of)
    return {
        "count": len(inside),
        "days_active": len({row["occurred_at"].date() for row in inside}),
        "distinct_kinds": len({row["kind"] for row in inside} & kinds),
        "distinct_topics": len({row["topic"] for row in inside} - {None}),
    }[feature.statistic]


def first_of(kinds: set[str]) -> Any:
    """Return the order in which the first activity is found: by instant, then known kinds by name."""
    return lambda row: (row["occurred_at"], row["kind"] not in kinds, row["kind"])


def of_time(feature: Feature, lead: dict[str, Any], as_of: datetime) -> Any:
    """Return age and calendar features."""
    created = lead["created_at"]
    angle = 2 * math.pi * as_of.month / 12
    return {
        "age": (as_of - created) / DAY,
        "weekday": created.weekday(),
        "hour": created.hour,
        "month_sin": math.sin(angle),
        "month_cos": math.cos(angle),
    }[feature.statistic]
