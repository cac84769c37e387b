"""Small random histories full of what goes wrong: ties, late records, empty leads, activities of accounts only."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from history_builder import write_history
from predictive_scoring.contract.history import Attribute, History

START = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = ("page_view", "Téléphone!", "email_open", "opt_out", "rare")
ATTRIBUTES = (
    Attribute(table="leads", name="channel", type="category", known="at_creation"),
    Attribute(table="leads", name="budget", type="number", known="at_instant"),
    Attribute(table="leads", name="trial", type="boolean", known="at_creation"),
    Attribute(table="leads", name="born", type="date", known="at_creation"),
    Attribute(table="leads", name="owner", type="category", known="at_export"),
    Attribute(table="accounts", name="industry", type="category", known="at_creation"),
    Attribute(table="accounts", name="employees", type="number", known="at_creation"),
)


def random_rows(
    rng: np.random.Generator, n_leads: int = 12, n_activities: int = 150
) -> dict[str, list[dict[str, Any]]]:
    """Return rows of the four tables; instants fall on a coarse grid, so many are equal."""

    def moment(days: int = 120) -> datetime:
        return START + timedelta(hours=6 * int(rng.integers(0, 4 * days)))

    def some(value: Any) -> Any:
        return value if rng.random() < 0.7 else None

    def recorded(when: datetime) -> datetime | None:
        return when + timedelta(hours=6 * int(rng.integers(0, 80))) if rng.random() < 0.3 else None

    accounts = [
        {"account_id": f"a{i}", "industry": some(f"i{rng.integers(2)}"), "employees": some(float(rng.integers(1, 99)))}
        for i in range(4)
    ]
    leads = [
        {
            "lead_id": f"l{i}",
            "account_id": some(f"a{rng.integers(4)}"),
            "created_at": moment(60),
            "channel": some(f"c{rng.integers(3)}"),
            "budget": some(float(rng.integers(100))),
            "budget__known_at": moment(),
            "trial": some(bool(rng.integers(2))),
            "born": some(moment()),
            "owner": "x",
        }
        for i in range(n_leads)
    ]
    activities = []
    for _ in range(n_activities):
        when = moment()
        of_lead = rng.random() < 0.9
        whose = {"lead_id": f"l{rng.integers(n_leads - 1)}"} if of_lead else {"account_id": f"a{rng.integers(4)}"}
        activities.append(
            {
                **whose,
                "occurred_at": when,
                "recorded_at": recorded(when),
                "kind": str(rng.choice(KINDS, p=[0.5, 0.2, 0.25, 0.02, 0.03])),
                "topic": some(f"t{rng.integers(4)}"),
                "direction": [None, "inbound", "outbound"][rng.integers(3)],
            }
        )
    outcomes = []
    for _ in range(n_leads):
        when = moment()
        stage = str(rng.choice(["won", "lost", "mql"], p=[0.4, 0.2, 0.4]))
        lead_id = f"l{rng.integers(n_leads)}"
        outcomes.append({"lead_id": lead_id, "occurred_at": when, "recorded_at": recorded(when), "stage": stage})
    return {"leads": leads, "accounts": accounts, "activities": activities, "outcomes": outcomes}


def random_history(folder: Path, seed: int, **size: int) -> History:
    """Write a random history."""
    rows = random_rows(np.random.default_rng(seed), **size)
    return write_history(folder, **rows, attributes=ATTRIBUTES, observed_until=START + timedelta(days=130))  # type: ignore[arg-type]
