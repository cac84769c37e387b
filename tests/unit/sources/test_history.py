"""The history as a whole: privacy, sameness under shuffling, flat tables."""

import hashlib
import random
from datetime import UTC, datetime

import pytest
from source_builder import NO_OUTCOMES, OUTCOMES, TWO_LEADS, column, extract_all, extract_leads, rows_of, write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import ACTIVITIES, INSTANT, LEADS, History
from predictive_scoring.contract.history import OUTCOMES as OUTCOME_COLUMNS
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.extract import extract
from predictive_scoring.storage import read_parquet

CANARY = "canary.person@secret-company.example"


def test_J13_an_address_reaches_no_output_and_its_kind_does(tmp_path):
    mails = [CANARY, "a@GMAIL.com", "b@mailinator.com", "", "no address"]
    text = "id,at,mail\n" + "".join(f"L{i},2024-01-01,{mail}\n" for i, mail in enumerate(mails))
    history = extract_leads(tmp_path, text, {"columns": {"lead_id": "id", "created_at": "at", "email": "mail"}})
    assert column(history, "leads", "email_kind") == ["business", "free", "disposable", None, None]
    for file in history.folder.iterdir():
        assert b"canary" not in file.read_bytes(), file.name
        if file.suffix == ".parquet":
            assert "canary" not in str(read_parquet(file).to_pylist()), file.name


def test_J13_the_search_for_the_canary_would_find_it(tmp_path):
    table = {"attributes": {"mail": {"type": "text", "known": "at_creation"}}}
    history = extract_leads(tmp_path, f"id,at,mail\nL1,2024-01-01,{CANARY}\n", table)
    assert "canary" in str(rows_of(history, "leads"))


def _hashes(history: History) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in history.folder.iterdir()
        if "quarantine" not in file.name
    }


def _shuffled(text: str, seed: int) -> str:
    header, *rows = text.splitlines(keepends=True)
    random.Random(seed).shuffle(rows)
    return header + "".join(rows)


def test_the_order_of_rows_changes_no_byte(tmp_path):
    rng = random.Random(3)
    leads = "id,at\n" + "".join(f"L{rng.randrange(300)},2024-01-{1 + i % 28:02}\n" for i in range(400))
    activities = "id,at,kind\n" + "".join(
        f"L{rng.randrange(320)},2024-02-{1 + i % 28:02},k{i % 5}\n" for i in range(3000)
    )
    outcomes = "id,at,stage\n" + "".join(f"L{rng.randrange(300)},2024-03-0{1 + i % 9},won\n" for i in range(80))
    found = []
    for seed in (0, 1):
        folder = tmp_path / str(seed)
        folder.mkdir()
        history = extract_all(folder, *(_shuffled(text, seed) for text in (leads, activities, outcomes)))
        found.append(_hashes(history))
    assert len(rows_of(history, "leads")) > 50
    assert found[0] == found[1]


def test_the_tables_have_the_canonical_columns_types_and_order(tmp_path):
    activities = "id,at,kind\nL2,2024-02-01,a\nL1,2024-02-03,a\nL1,2024-02-02,b\n"
    history = extract_all(tmp_path, TWO_LEADS, activities, "id,at,stage\nL2,2024-03-01,won\nL1,2024-03-02,won\n")
    for table, schema in (("leads", LEADS), ("activities", ACTIVITIES), ("outcomes", OUTCOME_COLUMNS)):
        assert read_parquet(history.folder / f"{table}.parquet").schema.equals(schema), table
    assert [(r["account_no"], r["known_at"].day) for r in rows_of(history, "activities")] == [(0, 2), (0, 3), (1, 1)]
    assert column(history, "outcomes", "lead_no") == [0, 1]
    assert history.facts.observed_until == datetime(2024, 3, 2, tzinfo=UTC)
    assert History.load(history.folder) == history


def test_a_value_that_is_known_from_an_instant_on_carries_it(tmp_path):
    table = {
        "attributes": {
            "Budget": {"type": "number", "known": {"at": "Budget Date"}},
            "Founded": {"type": "date", "known": "at_creation"},
        },
        "formats": {"budget__known_at": "%d/%m/%Y"},
    }
    history = extract_leads(
        tmp_path, "id,at,Budget,Budget Date,Founded\nL1,2024-01-01,10,03/04/2024,1931-05-01\n", table
    )
    row = rows_of(history, "leads")[0]
    assert (row["budget"], row["budget__known_at"]) == (10.0, datetime(2024, 4, 3, tzinfo=UTC))
    assert row["founded"] == datetime(1931, 5, 1, tzinfo=UTC)
    assert read_parquet(history.path("leads")).schema.field("budget__known_at").type == INSTANT
    assert [(a.name, a.known) for a in history.facts.attributes] == [
        ("budget", "at_instant"),
        ("founded", "at_creation"),
    ]


FLAT = {"path": "leads.csv", "outcome": {"column": "y", "converted": ["yes", "1"]}, "order": "rows", "lead_ids": "rows"}
FLAT_ROWS = "y,age\nyes,30\nno,31\nyes,30\n,33\n"
AGE = {"attributes": {"age": {"type": "number", "known": "at_creation"}}}


def test_a_flat_table_in_order_of_time_keeps_its_rows_and_their_places(tmp_path):
    path = write_source(tmp_path, {"leads": {**FLAT, **AGE}}, {"leads.csv": FLAT_ROWS})
    history = extract(path, tmp_path / "history", Extract())
    rows = rows_of(history, "leads")
    assert [(r["lead_id"], r["row_number"], r["converted"]) for r in rows] == [
        ("1", 1, True), ("2", 2, False), ("3", 3, True), ("4", 4, None)
    ]  # fmt: skip
    assert (history.facts.flat, history.facts.ordering, history.facts.observed_until) == (True, "rows", None)
    assert rows_of(history, "activities") == rows_of(history, "outcomes") == rows_of(history, "accounts") == []


def test_a_flat_table_in_no_order_makes_equal_rows_one_lead(tmp_path):
    leads = {**FLAT, **AGE, "order": "none", "lead_ids": "content"}
    path = write_source(tmp_path, {"leads": leads}, {"leads.csv": FLAT_ROWS})
    history = extract(path, tmp_path / "history", Extract())
    assert len(rows_of(history, "leads")) == 3
    assert history.facts.rows["leads"].collapsed == 1
    assert column(history, "leads", "row_number") == [None] * 3


def test_what_stood_there_before_is_kept_when_a_run_is_refused(tmp_path):
    extract_leads(tmp_path, TWO_LEADS)
    path = write_source(
        tmp_path,
        {"leads": {"path": "leads.csv", "columns": {"lead_id": "id", "created_at": "at"}}, "outcomes": OUTCOMES},
        {"leads.csv": "id,at\n,2024-01-01\n"},
    )
    with pytest.raises(DataContractError):
        extract(path, tmp_path / "history", Extract())
    assert column(History.load(tmp_path / "history"), "leads", "lead_id") == ["L1", "L2"]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_J11_names_that_are_sql_are_names(tmp_path):
    header = 'at"; drop table raw_leads;--'
    table = {
        "columns": {"lead_id": "id", "created_at": "at"},
        "attributes": {header: {"type": "category", "known": "at_creation"}},
    }
    quoted = '"' + header.replace('"', '""') + '"'
    history = extract_leads(tmp_path, f"id,at,{quoted}\nL1,2024-01-01,x'); drop table raw_leads;--\n", table)
    assert column(history, "leads", "at_drop_table_raw_leads") == ["x'); drop table raw_leads;--"]


def test_columns_that_the_source_does_not_list_are_not_read(tmp_path):
    history = extract_leads(tmp_path, "id,at,salary\nL1,2024-01-01,99\n,2024-01-01,98\n")
    assert "salary" not in read_parquet(history.path("leads")).schema.names
    assert "98" not in rows_of(history, "quarantine")[0]["text"]


def test_names_that_the_engine_uses_inside_may_be_attributes(tmp_path):
    names = ["record", "rule", "file_no", "content", "copy", "place", "c0", "text", "order"]
    table = {"attributes": {name: {"type": "category", "known": "at_creation"} for name in names}}
    text = f"id,at,{','.join(names)}\nL1,2024-01-01,{','.join(names)}\n"
    row = rows_of(extract_leads(tmp_path, text, table), "leads")[0]
    assert [row[name] for name in names] == names


def _three_hundred(last: str) -> str:
    days = [f"2024-{month:02d}-{day:02d}" for month in range(1, 11) for day in range(1, 29)]
    return "id,at,kind\n" + "".join(f"L1,{day},page_view\n" for day in [*days, last])


def test_C01_one_row_of_a_year_ahead_does_not_become_the_end_of_the_history(tmp_path):
    with pytest.raises(DataContractError, match="the end of the history is not clear") as refused:
        extract_all(tmp_path, TWO_LEADS, _three_hundred("2027-03-01"), NO_OUTCOMES)
    assert "2 of 283 rows lie after 2024-10-27, up to 2027-03-01" in str(refused.value)
    assert "exported_at" in str(refused.value)


def test_C01_a_history_that_simply_ends_is_taken_as_it_is(tmp_path):
    history = extract_all(tmp_path, TWO_LEADS, _three_hundred("2024-11-01"), NO_OUTCOMES)
    assert str(history.facts.observed_until)[:10] == "2024-11-01"
