"""The walk through a whole history finds nothing in a sound one, and every break that is planted."""

import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from history_builder import write_history
from predictive_scoring.agreement.definition import Agreement, Condition, Qualification, Version
from predictive_scoring.agreement.funnel import Step, steps
from predictive_scoring.agreement.held import held_from
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.states import State
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.snapshots.instants import to_micros

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
import walk

START = datetime(2024, 1, 1, tzinfo=UTC)
AT = START + timedelta(days=100)
AGREEMENT = Agreement(
    versions=(
        Version(
            valid_from="2024-01-01",
            own_actions=("visit", "demo"),
            mql=Qualification(any_of=(Condition(kinds=("demo",), at_least=2, within_days=10),)),
        ),
    )
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
def found(tmp_path: Path) -> pa.Table:
    """Five people: one buys, one is lost and comes back, one qualifies, one only visits, one does nothing."""
    leads = [{"lead_id": f"L{n}", "created_at": day(n)} for n in range(5)]
    acts = [("L0", 5, "visit"), ("L0", 6, "demo"), ("L0", 7, "demo"), ("L1", 8, "visit"), ("L1", 30, "visit"),
            ("L2", 9, "demo"), ("L2", 12, "demo"), ("L3", 9, "visit")]  # fmt: skip
    said = [("L0", 20, "sql"), ("L0", 40, "won"), ("L1", 20, "lost")]
    history = write_history(
        tmp_path, leads=leads,
        activities=[{"lead_id": name, "occurred_at": day(at), "kind": kind} for name, at, kind in acts],
        outcomes=[{"lead_id": name, "occurred_at": day(at), "stage": stage} for name, at, stage in said],
    )  # fmt: skip
    return lives(history, AGREEMENT, Exclude())


CREATED = {n: to_micros(day(n)) for n in range(5)}
PARTS = [np.array([0, 3]), np.array([1, 4]), np.array([2])]


def _broken(found: pa.Table, at: datetime = AT) -> list[str]:
    moves = walk.moves_of(found)
    n_created = sum(since < to_micros(at) for since in CREATED.values())
    return [
        *walk.broken_moves(moves),
        *walk.broken_states(found, moves, CREATED, at),
        *walk.broken_funnel(found, n_created, PARTS, at),
    ]


def test_nothing_is_broken_in_a_sound_history_at_any_instant(found: pa.Table) -> None:
    assert [problem for hours in range(12, 2400, 60) for problem in _broken(found, day(hours / 24))] == []


def _rows(found: pa.Table) -> list[dict[str, object]]:
    return found.to_pylist()  # type: ignore[no-any-return]


def test_planted_a_person_without_a_state_is_found(found: pa.Table) -> None:
    missing = [row for row in _rows(found) if row["lead_no"] != 4]
    assert any("4: 0 states" in problem for problem in _broken(pa.Table.from_pylist(missing, found.schema)))


def test_planted_a_move_that_no_edge_declares_is_found(found: pa.Table) -> None:
    rows = [row | {"state": int(State.OPPORTUNITY)} if row["state"] == int(State.MQL) else row for row in _rows(found)]
    assert any("LEAD to OPPORTUNITY" in problem for problem in _broken(pa.Table.from_pylist(rows, found.schema)))


def test_planted_a_move_back_in_time_is_found(found: pa.Table) -> None:
    rows = _rows(found)
    for before, after in pairwise(rows):
        if before["lead_no"] == after["lead_no"] == 0:
            after["since"] = day(-1)
    assert _broken(pa.Table.from_pylist(rows, found.schema))


def test_planted_a_funnel_that_loses_somebody_is_found(found: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def losing(*asked: object) -> list[Step]:
        return [Step(**{**vars(step), "n_around": 0, "n_entered": step.n_entered - 1}) for step in steps(*asked)]  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "steps", losing)
    assert _broken(found)


def test_the_plain_loop_tells_another_definition_from_this_one(tmp_path: Path, found: pa.Table) -> None:
    history = write_history(
        tmp_path / "one",
        leads=[{"lead_id": "L0", "created_at": day(0)}],
        activities=[{"lead_id": "L0", "occurred_at": day(n), "kind": "demo"} for n in (1, 30)],
    )
    created = {0: to_micros(day(0))}
    rows = walk.Rows(history, [0], held_from(history, Exclude()), created)
    assert walk.by_hand(0, rows, AGREEMENT, to_micros(AT)) is State.LEAD  # two demos, but not within ten days
    (version,) = AGREEMENT.versions
    once = version.model_copy(update={"mql": Qualification(any_of=(Condition(kinds=("demo",)),))})
    assert walk.by_hand(0, rows, Agreement(versions=(once,)), to_micros(AT)) is State.MQL
