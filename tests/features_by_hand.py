"""Every feature once more, as a plain loop over rows that takes each definition at its word. Slow and obvious."""

import math
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

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
        told, outcomes = known(self.activities, as_of), known(self.outcomes, as_of)
        lead = self.leads[lead_no]
        mine = [row for row in told if row["lead_no"] == lead_no]
        theirs = [row for row in told if row["account_no"] == lead["account_no"] and row["lead_no"] != lead_no]
        kinds = {kind for f in catalogue.features if f.source == "activity" for kind in (*(f.kinds or ()), f.after)}
        kinds -= {None}
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
            elif feature.statistic == "pair":
                values[feature.name] = self.pair(feature, lead, as_of)
            elif feature.attribute is not None:
                values[feature.name] = self.attribute(feature, lead, as_of)
            elif feature.statistic != "completeness":
                values[feature.name] = of_time(feature, lead, as_of)
        parts = [f.name for f in catalogue.features if f.attribute and f.statistic in ("value", "days_since")]
        if "lead__completeness" in catalogue.names:
            values["lead__completeness"] = sum(values[name] is not None for name in parts) / len(parts)
        return values

    def of_colleagues(  # noqa: PLR0911 (a definition each)
        self, feature: Feature, lead: dict[str, Any], theirs: Rows, outcomes: Rows, as_of: datetime
    ) -> Any:
        """Return a feature of the other leads of the account."""
        others = [
            row for row in self.leads if row["account_no"] == lead["account_no"] and row["lead_no"] != lead["lead_no"]
        ]
        everyone = [row for row in known(self.activities, as_of) if row["account_no"] == lead["account_no"]]
        whole = {"count_of_all": "count", "active_people": "active_colleagues", "decayed_of_all": "decayed"}
        rows = everyone if feature.statistic in whole else theirs
        match whole.get(feature.statistic, feature.statistic):
            case "count":
                return len(within(rows, feature, as_of))
            case "active_colleagues":
                return len({row["lead_no"] for row in within(rows, feature, as_of)} - {None})
            case "decayed":
                return decayed(rows, feature, as_of)
            case "days_since_last":
                return days_since(rows, as_of)
            case "new_colleagues":
                begin = as_of - timedelta(days=feature.window_days or 0)
                return sum(begin <= row["created_at"] < as_of for row in others)
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
        if feature.statistic == "days_since":
            return (as_of - value) / DAY
        return band(value, feature.cuts) if feature.statistic == "band" else value

    def pair(self, feature: Feature, lead: dict[str, Any], as_of: datetime) -> Any:
        """Return two attributes as one, None before both were known."""
        table, name = str(feature.other_attribute).split(".")
        other = {"source": "account" if table == "accounts" else "attribute", "attribute": name}
        both = [self.attribute(f, lead, as_of) for f in (feature, feature.model_copy(update=other))]
        if None in both:
            return None
        return " × ".join(value if isinstance(value, str) else band(value, feature.cuts) for value in both)


def known(rows: Rows, as_of: datetime) -> Rows:
    """Return the rows that happened, and were on record, before an instant."""
    return [row for row in rows if row["occurred_at"] < as_of and row["known_at"] < as_of]


def band(value: float, cuts: tuple[float, ...] | None) -> str:
    """Return the band that a number lies in, as text."""
    assert cuts is not None
    if value < cuts[0]:
        return f"<{cuts[0]:g}"
    if value >= cuts[-1]:
        return f"{cuts[-1]:g}+"
    return next(f"{low:g}-<{high:g}" for low, high in pairwise(cuts) if low <= value < high)


def decayed(rows: Rows, feature: Feature, as_of: datetime) -> float:
    """Return the sum of what each activity still weighs."""
    span, ever = timedelta(days=feature.window_days or 0), feature.model_copy(update={"window_days": None})
    return sum(math.exp(-((as_of - row["occurred_at"]) / span)) for row in within(rows, ever, as_of))


def within(rows: Rows, feature: Feature, as_of: datetime) -> Rows:
    """Return the rows in the feature's window that have its kind and direction."""
    begin = as_of - timedelta(days=feature.window_days or 10**4)
    return [
        row
        for row in rows
        if begin <= row["occurred_at"] < as_of
        and (feature.kinds is None or row["kind"] in feature.kinds)
        and (feature.direction is None or row["direction"] == feature.direction)
        and (feature.topics is None or row["topic"] in feature.topics)
    ]


def days_since(rows: Rows, as_of: datetime) -> float | None:
    """Return the days since the latest row."""
    return (as_of - max(row["occurred_at"] for row in rows)) / DAY if rows else None


def of_activities(  # noqa: C901, PLR0911, PLR0912 (a definition each)
    feature: Feature, mine: Rows, as_of: datetime, kinds: set[str], catalogue: Catalogue
) -> Any:
    """Return a feature of the lead's own activities."""
    if feature.statistic in ("answered_share", "answer_days", "unanswered"):
        return of_answers(feature, mine, as_of)
    if feature.statistic in ("days_until_first", "happened_after"):
        return of_sequence(feature, mine)
    inside = within(mine, feature, as_of)
    ever = sorted(within(mine, feature.model_copy(update={"window_days": None}), as_of), key=first_of(kinds))
    times = [row["occurred_at"] for row in inside]
    match feature.statistic:
        case "count":
            return len(inside)
        case "days_active":
            return len({when.date() for when in times})
        case "distinct_kinds":
            return len({row["kind"] for row in inside} & kinds)
        case "distinct_topics":
            return len({row["topic"] for row in inside} - {None})
        case "share_inbound":
            directed = [row["direction"] for row in inside if row["direction"] in ("inbound", "outbound")]
            return directed.count("inbound") / len(directed) if directed else None
        case "trend" | "acceleration":
            return of_pace(feature, mine, as_of, catalogue)
        case "decayed":
            return decayed(mine, feature, as_of)
        case "busiest_day":
            return max(Counter(when.date() for when in times).values(), default=0)
        case "busiest_hour":
            return max(Counter((when.date(), when.hour) for when in times).values(), default=0)
        case "share_working_hours" | "share_weekend":
            return of_clock(feature, inside)
        case "first_kind":
            return (ever[0]["kind"] if ever[0]["kind"] in kinds else "other") if ever else None
        case "last_kind":
            latest = sorted((row for row in ever if row["occurred_at"] == ever[-1]["occurred_at"]), key=first_of(kinds))
            return (latest[0]["kind"] if latest[0]["kind"] in kinds else "other") if ever else None
        case "days_since_first":
            return (as_of - ever[0]["occurred_at"]) / DAY if ever else None
        case "days_since_last":
            return days_since(ever, as_of)
    raise KeyError(feature.statistic)


def of_pace(feature: Feature, mine: Rows, as_of: datetime, catalogue: Catalogue) -> float | None:
    """Return how the rate changes from the longer windows to the short one."""
    windows = sorted({f.window_days for f in catalogue.features if f.statistic == "count" and f.window_days})
    place = windows.index(feature.window_days or 0)
    counts = [len(within(mine, feature.model_copy(update={"window_days": days}), as_of)) for days in windows[place:]]
    short, longer = windows[place], windows[place + 1]
    if feature.statistic == "trend":
        return counts[0] / counts[1] * longer / short if counts[1] else None
    longest = windows[place + 2]
    rates = [counts[0] / short, (counts[1] - counts[0]) / (longer - short)]
    rates.append((counts[2] - counts[1]) / (longest - longer))
    return (rates[0] - rates[1]) - (rates[1] - rates[2])


def of_clock(feature: Feature, inside: Rows) -> float | None:
    """Return a share of what the lead itself did, by the clock of the feature's zone."""
    own = [row["occurred_at"].astimezone(ZoneInfo(feature.zone or "UTC")) for row in inside if not is_outbound(row)]
    if feature.statistic == "share_weekend":
        found = [when for when in own if when.isoweekday() in (6, 7)]
    else:
        found = [when for when in own if when.isoweekday() <= 5 and 9 <= when.hour < 18]
    return len(found) / len(own) if own else None


def of_answers(feature: Feature, mine: Rows, as_of: datetime) -> float | None:
    """Return whether, and how fast, what was sent to the lead was answered."""
    every_kind = feature.model_copy(update={"kinds": None})
    touches = [row for row in within(mine, every_kind, as_of) if is_outbound(row)]
    kinds = feature.kinds
    answers = [row for row in mine if (row["kind"] in kinds if kinds else row["direction"] == "inbound")]
    after = {id(touch): [a for a in answers if a["occurred_at"] > touch["occurred_at"]] for touch in touches}
    if feature.statistic == "unanswered":
        return sum(not later for later in after.values())
    waits = [min(a["occurred_at"] for a in after[id(t)]) - t["occurred_at"] for t in touches if after[id(t)]]
    in_time = [wait / DAY for wait in waits if wait <= timedelta(days=feature.within_days or 0)]
    if feature.statistic == "answered_share":
        return len(in_time) / len(touches) if touches else None
    return sum(in_time) / len(in_time) if in_time else None


def of_sequence(feature: Feature, mine: Rows) -> float | bool | None:
    """Return days from the first touch to the first of a kind, or whether it came after the first of another."""
    then = [row["occurred_at"] for row in mine if row["kind"] in (feature.kinds or ())]
    if feature.statistic == "days_until_first":
        return (min(then) - min(row["occurred_at"] for row in mine)) / DAY if then else None
    first = [row["occurred_at"] for row in mine if row["kind"] == feature.after]
    return any(when > min(first) for when in then) if first else False


def is_outbound(row: dict[str, Any]) -> bool:
    """Return whether an activity was done to the lead, not by it."""
    return bool(row["direction"] == "outbound")


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
