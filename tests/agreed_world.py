"""Eight people of acme on 1 April 2025, their scores, and what marketing and sales agreed on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from finished_folder import AS_OF, finished_folder, lead, reason
from history_builder import write_history
from predictive_scoring.agreement.definition import (
    Agreement,
    Condition,
    Criterion,
    Journey,
    Qualification,
    Touches,
    Version,
)
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.handoff.situation import Situation, situation

OWN = ("visit", "demo", "download")
TARGET = Target(stage="won", horizon_days=90, end_stages=("lost",))
ATTRIBUTES = (
    Attribute(table="leads", name="channel", type="category", known="at_creation"),
    Attribute(table="leads", name="budget", type="number", known="at_instant"),
    Attribute(table="leads", name="phone", type="text", known="at_creation"),
    Attribute(table="leads", name="note", type="category", known="at_creation"),
    Attribute(table="leads", name="rating", type="category", known="at_export"),
    Attribute(table="accounts", name="industry", type="category", known="at_creation"),
)


def before(days: float) -> datetime:
    """Return the instant so many days before the scores."""
    return AS_OF - timedelta(days=days)


def agreed(**terms: Any) -> Agreement:
    """Return an agreement: A and B are handed over, the budget must be known, software only."""
    usual = {"grades": ("A", "B"), "questions": ("budget",), "calls_per_week": 10, "contact_kinds": ("call",)}
    version = Version(
        valid_from="2025-01-01",
        own_actions=OWN,
        intent=("demo",),
        mql=Qualification(any_of=(Condition(kinds=("demo",)),)),
        profile=(Criterion(attribute="industry", any_of=("software",), essential=True),),
        journey=Journey(awareness=Touches(kinds=("visit",)), decision=Touches(kinds=("demo",), topics=("pricing",))),
        hand_off=HandOff.model_validate(usual | terms),
    )
    return Agreement(versions=(version,))


def _lead(lead_id: str, account: str | None = "soft", **also: Any) -> dict[str, Any]:
    known = {"budget": 9000.0, "budget__known_at": before(20), "channel": "web", "phone": "+34 600 000 000"}
    return {"lead_id": lead_id, "account_id": account, "created_at": before(60), **known, **also}


def _act(lead_id: str, days: float, kind: str, **also: Any) -> dict[str, Any]:
    return {"lead_id": lead_id, "occurred_at": before(days), "kind": kind, **also}


LEADS = [
    _lead("ready"),
    _lead("open-question", budget=None, budget__known_at=None),
    _lead("told-too-late", budget__known_at=AS_OF + timedelta(days=1)),
    _lead("silent"),
    _lead("cool"),
    _lead("steel", "steel"),
    _lead("sold"),
    _lead("gone", note="ana@example.com"),
]
ACTIVITIES = [
    *(_act(name, 30, "visit", topic="blog") for name in ("ready", "open-question", "told-too-late", "cool", "steel")),
    _act("ready", 5, "demo", topic="product_tour"),
    _act("ready", 4, "call", direction="outbound"),
    _act("ready", 2, "visit", topic="pricing"),
    _act("silent", 3, "visit", direction="outbound"),
    _act("cool", 1, "visit"),
    _act("cool", 2, "download"),
    _act("sold", 40, "visit"),
    _act("gone", 6, "demo"),
    {"lead_id": "gone", "occurred_at": AS_OF + timedelta(days=2), "kind": "opt_out"},
]
OUTCOMES = [{"lead_id": "sold", "occurred_at": before(10), "stage": "sql"}]
RANKS = ("gone", "silent", "sold", "steel", "ready", "open-question", "told-too-late", "cool")


def scores(folder: Path, **grades: str) -> Path:
    """Write scores of everybody, grade A but for those that are named and `cool`."""
    asked = reason(0.2, "Asked for a demo 5 days ago", "Pidió una demostración hace 5 días") | {"concept": "demo"}
    rows = [
        lead(rank, name, asked, reason(-0.1, "Small company"), grade=grades.get(name, "D" if name == "cool" else "A"))
        for rank, name in enumerate(RANKS, start=1)
    ]
    return finished_folder(folder, rows)


def history(folder: Path) -> History:
    """Write the history."""
    accounts = [{"account_id": "soft", "industry": "software"}, {"account_id": "steel", "industry": "steel"}]
    return write_history(
        folder, leads=LEADS, accounts=accounts, activities=ACTIVITIES, outcomes=OUTCOMES, attributes=ATTRIBUTES,
        observed_until=datetime(2025, 4, 5, tzinfo=UTC),
    )  # fmt: skip


def found(folder: Path, **terms: Any) -> Situation:
    """Return the situation that a hand-off starts from."""
    return situation(history(folder / "history"), scores(folder / "scores"), agreed(**terms), (TARGET, Snapshots()))
