"""An honest history in rows, into which a test plants what gives the outcome away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from history_builder import write_history
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import Attribute, History

START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(days=420)
WON = Target(stage="won", horizon_days=30, end_stages=("lost",))
HONEST = tuple(f"honest {number}" for number in range(10))


class Planted:
    """Rows of leads, activities and outcomes; keen leads visit more and buy more, and nothing else tells."""

    def __init__(self, seed: int = 0, n_leads: int = 1200) -> None:
        self.rng = np.random.default_rng(seed)
        self.attributes = [self._declared(name) for name in HONEST]
        self.leads: list[dict[str, Any]] = []
        self.activities: list[dict[str, Any]] = []
        self.outcomes: list[dict[str, Any]] = []
        self.won_at: dict[str, datetime] = {}
        self.keen: set[str] = set()
        for number in range(n_leads):
            self._add_lead(f"L{number:05d}")

    def _add_lead(self, lead_id: str) -> None:
        created = START + timedelta(minutes=int(self.rng.integers(380 * 24 * 60)))
        keen = bool(self.rng.random() < 0.3)
        self.keen |= {lead_id} if keen else set()
        honest = {name: str(self.rng.integers(4)) if self.rng.random() < 0.8 else None for name in HONEST}
        self.leads.append({"lead_id": lead_id, "created_at": created, **honest})
        for _ in range(int(self.rng.poisson(8 if keen else 3))):
            self.act(lead_id, created + timedelta(days=28 * self.rng.random()), "page_view")
        if self.rng.random() < (0.5 if keen else 0.05):
            self.won_at[lead_id] = created + timedelta(days=5 + 24 * self.rng.random())
            self.outcomes.append({"lead_id": lead_id, "occurred_at": self.won_at[lead_id], "stage": "won"})
        else:
            lost_at = created + timedelta(days=30 + 20 * self.rng.random())
            self.outcomes.append({"lead_id": lead_id, "occurred_at": lost_at, "stage": "lost"})

    @staticmethod
    def _declared(name: str, **also: Any) -> Attribute:
        given = {"table": "leads", "name": name, "type": "category", "known": "at_creation", "header": name, **also}
        return Attribute.model_validate(given)

    def act(self, lead_id: str, at: datetime, kind: str) -> None:
        """Add an activity."""
        self.activities.append({"lead_id": lead_id, "occurred_at": at, "kind": kind})

    def fill(self, name: str, won: float, others: float, value: str = "yes", **also: Any) -> None:
        """Add a column that is filled for these shares of the leads that convert and of the others."""
        self.attributes.append(self._declared(name, **also))
        for lead in self.leads:
            share = won if lead["lead_id"] in self.won_at else others
            lead[name] = value if self.rng.random() < share else None

    def write(self, folder: Path) -> History:
        """Write the history; what lies after its end is left out."""
        activities = [row for row in self.activities if row["occurred_at"] < END]
        outcomes = [row for row in self.outcomes if row["occurred_at"] < END]
        return write_history(
            folder, leads=self.leads, activities=activities, outcomes=outcomes, attributes=self.attributes,
            observed_until=END,
        )  # fmt: skip
