"""Values that mislead: each is kept as it is, or its row goes to quarantine under the column it stands in."""

import json
from pathlib import Path

import pytest
from source_builder import (
    LEADS,
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
from predictive_scoring.contract.source_columns import SourceAttribute
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.sources.extract import extract

NUMBER = {"attributes": {"Staff": {"as": "staff", "type": "number", "known": "at_creation"}}}


def staff(folder: Path, *cells: str, **also: object) -> tuple[list, list]:
    """Return the numbers that were kept, and rule and column of each row that was not."""
    attribute = {**NUMBER["attributes"]["Staff"], **also}
    text = "id,at,Staff\n" + "".join(f'L{i},2024-01-01,"{cell}"\n' for i, cell in enumerate(cells))
    history = extract_leads(folder, text, {"attributes": {"Staff": attribute}})
    return column(history, "leads", "staff"), [(r["rule"], r["column"]) for r in rows_of(history, "quarantine")]


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400", "NaN", "nan", "+Inf"])
def test_D03_what_is_not_finite_is_no_number(tmp_path: Path, cell: str) -> None:
    assert staff(tmp_path, "12", cell) == ([12.0], [("not_a_number", "Staff")])


def test_D04_the_smallest_and_largest_numbers_are_kept_as_they_are(tmp_path: Path) -> None:
    kept, bad = staff(tmp_path, "5e-324", "-0.0", "1.7e308", "-1e308")
    assert (kept, bad) == ([5e-324, -0.0, 1.7e308, -1e308], [])


def test_D05_numbers_beyond_their_declared_bounds_are_quarantined(tmp_path: Path) -> None:
    kept, bad = staff(tmp_path, "-1", "0", "250", "1000001", "", min=0, max=1_000_000)
    assert (kept, bad) == ([0.0, 250.0, None], [("out_of_bounds", "Staff")] * 2)


def test_D05_planted_bug_without_bounds_a_staff_of_minus_one_is_believed(tmp_path: Path) -> None:
    assert staff(tmp_path, "-1") == ([-1.0], [])


@pytest.mark.parametrize("bounds", [{"min": 5, "max": 1}, {"type": "category", "min": 0}])
def test_D05_bounds_that_cannot_hold_are_refused(bounds: dict) -> None:
    with pytest.raises(ValueError, match=r"min"):
        SourceAttribute.model_validate({"type": "number", "known": "at_creation", **bounds})


def test_D22_a_unit_that_changed_is_stopped_by_its_bounds(tmp_path: Path) -> None:
    rows = "".join(f"L{i},2024-01-01,{i + 1}000\n" for i in range(20))
    bounded = {"Staff": {"as": "staff", "type": "number", "known": "at_creation", "max": 5000}}
    tables = {"leads": {**LEADS, "attributes": bounded}, "outcomes": OUTCOMES}
    path = write_source(tmp_path, tables, {"leads.csv": "id,at,Staff\n" + rows, "outcomes.csv": "id,at,stage\n"})
    with pytest.raises(DataContractError, match="15 out_of_bounds"):
        extract(path, tmp_path / "history", Extract())
    assert not (tmp_path / "history").exists()


def test_D11_a_word_in_a_column_of_numbers_costs_its_row_and_no_other(tmp_path: Path) -> None:
    assert staff(tmp_path, "12", "n/a", "", "7") == ([12.0, None, 7.0], [("not_a_number", "Staff")])


@pytest.mark.parametrize("cell", ["1,234", "€ 1200", "1200 €", "5%", "$5", "1 234", "12k"])
def test_D12_signs_that_are_not_declared_make_no_number(tmp_path: Path, cell: str) -> None:
    assert staff(tmp_path, cell) == ([], [("not_a_number", "Staff")])


def test_D12_declared_signs_are_read(tmp_path: Path) -> None:
    table = {**NUMBER, "read": {"decimal": ",", "thousands": ".", "delimiter": ";"}}
    history = extract_leads(tmp_path, "id;at;Staff\nL1;2024-01-01;1.234,5\nL2;2024-01-01;1.23\n", table)
    assert column(history, "leads", "staff") == [1234.5]
    assert broken(history) == [(3, "not_a_number")]


TEXTS = [
    "👩‍👩‍👧 & Söhne", "شركة الأمل", "a\u200bb", "e\u0301cole", "名前" * 500, "\u202egnp.exe",
    "<script>alert(1)</script>", "=HYPERLINK(1)", "{{7*7}}", "%s %(x)s {0}", "'; drop table leads; --", '"}',
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_D13_D15_whatever_a_name_holds_it_is_kept_to_the_letter(tmp_path: Path, text: str) -> None:
    name = {"attributes": {"Name": {"type": "text", "known": "at_creation"}}}
    cell = '"' + text.replace('"', '""') + '"'
    history = extract_leads(tmp_path, f"id,at,Name\nL1,2024-01-01,{cell}\n", name)
    assert column(history, "leads", "name") == [text]


@pytest.mark.parametrize(
    "header", ["<b>x</b>", "a'; drop table leads; --", 'say "x"', "{{7*7}}", "100%", "{0}", "a[1]"]
)
def test_D15_whatever_a_header_holds_it_is_a_name_in_the_history_and_in_the_quarantine(
    tmp_path: Path, header: str
) -> None:
    table = {"attributes": {header: {"as": "x", "type": "number", "known": "at_creation"}}}
    quoted_header = '"' + header.replace('"', '""') + '"'
    history = extract_leads(tmp_path, f"id,at,{quoted_header}\nL1,2024-01-01,4\nL2,2024-01-01,four\n", table)
    assert column(history, "leads", "x") == [4.0]
    assert [(r["rule"], r["column"]) for r in rows_of(history, "quarantine")] == [("not_a_number", header)]
    assert history.facts.attributes[0].spoken == header


def test_D14_half_a_character_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataContractError, match="not utf-8 text on line 3"):
        extract_leads(tmp_path, b"id,at\nL1,2024-01-01\nL\xed\xa0\xbd,2024-01-02\n")


def test_D14_half_a_character_in_json_costs_its_row(tmp_path: Path) -> None:
    lines = ['{"id": "L1", "at": "2024-01-01", "n": "\\ud83d"}', '{"id": "L2", "at": "2024-01-01", "n": "fine"}']
    table = {"path": "leads.jsonl", "attributes": {"n": {"type": "text", "known": "at_creation"}}}
    files = {"leads.jsonl": "\n".join(lines) + "\n", "outcomes.csv": "id,at,stage\n"}
    path = write_source(tmp_path, {"leads": {**LEADS, **table}, "outcomes": OUTCOMES}, files)
    history = extract(path, tmp_path / "history", Extract(max_quarantine_share=1.0))
    assert (column(history, "leads", "lead_id"), broken(history)) == (["L2"], [(1, "ragged_row")])


def test_the_first_column_that_breaks_the_row_s_rule_is_named_in_every_table(tmp_path: Path) -> None:
    history = extract_all(
        tmp_path,
        TWO_LEADS + ",2024-01-03\nL4,someday\n",
        "id,at,kind\nL1,2024-02-01,\nL1,x,a\n",
        "id,at,stage\nL1,2024-02-01,won\nL1,y,won\n",
    )
    found = [(r["table"], r["rule"], r["column"]) for r in rows_of(history, "quarantine")]
    assert found == [
        ("activities", "missing_key", "kind"),
        ("activities", "bad_timestamp", "at"),
        ("leads", "missing_key", "id"),
        ("leads", "bad_timestamp", "at"),
        ("outcomes", "bad_timestamp", "at"),
    ]


def test_a_source_file_with_impossible_bounds_ends_as_a_wrong_configuration(tmp_path: Path) -> None:
    wrong = {"Staff": {"type": "number", "known": "at_creation", "min": 2, "max": 1}}
    path = write_source(tmp_path, {"leads": {**LEADS, "attributes": wrong}, "outcomes": OUTCOMES}, {})
    with pytest.raises(ConfigurationError, match="lies above max"):
        extract(path, tmp_path / "history", Extract())
    assert json.loads(path.read_text())["name"] == "acme"
