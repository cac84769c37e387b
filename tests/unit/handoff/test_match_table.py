"""Each open lead beside the agreement: scores apart, stage of buying, and the profile in words of either language."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.states import State
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.contract.history import Attribute
from predictive_scoring.contract.words import Word, Words
from predictive_scoring.explain.reasons import REASON
from predictive_scoring.handoff import beside
from predictive_scoring.handoff.match_table import match_table, write_match
from predictive_scoring.handoff.situation import Situation

START = datetime(2024, 1, 1, tzinfo=UTC)
AGREEMENT: dict[str, Any] = {
    "valid_from": "2024-01-01",
    "own_actions": ["demo", "visit"],
    "intent": ["demo"],
    "profile": [
        {"attribute": "state", "any_of": ["Sonora"]},
        {"attribute": "budget", "table": "leads", "at_least": 8000},
    ],
    "journey": {"awareness": {"kinds": ["visit"]}, "decision": {"kinds": ["demo"]}},
}


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
def found(tmp_path: Path) -> Situation:
    """L2, who is called first and asked for a demo, L0 who visited, and L1, not shown, who is of the same company."""
    history = write_history(
        tmp_path,
        leads=[
            {"lead_id": "L0", "created_at": START, "account_id": "A0", "budget": 9000.0, "budget__known_at": day(3)},
            {"lead_id": "L1", "created_at": START, "account_id": "A0"},
            {"lead_id": "L2", "created_at": START, "account_id": "A1", "budget": 7.0, "budget__known_at": day(40)},
        ],
        accounts=[{"account_id": "A0", "state": "=Sonora"}, {"account_id": "A1", "state": "Sonora"}],
        activities=[
            {"lead_id": "L0", "occurred_at": day(1), "kind": "visit"},
            {"lead_id": "L2", "occurred_at": day(2), "kind": "demo"},
            {"lead_id": "L0", "occurred_at": day(31), "kind": "demo"},
        ],
        attributes=[
            Attribute(table="accounts", name="state", type="category", known="at_creation"),
            Attribute(table="leads", name="budget", type="number", known="at_instant"),
        ],
        words=Words(attributes={"state": Word(en="state", es="estado")}),
    )
    agreement = Agreement.model_validate({"versions": [AGREEMENT]})
    texts = {"value": "", "text_en": "", "text_es": "", "group": "engagement"}
    reasons = [[{"code": "R001", "concept": "demo", "points": points, **texts}] for points in (0.2, 0.0)]
    people = pa.table(
        {
            "lead_id": ["L2", "L0"], "rank": [1, 2], "grade": ["A", "B"], "probability": [0.4, 0.2], "fit": [60, 50],
            "base_probability": [0.1, 0.1],
            "engagement": [90, 10], "reasons": pa.array(reasons, pa.list_(REASON)), "lead_no": pa.array([2, 0]),
            "account_no": pa.array([1, 0]), "state": pa.array([int(State.MQL), int(State.LEAD)], pa.int8()),
        }
    )  # fmt: skip
    finished = cast(Any, SimpleNamespace(as_of=day(30), about=SimpleNamespace(chances_hold=True)))
    return Situation(
        history, finished, agreement, lives(history, agreement, Exclude()), people, people, np.zeros(3, bool)
    )


def test_each_lead_stands_beside_the_agreement_as_of_the_scores(found: Situation) -> None:
    rows = match_table(found).to_pylist()
    assert [row["lead_id"] for row in rows] == ["L2", "L0"]
    assert [(row["state__fits"], row["budget__fits"]) for row in rows] == [("yes", "unknown"), ("no", "yes")]
    assert [(row["state__value"], row["budget__value"]) for row in rows] == [("Sonora", None), ("=Sonora", 9000.0)]
    assert [(row["state"], row["buying_stage"], row["buying_since"]) for row in rows] == [
        ("mql", "decision", day(2)),
        ("lead", "awareness", day(1)),
    ]
    assert [row["came_by"] for row in rows] == ["inbound", "inbound"]
    assert rows[0]["intent"] > rows[1]["intent"] == 1  # L0 asked for a demo after the scores: it is not known yet
    assert rows[0]["match_en"] == "state: yes; budget: not known"
    assert rows[1]["match_es"] == "estado: no; budget: sí"


def test_a_match_of_the_wrong_rows_would_be_seen(found: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    right = match_table(found)["state__fits"].to_pylist()
    real = beside.match_profile
    monkeypatch.setattr(beside, "match_profile", lambda h, c, lead_no, at: real(h, c, np.sort(lead_no), at))
    assert match_table(found)["state__fits"].to_pylist() != right


def test_the_files_hold_the_same_and_no_cell_of_the_csv_is_a_formula(found: Situation, tmp_path: Path) -> None:
    table = match_table(found)
    write_match(table, tmp_path / "match.parquet")
    write_match(table, tmp_path / "match.csv")
    text = (tmp_path / "match.csv").read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 3
    assert "'=Sonora" in text
    assert '"=Sonora' not in text
    assert (tmp_path / "match.parquet").is_file()
