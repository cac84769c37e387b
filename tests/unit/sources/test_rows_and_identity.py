"""What rows are to each other: copies, contradictions, strangers, and what the source itself leaves out."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_builder import (
    LEADS,
    NO_OUTCOMES,
    OUTCOMES,
    TWO_LEADS,
    broken,
    column,
    extract_all,
    extract_leads,
    rows_of,
    write_source,
)

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import DataContractError, PredictiveScoringError
from predictive_scoring.sources.extract import extract
from predictive_scoring.sources.summary import summarise

NO_ACTIVITIES = "id,at,kind\n"


def test_B01_identical_rows_are_one_row_and_counted(tmp_path):
    history = extract_leads(tmp_path, "id,at\nL1,2024-01-01\nL1,2024-01-01\nL1,2024-01-01\n")
    assert column(history, "leads", "lead_id") == ["L1"]
    assert history.facts.rows["leads"].collapsed == 2


def test_B02_contradicting_rows_of_a_lead_are_all_quarantined(tmp_path):
    history = extract_leads(tmp_path, "id,at\nL1,2024-01-01\nL1,2024-01-02\nL2,2024-01-01\n")
    assert column(history, "leads", "lead_id") == ["L2"]
    assert broken(history) == [(2, "duplicate_key"), (3, "duplicate_key")]


def test_B02_the_row_updated_last_is_kept_and_a_tie_keeps_none(tmp_path):
    text = "id,at,up\nL1,2024-01-01,2024-02-01\nL1,2024-01-02,2024-02-02\n"
    text += "L2,2024-01-01,2024-02-01\nL2,2024-01-02,2024-02-01\n"
    history = extract_leads(tmp_path, text, {"columns": {"lead_id": "id", "created_at": "at", "updated_at": "up"}})
    assert [(r["lead_id"], r["created_at"].day) for r in rows_of(history, "leads")] == [("L1", 2)]
    assert broken(history) == [(2, "duplicate_key"), (4, "duplicate_key"), (5, "duplicate_key")]


def test_B03_blank_ids_never_join(tmp_path):
    history = extract_all(
        tmp_path, "id,at\n,2024-01-01\n  ,2024-01-02\nL1,2024-01-03\n", "id,at,kind\n,2024-01-04,call\n", NO_OUTCOMES
    )
    assert column(history, "leads", "lead_id") == ["L1"]
    assert {rule for _, rule in broken(history)} == {"missing_key"}
    assert rows_of(history, "activities") == []


def test_B05_B09_activities_and_outcomes_of_strangers_are_quarantined(tmp_path):
    activities = "id,at,kind\nL1,2024-02-01,call\nL9,2024-02-01,call\n"
    history = extract_all(tmp_path, TWO_LEADS, activities, "id,at,stage\nL9,2024-03-01,won\n")
    assert [row["lead_no"] for row in rows_of(history, "activities")] == [0]
    assert [(r["table"], r["line"], r["rule"]) for r in rows_of(history, "quarantine")] == [
        ("activities", 3, "unknown_lead"),
        ("outcomes", 2, "unknown_lead"),
    ]


def test_B06_an_account_that_nobody_describes_is_kept_without_attributes_and_noted(tmp_path):
    tables = {
        "leads": {**LEADS, "columns": {**LEADS["columns"], "account_id": "acc"}},
        "accounts": {
            "path": "accounts.csv",
            "columns": {"account_id": "acc"},
            "attributes": {"Sector": {"as": "industry", "type": "category", "known": "at_creation"}},
        },
        "outcomes": OUTCOMES,
    }
    files = {
        "leads.csv": "id,at,acc\nL1,2024-01-01,A2\nL2,2024-01-01,A1\nL3,2024-01-01,A2\nL4,2024-01-01,\n",
        "accounts.csv": "acc,Sector\nA1,Retail\n",
        "outcomes.csv": NO_OUTCOMES,
    }
    history = extract(write_source(tmp_path, tables, files), tmp_path / "history", Extract())
    assert [(r["account_no"], r["account_id"], r["industry"]) for r in rows_of(history, "accounts")] == [
        (0, "A1", "Retail"),
        (1, "A2", None),
    ]
    assert [(r["lead_no"], r["account_no"], r["lead_id"]) for r in rows_of(history, "leads")] == [
        (0, 0, "L2"), (1, 1, "L1"), (2, 1, "L3"), (3, 2, "L4")
    ]  # fmt: skip
    assert any(note.startswith("leads: 2 rows with an account") for note in history.facts.notes)


def test_an_activity_of_an_account_reaches_it_without_a_lead(tmp_path):
    tables = {
        "leads": {"columns": {**LEADS["columns"], "account_id": "acc"}},
        "activities": {"columns": {"lead_id": "id", "account_id": "acc", "occurred_at": "at", "kind": "kind"}},
    }
    activities = (
        "id,acc,at,kind\n,A1,2024-02-01,visit\nL9,A1,2024-02-02,visit\nL1,A7,2024-02-03,visit\n,A7,2024-02-04,visit\n"
    )
    history = extract_all(tmp_path, "id,at,acc\nL1,2024-01-01,A1\n", activities, NO_OUTCOMES, **tables)
    assert [(r["account_no"], r["lead_no"]) for r in rows_of(history, "activities")] == [(0, None), (0, None), (0, 0)]
    assert broken(history) == [(5, "unknown_lead")]


def test_C03_an_outcome_before_its_lead_was_created_is_quarantined(tmp_path):
    outcomes = "id,at,stage\nL1,2023-12-31,won\nL2,2024-01-02,won\n"
    history = extract_all(tmp_path, TWO_LEADS, NO_ACTIVITIES, outcomes)
    assert broken(history) == [(2, "outcome_before_creation")]
    assert column(history, "outcomes", "lead_id") == ["L2"]


def test_C01_rows_later_than_the_export_are_not_believed_and_it_ends_the_history(tmp_path):
    text = "id,at\nL1,2024-01-01\nL2,2024-06-01\n"
    history = extract_leads(tmp_path, text, exported_at="2024-05-01", timezone="Europe/Madrid")
    assert broken(history) == [(3, "future_row")]
    assert history.facts.observed_until == datetime(2024, 4, 30, 22, tzinfo=UTC)


def test_C19_a_row_is_known_when_it_was_recorded_and_never_before_it_happened(tmp_path):
    columns = {"lead_id": "id", "occurred_at": "at", "kind": "kind", "recorded_at": "rec"}
    activities = "id,at,kind,rec\nL1,2024-02-01,a,2024-03-01\nL1,2024-02-02,b,2024-01-01\nL1,2024-02-03,c,\n"
    history = extract_all(tmp_path, TWO_LEADS, activities, NO_OUTCOMES, activities={"columns": columns})
    known = {r["kind"]: (r["known_at"].month, r["known_at"].day) for r in rows_of(history, "activities")}
    assert known == {"a": (3, 1), "b": (2, 2), "c": (2, 3)}
    assert not any("activities: `recorded_at`" in note for note in history.facts.notes)


def test_D09_spellings_that_read_the_same_are_one_category(tmp_path):
    spellings = ["México", "Me\u0301xico", "  México ", "México\u00a0"]
    text = "id,at,country\n" + "".join(f"L{i},2024-01-01,{each}\n" for i, each in enumerate(spellings))
    history = extract_leads(tmp_path, text, {"attributes": {"country": {"type": "category", "known": "at_creation"}}})
    assert set(column(history, "leads", "country")) == {"México"}


def test_D10_yes_and_no_in_two_languages(tmp_path):
    words = ["yes", "TRUE", "1", "Sí", "x", "no", "False", "0", "", "maybe"]
    text = "id,at,b\n" + "".join(f"L{i},2024-01-01,{word}\n" for i, word in enumerate(words))
    history = extract_leads(tmp_path, text, {"attributes": {"b": {"type": "boolean", "known": "at_creation"}}})
    assert column(history, "leads", "b") == [True] * 5 + [False] * 3 + [None]
    assert broken(history) == [(11, "not_a_boolean")]


def test_kinds_and_stages_are_renamed_and_what_is_not_listed_keeps_its_name_or_is_left_out(tmp_path):
    activities = "id,at,kind\nL1,2024-02-01,pv\nL1,2024-02-02, pv \nL1,2024-02-03,other\n"
    outcomes = "id,at,stage\nL1,2024-03-01,Closed  Won\nL1,2024-03-02,Demo\n"
    tables = {
        "activities": {"kinds": {"pv": "page_view"}, "directions": {"page_view": "inbound"}},
        "outcomes": {"stages": {"Closed Won": "won"}, "only_listed": True},
    }
    history = extract_all(tmp_path, TWO_LEADS, activities, outcomes, **tables)
    assert [(r["kind"], r["direction"]) for r in rows_of(history, "activities")] == [
        ("page_view", "inbound"), ("page_view", "inbound"), ("other", None)
    ]  # fmt: skip
    assert column(history, "outcomes", "stage") == ["won"]
    assert history.facts.rows["outcomes"].left_out == {"not_listed": 1}
    assert broken(history) == []


def test_rows_that_are_not_selected_are_not_judged_either(tmp_path):
    activities = "id,at,kind,state\nL1,2024-02-01,call,done\nL1,nonsense,call,planned\nL9,2024-02-01,call,\n"
    history = extract_all(tmp_path, TWO_LEADS, activities, NO_OUTCOMES, activities={"only": {"state": ["done"]}})
    account = history.facts.rows["activities"]
    assert (account.read, account.kept, account.left_out, account.quarantined) == (3, 1, {"not_selected": 2}, {})


def test_every_row_is_somewhere(tmp_path):
    leads = "id,at\nL1,2024-01-01\nL1,2024-01-01\n,2024-01-01\nL2,bad\nL3\n"
    activities = "id,at,kind\nL1,2024-02-01,a\nL1,2024-02-01,a\nL2,2024-02-01,a\nL1,,a\n"
    history = extract_all(tmp_path, leads, activities, "id,at,stage\nL1,2023-01-01,won\nL1,2025-01-01,won\n")
    for account in history.facts.rows.values():
        assert account.read == account.kept + account.collapsed + sum(account.left_out.values()) + sum(
            account.quarantined.values()
        )
    assert sum(sum(a.quarantined.values()) for a in history.facts.rows.values()) == len(rows_of(history, "quarantine"))
    assert summarise(history)[0] == (
        "leads: 5 rows read, 1 kept, 1 collapsed, 3 quarantined (bad_timestamp 1, missing_key 1, ragged_row 1)"
    )


def test_more_bad_rows_than_allowed_refuse_the_run_with_the_counts_and_no_value(tmp_path):
    good = "".join(f"L{i},2024-01-01\n" for i in range(18))
    files = {"leads.csv": "id,at\n" + good + "secret-1,bad\nsecret-2,bad\n", "outcomes.csv": NO_OUTCOMES}
    path = write_source(tmp_path, {"leads": LEADS, "outcomes": OUTCOMES}, files)
    with pytest.raises(DataContractError, match=r"leads: 10\.0% of 20 rows: 2 bad_timestamp") as caught:
        extract(path, tmp_path / "history", Extract(max_quarantine_share=0.05))
    assert "secret" not in str(caught.value)
    extract(path, tmp_path / "history", Extract(max_quarantine_share=0.10))


@pytest.mark.parametrize(("exported", "is_said"), [("2024-02-01", False), ("2024-02-03", True)])
def test_an_export_that_ends_a_month_after_the_last_row_is_doubted(tmp_path, exported, is_said):
    notes = extract_leads(tmp_path, TWO_LEADS, exported_at=exported).facts.notes  # the last row: 2 January
    said = [note for note in notes if note.startswith("exported_at is")]
    assert bool(said) == is_said
    assert all("nothing is known after 2024-01-02" in note for note in said)


def test_the_truth_of_a_simulated_source_is_kept_beside_the_tables(tmp_path):
    true = {"lead_id": ["L1"], "as_of": [datetime(2024, 1, 8, tzinfo=UTC)], "probability": [0.25]}
    pq.write_table(pa.table({**true, "secret": ["x"]}), tmp_path / "truth.parquet")
    history = extract_leads(tmp_path, TWO_LEADS, simulated=True, truth="truth.parquet")
    kept = history.truth()
    assert kept is not None
    assert kept.column_names == ["lead_id", "as_of", "probability"]
    assert kept["probability"].to_pylist() == [0.25]


def test_a_source_that_names_no_truth_has_none(tmp_path):
    assert extract_leads(tmp_path, TWO_LEADS).truth() is None


def test_a_truth_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(PredictiveScoringError, match=r"nowhere\.parquet"):
        extract_leads(tmp_path, TWO_LEADS, simulated=True, truth="nowhere.parquet")
