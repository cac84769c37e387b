"""Chances are shown only where they came true; parts of the leads have names that readers know."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictive_scoring.contract.words import Word
from predictive_scoring.evaluate.parts import parts_of
from predictive_scoring.evaluate.promise import promise
from predictive_scoring.features.definition import Catalogue, Concept, Feature

HOLDS = {"predicted": 0.1, "low": 0.05, "high": 0.2}
OUT = {"predicted": 0.1, "low": 0.15, "high": 0.2}


def origin(gap: float, half_width: float = 0.01, rate: float = 0.1) -> dict[str, Any]:
    between = {"value": gap, "low": gap - half_width, "high": gap + half_width}
    return {"said_minus_happened": between, "rate": {"value": rate}}


@pytest.mark.parametrize(
    ("holds", "chart", "gaps", "state", "failing"),
    [
        (True, [HOLDS] * 10, [0.0] * 5, "chances", []),
        (False, [HOLDS] * 10, [0.0] * 5, "rank only", ["last_window"]),
        (True, [HOLDS] * 9 + [OUT], [0.0] * 5, "rank only", ["chart"]),
        (True, [HOLDS] * 10, [0.05, 0.05, -0.05, 0.0, 0.0], "rank only", ["backtest"]),
        (True, [HOLDS] * 10, [0.05, 0.05, 0.0, 0.0, 0.0], "chances", []),
        (True, [HOLDS] * 10, [0.02] * 5, "chances", []),
        (True, [HOLDS] * 10, [0.05, 0.05], "chances", []),
    ],
    ids=["all well", "window", "one bin", "three dates", "two dates", "beyond chance but near", "too few dates to ask"],
)
def test_rank_only_if_a_check_fails(
    holds: bool, chart: list[dict[str, float]], gaps: list[float], state: str, failing: list[str]
) -> None:
    found = promise({"calibration_holds": holds}, chart, {"origins": [origin(gap) for gap in gaps]})
    assert found["state"] == state
    assert [check["name"] for check in found["checks"] if not check["holds"]] == failing


def catalogue() -> Catalogue:
    def feature(name: str, concept: str, **more: Any) -> Feature:
        return Feature(name=name, concept=concept, **{"source": "attribute", "statistic": "value", **more})

    def concept(name: str, group: str) -> Concept:
        return Concept(name=name, group=group, template="category", code="R005", word=Word(en=name, es=name))  # type: ignore[arg-type]

    return Catalogue(
        features=(
            feature("lead__channel", "channel", type="category"),
            feature("account__employees", "employees", attribute="Employees", source="account"),
            feature("colleagues__known", "colleagues", statistic="colleagues", source="account"),
            feature("last__kind", "last_kind", type="category"),
            feature("lead__budget", "budget", attribute="budget"),
        ),
        concepts=(
            concept("channel", "source"),
            concept("employees", "fit"),
            concept("colleagues", "engagement"),
            concept("last_kind", "engagement"),
            concept("budget", "fit"),
        ),
    )


FRAME = pd.DataFrame(
    {
        "lead__channel": ["ads", "ads", "fax", None],
        "account__employees": [5.0, 30.0, 2000.0, np.nan],
        "colleagues__known": [0.0, 2.0, 0.0, 1.0],
        "last__kind": ["a", "b", "c", "d"],
        "lead__budget": [1.0, 2.0, 3.0, 4.0],
    }
)


def test_unasked_it_parts_by_account_channel_and_size_and_not_by_what_leads_did() -> None:
    parts = {part.name: part.names.tolist() for part in parts_of(catalogue(), FRAME, None, 8)}
    assert parts == {
        "known_account": ["new", "known", "new", "known"],
        "channel": ["ads", "ads", "fax", "not known"],
        "employees": ["00000 to 9", "00010 to 49", "01000 and more", "not known"],
    }


def test_asked_it_parts_by_what_is_named_and_rare_values_are_other() -> None:
    (part,) = parts_of(catalogue(), FRAME, ("channel",), 1)
    assert part.names.tolist() == ["ads", "ads", "other", "not known"]
