"""Week after week the best are handed over, nobody twice before coming back from lost: as a plain loop does it."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from predictive_scoring.features.lookup import LONG_AGO
from predictive_scoring.handoff.replay import Candidates, replay

N_WEEKS = 8


def _candidates(seed: int) -> Candidates:
    lot = random.Random(seed)
    rows = []
    for lead in range(10):
        back = sorted(lot.sample(range(1, N_WEEKS), k=lot.choice((0, 0, 1))))
        for week in range(N_WEEKS):
            if lot.random() < 0.7:
                came_back = max((each for each in back if each < week), default=LONG_AGO)
                rows.append((lead, week, lot.random(), lot.random() < 0.8, came_back))
    lot.shuffle(rows)
    lead_no, monday, merit, fits, came_back = zip(*rows, strict=True)
    return Candidates(
        np.array(lead_no), np.array(monday), np.array(merit), np.array(fits), np.array(came_back, np.int64)
    )


def _by_hand(candidates: Candidates, capacity: int) -> list[tuple[int, int]]:
    handed: dict[int, int] = {}
    found = []
    rows = list(
        zip(
            *(getattr(candidates, name).tolist() for name in ("monday", "merit", "lead_no", "fits", "came_back")),
            strict=True,
        )
    )
    for week in range(N_WEEKS):
        n_today = 0
        for monday, _, lead, fits, came_back in sorted(rows, reverse=True):
            is_new = lead not in handed or came_back > handed[lead]
            if monday == week and fits and is_new and n_today < capacity:
                handed[lead] = week
                found.append((week, lead))
                n_today += 1
    return found


def _found(candidates: Candidates, capacity: int) -> list[tuple[int, int]]:
    rows = replay(candidates, dict.fromkeys(range(N_WEEKS), capacity)).rows
    return list(zip(candidates.monday[rows].tolist(), candidates.lead_no[rows].tolist(), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_those_handed_over_are_those_of_a_plain_loop(seed: int) -> None:
    candidates = _candidates(seed)
    for capacity in (1, 2, 100):
        assert _found(candidates, capacity) == _by_hand(candidates, capacity)


def _n_twice(candidates: Candidates) -> int:
    never_back = set(candidates.lead_no.tolist()) - set(candidates.lead_no[candidates.came_back > LONG_AGO].tolist())
    times = Counter(lead for _, lead in _found(candidates, 3))
    return sum(n > 1 for lead, n in times.items() if lead in never_back)


def test_nobody_is_handed_over_twice_who_was_not_lost_in_between() -> None:
    assert sum(_n_twice(_candidates(seed)) for seed in range(20)) == 0


def test_planted_people_who_count_as_come_back_each_week_are_handed_over_twice() -> None:
    twice = 0
    for seed in range(5):
        candidates = _candidates(seed)
        times = Counter(lead for _, lead in _found(replace(candidates, came_back=candidates.monday + 100), 3))
        twice += sum(n > 1 for n in times.values())
    assert twice > 0


def test_who_waits_below_the_line_is_counted_and_weeks_that_are_not_named_hand_nobody_over() -> None:
    candidates = Candidates(
        np.array([0, 1, 2, 0]), np.array([0, 0, 0, 1]), np.array([0.3, 0.2, 0.1, 0.9]), np.ones(4, bool),
        np.full(4, LONG_AGO),
    )  # fmt: skip
    found = replay(candidates, {0: 2})
    assert found.rows.tolist() == [0, 1]
    assert found.left_below == {0: 1}
