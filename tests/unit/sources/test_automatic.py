"""Opens and clicks that no person can have done, and those that a person can."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_builder import ACTIVITIES, LEADS, NO_OUTCOMES, OUTCOMES, rows_of, write_source

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.sources import activity_shelves, automatic
from predictive_scoring.sources.extract import extract

NOON = datetime(2024, 1, 5, 12, tzinfo=UTC)
COLUMNS = {**ACTIVITIES["columns"], "topic": "topic", "recorded_at": "recorded"}
BY_THEN = r"[js]\.known <= i\.known \+ \d+"
Row = tuple[str, str, float, str, float]  # lead, kind, seconds after noon, topic, seconds until it was recorded


def extracted(folder: Path, rows: list[Row], rules: Automatic | None = None) -> History:
    """Extract leads L1 and L2 with the given activities."""
    folder.mkdir(exist_ok=True)
    lines = [
        f"{lead},{(NOON + timedelta(seconds=after)).isoformat()},{kind},{topic},"
        f"{(NOON + timedelta(seconds=after + late)).isoformat()}"
        for lead, kind, after, topic, late in rows
    ]
    files = {
        "leads.csv": "id,at\nL1,2024-01-01\nL2,2024-01-02\n",
        "activities.csv": "\n".join(["id,at,kind,topic,recorded", *lines]) + "\n",
        "outcomes.csv": NO_OUTCOMES,
    }
    tables = {"leads": LEADS, "activities": {**ACTIVITIES, "columns": COLUMNS}, "outcomes": OUTCOMES}
    path = write_source(folder, tables, files, exported_at="2024-02-01")
    return extract(path, folder / "history", Extract(max_quarantine_share=1.0, automatic=rules or Automatic()))


def clicks(n: int, every: float, start: float = 0.0, lead: str = "L1") -> list[Row]:
    return [(lead, "email_click", start + place * every, f"link {place}", 0.0) for place in range(n)]


def left(history: History) -> int:
    return history.facts.rows["activities"].left_out.get("automatic", 0)


def test_C22_a_burst_of_clicks_right_after_delivery_leaves_the_counts_as_they_were(tmp_path: Path) -> None:
    honest: list[Row] = [("L1", "email_sent", -3600, "spring", 0), ("L1", "email_click", 900, "offer", 0)]
    burst = [("L1", "email_sent", 0.0, "spring", 0.0), *clicks(12, 1 / 12, start=2.0)]
    history = extracted(tmp_path / "both", honest + burst)
    assert left(history) == 12
    kinds = [(row["kind"], row["topic"]) for row in rows_of(history, "activities")]
    assert sorted(kinds) == [("email_click", "offer"), ("email_sent", "spring"), ("email_sent", "spring")]
    account = history.facts.rows["activities"]
    assert account.read == account.kept + account.collapsed + 12


def test_C22_a_scanner_that_opens_and_clicks_at_once_is_left_out_with_its_open(tmp_path: Path) -> None:
    rows: list[Row] = [("L1", "email_sent", 0, "spring", 0), ("L1", "email_open", 1, "spring", 0)]
    history = extracted(tmp_path, rows + clicks(2, 1.5, start=2))
    assert left(history) == 3
    assert [row["kind"] for row in rows_of(history, "activities")] == ["email_sent"]


@pytest.mark.parametrize(
    "rows",
    [
        clicks(9, 0.1),  # one too few
        clicks(12, 0.4),  # too slow: no second about a click holds ten
        clicks(6, 0.1) + clicks(6, 0.1, lead="L2"),  # two people
        [("L1", "page_view", place / 100, f"page {place}", 0.0) for place in range(20)],  # not in an e-mail
        [("L1", "email_click", 0.0, "link", 0.0)] * 20,  # one row, exported twenty times
        [("L1", "email_sent", 0, "m", 0), ("L1", "email_open", 3, "m", 0), *clicks(1, 1, start=4)],  # one link
        [("L1", "email_sent", 0, "m", 0), *clicks(3, 1, start=1)],  # never opened
        [("L1", "email_sent", 0, "m", 0), ("L1", "email_open", 8, "m", 0), *clicks(3, 1, start=9)],  # a quick reader
        [("L1", "email_sent", 0, "m", 0), ("L2", "email_open", 1, "m", 0), *clicks(3, 1, start=1, lead="L2")],
    ],
)
def test_C22_what_a_person_can_do_stays(tmp_path: Path, rows: list[Row]) -> None:
    assert left(extracted(tmp_path, rows)) == 0


def test_nothing_is_left_out_or_shifted_where_no_kind_is_a_click(tmp_path: Path) -> None:
    history = extracted(tmp_path, clicks(20, 0.01), Automatic(click_kinds=()))
    assert left(history) == 0
    assert all(row["known_at"] == row["occurred_at"] for row in rows_of(history, "activities"))


def test_opens_and_clicks_are_known_once_it_can_be_told_who_did_them(tmp_path: Path) -> None:
    rows: list[Row] = [("L1", "email_click", 0, "m", 60), ("L1", "page_view", 0, "m", 60)]
    waited = {
        row["kind"]: (row["known_at"] - NOON).total_seconds()
        for row in rows_of(extracted(tmp_path, rows), "activities")
    }
    assert waited == {"email_click": 65.0, "page_view": 60.0}


def random_mails(seed: int) -> list[Row]:
    """Return a busy minute of two leads: mails, opens and clicks close together, some of them recorded late."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["email_sent", "email_open", "email_click"], 60, p=[0.1, 0.2, 0.7])
    late = np.where(rng.random(60) < 0.3, rng.integers(0, 40, 60), 0) / 4
    return [
        (f"L{rng.integers(1, 3)}", str(kind), float(rng.integers(0, 60)) / 4, f"link {place}", float(late[place]))
        for place, kind in enumerate(kinds)
    ]


def visible(history: History, as_of: datetime) -> list[Any]:
    return [row for row in rows_of(history, "activities") if row["known_at"] < as_of]


def assert_blind(folder: Path, seed: int) -> None:
    """Compare what is known at an instant with what a copy of the export, cut there, tells of it."""
    rows = random_mails(seed)
    rules = Automatic(burst_clicks=4, burst_seconds=1, scanner_clicks=2, scanner_seconds=2)
    whole = extracted(folder / "whole", rows, rules)
    for cut in (9.25, 12.5):
        past = [row for row in rows if row[2] + row[4] < cut]
        as_of = NOON + timedelta(seconds=cut)
        assert visible(whole, as_of) == visible(extracted(folder / str(cut), past, rules), as_of)


def assert_blind_to_each(folder: Path, seeds: Iterable[int]) -> None:
    for seed in seeds:
        assert_blind(folder, seed)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_C22_what_came_later_does_not_say_which_earlier_click_counts(tmp_path: Path, seed: int) -> None:
    assert_blind(tmp_path, seed)


def test_the_random_minute_holds_bursts_scanners_and_people(tmp_path: Path) -> None:
    rules = Automatic(burst_clicks=4, burst_seconds=1, scanner_clicks=2, scanner_seconds=2)
    history = extracted(tmp_path, random_mails(1), rules)
    kinds = [row["kind"] for row in rows_of(history, "activities")]
    assert left(history) > 5
    assert kinds.count("email_click") > 5


@pytest.mark.parametrize("bug", ["a verdict before its window has passed", "a verdict by records of later"])
def test_C22_planted_bug_a_verdict_that_looks_ahead_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    if bug == "a verdict before its window has passed":
        monkeypatch.setattr(activity_shelves, "settled_at", lambda known, rules: known)
    else:
        for name in ("_bursts", "_scanners"):
            right = getattr(automatic, name)
            monkeypatch.setattr(automatic, name, lambda rules, right=right: re.sub(BY_THEN, "true", right(rules)))
    with pytest.raises(AssertionError):
        assert_blind_to_each(tmp_path, range(8))
