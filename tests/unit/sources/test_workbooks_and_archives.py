"""Workbooks, archives and SQLite files: every cell is the text that it stands for."""

import io
import sqlite3
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from source_builder import (
    LEADS,
    LENIENT,
    NO_OUTCOMES,
    OUTCOMES,
    TWO_LEADS,
    broken,
    column,
    extract_leads,
    rows_of,
    write_source,
)

from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources import excel
from predictive_scoring.sources.extract import extract

CHANNEL = {"attributes": {"channel": {"type": "category", "known": "at_creation"}}}


def workbook(path, rows, sheets=("Leads",)):
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yy", "strings_to_numbers": False}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(number, place, value)
    return {"path": path.name}


def test_A20_ids_of_a_workbook_keep_what_is_stored_and_whole_numbers_have_no_fraction(tmp_path):
    at = datetime(2024, 1, 1, 10, 30)
    rows = [["id", "at", "channel"], ["007", at, 7], [7, at, 0.1], [2**40, at, True], ["1e5", at, "NA"], ["", at, ""]]
    history = extract_leads(tmp_path, TWO_LEADS, {**CHANNEL, **workbook(tmp_path / "leads.xlsx", rows)})
    found = {row["lead_id"]: row["channel"] for row in rows_of(history, "leads")}
    assert found == {"007": "7", "7": "0.1", "1099511627776": "true", "1e5": "NA"}
    assert set(column(history, "leads", "created_at")) == {datetime.fromisoformat("2024-01-01T10:30Z")}
    assert broken(history) == [(6, "missing_key")]


def test_a_workbook_may_begin_below_the_top_and_its_rows_keep_their_numbers(tmp_path):
    rows = [[], ["", ""], ["id", "at"], ["L1", "2024-01-01"], [], ["L2", "nonsense"]]
    history = extract_leads(tmp_path, TWO_LEADS, workbook(tmp_path / "leads.xlsx", rows))
    assert column(history, "leads", "lead_id") == ["L1"]
    assert broken(history) == [(6, "bad_timestamp")]


def test_of_several_sheets_one_must_be_named(tmp_path):
    table = workbook(tmp_path / "leads.xlsx", [["id", "at"], ["L1", "2024-01-01"]], ("Leads", "Más"))
    with pytest.raises(ConfigurationError, match=r"2 sheets\s+found:    \['Leads', 'Más'\][\s\S]*read: \{sheet: …\}"):
        extract_leads(tmp_path, TWO_LEADS, table)
    with pytest.raises(ConfigurationError, match="no sheet 'Mas'"):
        extract_leads(tmp_path, TWO_LEADS, {**table, "read": {"sheet": "Mas"}})
    assert len(rows_of(extract_leads(tmp_path, TWO_LEADS, {**table, "read": {"sheet": "Más"}}), "leads")) == 1


def test_A15_A17_a_workbook_without_rows_or_with_a_header_twice_is_refused(tmp_path):
    with pytest.raises(DataContractError, match="the sheet is empty"):
        extract_leads(tmp_path, TWO_LEADS, workbook(tmp_path / "leads.xlsx", []))
    with pytest.raises(DataContractError, match=r"stand more than once: \['at'\]"):
        extract_leads(tmp_path, TWO_LEADS, workbook(tmp_path / "leads.xlsx", [["id", "at", "at"]]))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_A23_a_truncated_workbook_is_refused(tmp_path, share):
    table = workbook(tmp_path / "leads.xlsx", [["id", "at"], *([f"L{i}", "2024-01-01"] for i in range(500))])
    file = tmp_path / "leads.xlsx"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(DataContractError, match="not a workbook, or a damaged one"):
        extract_leads(tmp_path, TWO_LEADS, table)


def test_A26_a_workbook_that_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    table = workbook(tmp_path / "leads.xlsx", [["id", "at"], ["L1", "2024-01-01"]])
    monkeypatch.setattr(excel, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(DataContractError, match="unpacks to"):
        extract_leads(tmp_path, TWO_LEADS, table)


def zipped(path, **parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("_", "."), content)
    return {"path": path.name}


def test_a_zip_of_one_file_is_read_like_the_file(tmp_path):
    text = TWO_LEADS + 'L3,"2024-01-03\n"\nL4,x\n'
    plain = extract_leads(tmp_path, text)
    history = extract_leads(tmp_path, text, zipped(tmp_path / "leads.csv.zip", export_csv=text))
    assert rows_of(history, "leads") == rows_of(plain, "leads")
    assert broken(history) == broken(plain) == [(4, "bad_timestamp"), (6, "bad_timestamp")]


def test_A26_a_zip_of_several_files_a_cut_one_and_one_made_to_fill_a_disk_are_refused(tmp_path):
    with pytest.raises(DataContractError, match="2 files in the archive"):
        extract_leads(tmp_path, "", zipped(tmp_path / "leads.csv.zip", a_csv=TWO_LEADS, b_csv=TWO_LEADS))
    table = zipped(tmp_path / "leads.csv.zip", a_csv=TWO_LEADS)
    whole = (tmp_path / "leads.csv.zip").read_bytes()
    (tmp_path / "leads.csv.zip").write_bytes(whole[:-30])
    with pytest.raises(DataContractError, match="archive is incomplete or damaged"):
        extract_leads(tmp_path, "", table)
    bomb = b"id,at\n" + b"L1,2024-01-01\n" * (20 << 20)
    with pytest.raises(DataContractError, match="unpacks to more than 200 times its size"):
        extract_leads(tmp_path, "", zipped(tmp_path / "leads.csv.zip", a_csv=bomb))


def test_J19_a_name_inside_an_archive_is_never_a_path(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../../escaped.csv", TWO_LEADS)
    (tmp_path / "leads.csv.zip").write_bytes(data.getvalue())
    assert len(rows_of(extract_leads(tmp_path, "", {"path": "leads.csv.zip"}), "leads")) == 2
    assert not list(tmp_path.parent.parent.glob("escaped.csv"))


@pytest.fixture
def crm(tmp_path):
    """An SQLite file, and a way to read leads from a query on it."""
    connection = sqlite3.connect(tmp_path / "crm.sqlite")
    connection.executescript(
        "create table leads (id, at, x);"
        "insert into leads values ('007', '2024-01-01', 0.1), ('L2', '2024-01-02', 0.30000000000000004),"
        "('L3', '2024-01-03', 9007199254740993), ('L4', '2024-01-04', null), ('L5', '2024-01-05', ''),"
        "(6, '2024-01-06', 'NA')"
    )
    connection.commit()
    connection.close()

    def extracted(query, **table):
        given = {**LEADS, "query": query, "connection": {"sqlite": "crm.sqlite"}, **table}
        del given["path"]
        path = write_source(tmp_path, {"leads": given, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})
        return extract(path, tmp_path / "history", LENIENT)

    return extracted


def test_K05_values_of_sqlite_are_the_text_of_what_is_stored(crm):
    x = {"attributes": {"x": {"type": "category", "known": "at_creation"}}}
    found = {row["lead_id"]: row["x"] for row in rows_of(crm("select * from leads;", **x), "leads")}
    assert found == {
        "007": "0.1", "L2": "0.30000000000000004", "L3": "9007199254740993", "L4": None, "L5": None, "6": "NA"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from crm_leads", "no such table: crm_leads"),
        ("selec 1", "near"),
        ("delete from leads", "near"),
        ("select id, at from leads) ; delete from leads; --", "one statement|incomplete|near|Warning|Programming"),
    ],
)
def test_K01_J11_a_query_on_sqlite_that_cannot_be_read_changes_nothing(crm, tmp_path, query, message):
    with pytest.raises(SourceUnreachableError, match=message):
        crm(query)
    with sqlite3.connect(tmp_path / "crm.sqlite") as connection:
        assert connection.execute("select count(*) from leads").fetchone() == (6,)
    connection.close()


def test_K01_an_sqlite_file_that_is_missing_is_out_of_reach_and_one_that_is_none_is_not_read(crm, tmp_path):
    (tmp_path / "crm.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceUnreachableError, match="DatabaseError"):
        crm("select * from leads")
    (tmp_path / "crm.sqlite").unlink()
    with pytest.raises(SourceUnreachableError, match="no such file"):
        crm("select * from leads")
    assert not (tmp_path / "crm.sqlite").exists()


def test_K05_bytes_in_sqlite_are_refused(crm, tmp_path):
    with pytest.raises(DataContractError, match="gives bytes"):
        crm("select id, x'ff00' as at from leads")
    with pytest.raises(DataContractError, match="not UTF-8"):
        crm("select id, cast(x'ff00' as text) as at from leads")
