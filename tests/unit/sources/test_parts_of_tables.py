"""Tables that come in parts, rows that name several leads, headers with several names, ids of Salesforce."""

import pytest

from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.sources.extract import extract
from unit.sources.source_builder import (
    ACTIVITIES,
    LEADS,
    LENIENT,
    OUTCOMES,
    TWO_LEADS,
    column,
    rows_of,
    write_source,
)

CALLS = {
    "path": "calls.csv", "kind_is": "call_made", "directions": {"call_made": "outbound"},
    "columns": {"lead_id": "who", "occurred_at": "called"},
}  # fmt: skip


def history_of(folder, activities: object = (), files: dict | None = None, /, **keys: object) -> History:
    tables = {"leads": LEADS, "outcomes": keys.pop("outcomes", OUTCOMES), "activities": activities}
    given = {"leads.csv": TWO_LEADS, "outcomes.csv": "id,at,stage\n", **(files or {})}
    return extract(write_source(folder, tables, given, **keys), folder / "history", LENIENT)


def test_two_files_with_other_headers_make_one_table_of_activities(tmp_path):
    files = {
        "activities.csv": "id,at,kind\nL1,2024-02-01,visit\nL9,2024-02-01,visit\n",
        "calls.csv": "called,who\n2024-02-02,L2\n2024-02-03,L8\n",
    }
    history = history_of(tmp_path, [ACTIVITIES, CALLS], files)
    found = [(row["lead_no"], row["kind"], row["direction"]) for row in rows_of(history, "activities")]
    assert found == [(0, "visit", None), (1, "call_made", "outbound")]
    account = history.facts.rows["activities"]
    assert (account.read, account.kept, account.quarantined) == (4, 2, {"unknown_lead": 2})
    assert any("`recorded_at` is not given in 2 of 2 parts" in note for note in history.facts.notes)
    lost = [(row["file"], row["line"], row["text"]) for row in rows_of(history, "quarantine")]
    assert lost[0] == ("activities.csv", 3, '{"at":"2024-02-01","kind":"visit","id":"L9"}')
    assert lost[1] == ("calls.csv", 3, '{"called":"2024-02-03","who":"L8"}')


def test_rows_of_leads_that_the_source_has_not_are_left_out_where_it_says_so(tmp_path):
    files = {"calls.csv": "called,who\n2024-02-02,L2\n2024-02-03,L8\n"}
    account = history_of(tmp_path, {**CALLS, "only_known": True}, files).facts.rows["activities"]
    assert (account.read, account.kept, account.left_out, account.quarantined) == (2, 1, {"other_lead": 1}, {})


def test_a_row_that_names_several_leads_counts_for_each(tmp_path):
    files = {"calls.csv": "called,who\n2024-02-02,L1;L2\n2024-02-03, L2 ;L8;\n"}
    history = history_of(tmp_path, {**CALLS, "several_leads": ";"}, files)
    assert column(history, "activities", "lead_no") == [0, 1, 1]
    account = history.facts.rows["activities"]
    assert (account.read, account.kept, account.quarantined) == (4, 3, {"unknown_lead": 1})
    assert column(history, "quarantine", "text") == ['{"called":"2024-02-03","who":" L2 ;L8;"}']


def test_rows_without_a_kind_have_the_one_that_is_stated(tmp_path):
    files = {"calls.csv": "called,who,way\n2024-02-02,L1,in\n2024-02-03,L2,\n"}
    columns = {**CALLS["columns"], "kind": "way"}
    history = history_of(tmp_path, {**CALLS, "columns": columns, "kinds": {"in": "call_received"}}, files)
    assert column(history, "activities", "kind") == ["call_received", "call_made"]


def test_outcomes_may_stand_in_a_column_of_instants(tmp_path):
    columns = {"lead_id": "id", "occurred_at": "mql"}
    qualified = {"path": "leads.csv", "stage_is": "mql", "only_filled": ["mql"], "columns": columns}
    files = {"leads.csv": "id,at,mql\nL1,2024-01-01,2024-01-05\nL2,2024-01-02,\n"}
    history = history_of(tmp_path, (), files, outcomes=[OUTCOMES, qualified])
    assert [(row["lead_id"], row["stage"]) for row in rows_of(history, "outcomes")] == [("L1", "mql")]
    assert history.facts.rows["outcomes"].left_out == {"not_selected": 1}


def test_K09_a_header_may_have_a_name_in_another_language(tmp_path):
    files = {"leads.csv": "Número,at\nL1,2024-01-01\n"}
    history = history_of(tmp_path, (), files, headers={"id": ["Number", "Número"]})
    assert column(history, "leads", "lead_id") == ["L1"]
    with pytest.raises(DataContractError, match=r"columns that the source file maps are not there: \['id'\]"):
        history_of(tmp_path, (), files, headers={"id": ["Number"]})


# The ids and what they become are worked out by hand: of each five characters, the capitals as bits from the right.
@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("00Q000000000001", "00Q000000000001EAA"),  # ..Q.. -> 00100 = 4 -> E; none -> A; none -> A
        ("00Qd0000abcdEFG", "00Qd0000abcdEFGEA2"),  # 00Qd0 -> 4 -> E; 000ab -> 0 -> A; cdEFG -> 11100 = 28 -> 2
        ("00Qd0000abcdEFGEA2", "00Qd0000abcdEFGEA2"),
        ("00Q-00000000001", "00Q-00000000001"),
    ],
)
def test_B04_K11_fifteen_characters_of_salesforce_mean_the_same_as_eighteen(tmp_path, written, means):
    files = {"leads.csv": f"id,at\n{written},2024-01-01\n"}
    history = history_of(tmp_path, (), files, ids="salesforce")
    assert column(history, "leads", "lead_id") == [means]


def test_B04_ids_that_differ_by_case_alone_stay_two_leads_of_salesforce(tmp_path):
    files = {"leads.csv": "id,at\n00Qd0000abcdEFG,2024-01-01\n00Qd0000abcdeFG,2024-01-01\n"}
    history = history_of(tmp_path, (), files, ids="salesforce")
    assert len({name.upper() for name in column(history, "leads", "lead_id")}) == 2


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({**CALLS, "kind_is": None}, "needs columns.kind, or kind_is for rows of one kind"),
        ({**CALLS, "kinds": {"a": "b"}}, "are for a column of kinds: name it under columns.kind"),
        ({**CALLS, "columns": {"lead_id": "who"}}, "tables.activities.0.columns.occurred_at: missing"),
    ],
)
def test_what_a_part_cannot_mean_is_refused(tmp_path, part, message):
    with pytest.raises(ConfigurationError, match=message):
        history_of(tmp_path, [part])
