"""A lead fits the profile, does not, or nobody knows; and nobody knows what was only written later."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from history_builder import write_history
from predictive_scoring.agreement import profile
from predictive_scoring.agreement.definition import Criterion
from predictive_scoring.agreement.profile import NO, UNKNOWN, YES, match_profile
from predictive_scoring.contract.history import Attribute, History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.snapshots.instants import to_micros

START = datetime(2024, 1, 1, tzinfo=UTC)
PROFILE = (
    Criterion(attribute="industry", any_of=("retail", " health  care ")),
    Criterion(attribute="employees", at_least=50, at_most=500),
    Criterion(attribute="budget", table="leads", at_least=8000, essential=True),
    Criterion(attribute="newsletter", table="leads", any_of=("true",)),
)


def at(day: float) -> int:
    return to_micros(START + timedelta(days=day))


@pytest.fixture
def history(tmp_path: Path) -> History:
    """L0 and L1 of a shop, L2 of a company of which little is known, L3 alone."""
    late = {"budget": 9000.0, "budget__known_at": START + timedelta(days=10)}
    return write_history(
        tmp_path,
        leads=[
            {"lead_id": "L0", "created_at": START, "account_id": "A0", "newsletter": True, **late},
            {"lead_id": "L1", "created_at": START, "account_id": "A0", "newsletter": False},
            {"lead_id": "L2", "created_at": START, "account_id": "A1", "newsletter": True},
            {"lead_id": "L3", "created_at": START, "budget": 10.0, "budget__known_at": START, "newsletter": None},
        ],
        accounts=[
            {"account_id": "A0", "industry": "health care", "employees": 500.0},
            {"account_id": "A1", "industry": "software", "employees": None},
        ],
        attributes=[
            Attribute(table="accounts", name="industry", type="category", known="at_creation"),
            Attribute(table="accounts", name="employees", type="number", known="at_creation"),
            Attribute(table="leads", name="budget", type="number", known="at_instant"),
            Attribute(table="leads", name="newsletter", type="boolean", known="at_creation"),
            Attribute(table="leads", name="rating", type="number", known="at_export"),
        ],
    )


def test_each_lead_fits_does_not_or_is_unknown_criterion_by_criterion(history: History) -> None:
    match = match_profile(history, PROFILE, np.arange(4), at(20))
    assert match.verdicts.tolist() == [
        [YES, YES, YES, YES],
        [YES, YES, UNKNOWN, NO],
        [NO, UNKNOWN, UNKNOWN, YES],
        [UNKNOWN, UNKNOWN, NO, UNKNOWN],
    ]
    assert match.values[1].to_pylist() == [500.0, 500.0, None, None]


def test_a_budget_that_was_told_later_is_not_known_yet(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, instants = np.array([0, 0, 0]), np.array([at(9), at(10), at(10.001)])
    match = match_profile(history, PROFILE[2:3], looks, instants)
    assert match.verdicts[:, 0].tolist() == [UNKNOWN, UNKNOWN, YES]  # known from an instant on, not at it
    assert match.values[0].to_pylist() == [None, None, 9000.0]
    monkeypatch.setattr(profile, "known_from", lambda table, name, known, created: created)  # the planted bug
    assert match_profile(history, PROFILE[2:3], looks, instants).verdicts[:, 0].tolist() == [YES, YES, YES]


@pytest.mark.parametrize("name", ["rating", "ratnig", "industry"])
def test_what_nobody_knows_at_an_instant_is_refused(history: History, name: str) -> None:
    with pytest.raises(ConfigurationError, match="agreement check"):
        match_profile(history, (Criterion(attribute=name, table="leads", at_least=1),), np.arange(4), at(20))


def test_an_empty_profile_and_nobody_to_look_at_give_nothing(history: History) -> None:
    assert match_profile(history, (), np.arange(4), at(20)).verdicts.shape == (4, 0)
    assert match_profile(history, PROFILE, np.zeros(0, np.int64), at(20)).verdicts.shape == (0, 4)
