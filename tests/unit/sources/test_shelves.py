"""Activities are typed as they pass and finished shelf by shelf: neither shows in what comes out."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from source_builder import LENIENT, broken, column, write_source
from test_quick_typing import altered, the_long_way

from predictive_scoring.contract.history import ACTIVITIES, History
from predictive_scoring.engine.duck import open_engine
from predictive_scoring.sources import activity_laying, activity_pieces, activity_rows, activity_shelves, passing, rows
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.first_glance import Glance
from predictive_scoring.sources.quick_instants import quick_instants

START = datetime(2024, 1, 1)
COLUMNS = {"lead_id": "id", "account_id": "acc", "occurred_at": "at", "kind": "kind", "direction": "way", "value": "n"}


def many(seed: int) -> dict[str, str]:
    """Return files with every kind of trouble: copies, strangers, machines, blank cells, words and instants spoilt."""
    dice = random.Random(seed)
    leads = ["id,at,acc", *(f"L{i:02},2024-01-01,A{i % 7}" for i in range(40))]
    lines = []
    for _ in range(900):
        at = (START + timedelta(seconds=dice.randrange(9_000_000))).isoformat() + "Z"
        at = dice.choice([at] * 30 + ["3/4/2024", ""])
        kind = dice.choice(["page view", "email_sent", "email_open", "call"] * 8 + ["", " ", "a\x01b"])
        who = dice.choice([f"L{dice.randrange(40):02}"] * 20 + ["", "nobody", "OLD"])
        way = dice.choice(["inbound", " Outbound", ""] * 9 + ["sideways"])
        lines.append(f"{who},{dice.choice(['A1', 'A9', ''])},{at},{kind},{way},{dice.choice(['', '1', '1', 'x'])}")
        lines += [lines[-1]] * dice.choice([0] * 9 + [1])
        if dice.random() < 0.02:
            lines += [f"{who},,2024-02-01T10:00:{place / 20:09.6f}Z,email_click,,{place}" for place in range(12)]
    return {
        "leads.csv": "\n".join(leads) + "\n",
        "activities.csv": "\n".join(["id,acc,at,kind,way,n", *lines]) + "\n",
        "outcomes.csv": "id,at,stage\nL01,2024-05-01T00:00:00Z,won\n",
        "merges.csv": "a,b,at\nOLD,L03,2024-01-20\nL05,L30,2024-02-02\nL30,L31,2024-03-01\n",
    }


def history_of(folder: Path, files: dict[str, str], **table: object) -> History:
    folder.mkdir(exist_ok=True)
    tables = {
        "leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at", "account_id": "acc"}},
        "activities": {"path": "activities.csv", "columns": COLUMNS, **table},
        "outcomes": {"path": "outcomes.csv", "columns": {"lead_id": "id", "occurred_at": "at", "stage": "stage"}},
        "merges": {"path": "merges.csv", "columns": {"from_id": "a", "into_id": "b", "merged_at": "at"}},
    }
    return extract(write_source(folder, tables, files, exported_at="2024-06-01"), folder / "history", LENIENT)


def bytes_of(history: History) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in history.folder.iterdir()}


def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files parsed, judged and finished a few rows at a time."""
    monkeypatch.setattr(activity_laying, "SHELF_BYTES", 5_000)
    monkeypatch.setattr(activity_shelves, "ROWS_AT_A_TIME", 100)
    monkeypatch.setattr(passing, "CAREFUL_FOR", 1)
    right = rows._csv_batches

    def in_crumbs(*given: object):
        for batch in right(*given):
            yield from (batch.slice(start, 16) for start in range(0, batch.num_rows, 16))

    monkeypatch.setattr(rows, "_csv_batches", in_crumbs)


@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_shelves_and_of_batches_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    files = many(seed)
    whole = history_of(tmp_path / "whole", files)
    account = whole.facts.rows["activities"]
    assert account.collapsed > 5
    assert account.left_out["automatic"] >= 12
    assert len(account.quarantined) >= 6
    monkeypatch.setattr(activity_pieces, "_can_pass", lambda *_: False)
    kept_as_text = history_of(tmp_path / "text", files)
    monkeypatch.undo()
    in_small_pieces(monkeypatch)
    assert bytes_of(history_of(tmp_path / "pieces", files)) == bytes_of(whole) == bytes_of(kept_as_text)


def test_planted_bug_a_shelf_that_parts_an_account_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = many(0)
    whole = bytes_of(history_of(tmp_path / "whole", files))
    in_small_pieces(monkeypatch)
    monkeypatch.setattr(activity_rows.Shelves, "place_sql", lambda *_: "cast(hash(occurred_at) % 7 as integer)")
    assert bytes_of(history_of(tmp_path / "pieces", files)) != whole


def test_planted_bug_a_glance_that_finds_every_row_tidy_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = many(1)
    files["activities.csv"] = files["activities.csv"].replace("\x01", "")
    right, glance = history_of(tmp_path / "right", files), Glance.at
    assert {rule for _, rule in broken(right)} >= {"missing_key", "bad_timestamp", "not_a_direction", "not_a_number"}
    monkeypatch.setattr(Glance, "at", lambda self, batch: (glance(self, batch)[0], True))
    assert broken(history_of(tmp_path / "wrong", files)) != broken(right)


def test_C13_an_instant_read_at_the_first_glance_is_what_the_form_allows() -> None:
    texts = [text for text in altered(20_000) if text.endswith("Z")]
    found = [quick_instants(pa.array([text])).to_pylist()[0] for text in texts]
    assert sum(at is not None for at in found) > 200
    assert [(text, at) for text, at in zip(texts, found, strict=True) if at not in (None, the_long_way(text))] == []


@pytest.mark.parametrize("text", ["1970-12-31 23:59:59Z", "2100-01-01 00:00:00Z", "2024-01-01 10Z", "2024-01-01Z", ""])
def test_C13_an_instant_out_of_bounds_or_without_minutes_is_left_to_the_closer_look(text: str) -> None:
    assert quick_instants(pa.array(["2024-01-01 10:00:00Z", text])).to_pylist() == [None, None]


def test_a_bad_row_of_a_part_with_several_leads_in_a_cell_keeps_its_own_text(tmp_path: Path) -> None:
    files = many(0) | {"activities.csv": "id,acc,at,kind,way,n\nL01; L02;nobody,,2024-02-01T10:00:00Z,call,,\n"}
    history = history_of(tmp_path, files, several_leads=";")
    assert broken(history) == [(2, "unknown_lead")]
    assert history.facts.rows["activities"].kept == 2


@pytest.mark.parametrize(
    ("word", "way"),
    [("Entrante", "inbound"), ("saliente ", "outbound"), ("Incoming", "inbound"), ("outgoing", "outbound")],
)
def test_a_direction_is_read_in_english_and_in_spanish(tmp_path: Path, word: str, way: str) -> None:
    files = many(0) | {"activities.csv": f"id,acc,at,kind,way,n\nL01,,2024-02-01T10:00:00Z,call,{word},\n"}
    assert column(history_of(tmp_path, files), "activities", "direction") == [way]


def rows_with_ties(n: int, n_instants: int, seed: int) -> pa.Table:
    """Return activities of three accounts at few instants, with nulls and rows that are equal, in no order."""
    draw = np.random.default_rng(seed)
    kinds, topics = np.array(["visit", "call", "Visit", "ñ"]), np.array([None, "a", "b"], dtype=object)
    instants = draw.integers(0, n_instants, size=(2, n)) * 86_400_000_000
    values: dict[str, object] = {
        "account_no": draw.integers(0, 3, n), "lead_no": pa.array(draw.integers(0, 4, n), mask=draw.random(n) < 0.2),
        "occurred_at": instants[0], "known_at": instants.max(axis=0), "kind": kinds[draw.integers(0, 4, n)],
        "topic": topics[draw.integers(0, 3, n)], "direction": pa.nulls(n, pa.string()),
        "value": pa.array(draw.choice([-1.5, 0.0, 2.0], n), mask=draw.random(n) < 0.5),
    }  # fmt: skip
    return pa.table(values).select(ACTIVITIES.names).cast(ACTIVITIES)


@pytest.mark.parametrize(("n", "n_instants"), [(0, 1), (1, 1), (3_000, 2), (3_000, 40), (3_000, 10**6)])
def test_rows_lie_in_the_order_that_the_engine_itself_gives_them(n: int, n_instants: int) -> None:
    given = rows_with_ties(n, n_instants, seed=n_instants)
    with open_engine() as engine:
        expected = engine.sql(f"select * from given order by {activity_shelves.ORDER}", given=given)
        found = pa.Table.from_batches(activity_shelves.in_order(engine, given), ACTIVITIES)
    assert found.equals(expected.cast(ACTIVITIES))


def test_two_integers_alone_would_leave_rows_as_they_came() -> None:
    """The planted bug: without what settles ties, the order is that of the file."""
    given = rows_with_ties(3_000, 2, seed=1)
    by_integers = given.sort_by([("account_no", "ascending"), ("known_at", "ascending")])
    with open_engine() as engine:
        assert not pa.Table.from_batches(activity_shelves.in_order(engine, given), ACTIVITIES).equals(by_integers)
