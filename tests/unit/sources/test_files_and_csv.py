"""Files as people export them: what is read, what is quarantined, what is refused."""

import gzip
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_builder import LEADS, NO_OUTCOMES, OUTCOMES, TWO_LEADS, broken, column, extract_leads, rows_of, write_source

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources.extract import extract

CHANNEL = {"attributes": {"channel": {"type": "category", "known": "at_creation"}}}


def test_A01_A02_byte_order_marks_do_not_stick_to_the_first_header(tmp_path):
    assert column(extract_leads(tmp_path, b"\xef\xbb\xbf\xef\xbb\xbf" + TWO_LEADS.encode()), "leads", "lead_id") == [
        "L1",
        "L2",
    ]


def test_A03_another_encoding_is_refused_with_a_hint_and_read_once_declared(tmp_path):
    data = "id,at,channel\nL1,2024-01-01,Muñoz\n".encode("cp1252")
    with pytest.raises(DataContractError, match=r"leads.csv: not utf-8 text on line 2[\s\S]*encoding: cp1252"):
        extract_leads(tmp_path, data, CHANNEL)
    history = extract_leads(tmp_path, data, {**CHANNEL, "read": {"encoding": "cp1252"}})
    assert column(history, "leads", "channel") == ["Muñoz"]


def test_A03_a_file_that_is_utf_8_now_is_told_by_its_headers(tmp_path):
    told = {"columns": {"lead_id": "id", "created_at": "Creación"}, "read": {"encoding": "cp1252"}}
    text = "id,Creación\nL1,2024-01-01\n"
    assert len(rows_of(extract_leads(tmp_path, text.encode("cp1252"), told), "leads")) == 1
    with pytest.raises(DataContractError, match=r"UTF-8 now and read as cp1252: add read: \{encoding: utf-8\}"):
        extract_leads(tmp_path, text.encode(), told)


def test_A04_utf_16_is_named_and_read_once_declared(tmp_path):
    data = TWO_LEADS.encode("utf-16")
    with pytest.raises(DataContractError, match="UTF-16"):
        extract_leads(tmp_path, data)
    assert len(rows_of(extract_leads(tmp_path, data, {"read": {"encoding": "utf-16"}}), "leads")) == 2


def test_A05_a_wrong_delimiter_is_told_by_its_one_column(tmp_path):
    with pytest.raises(DataContractError, match=r"parted by ';': add read: \{delimiter"):
        extract_leads(tmp_path, TWO_LEADS.replace(",", ";"))


def test_A06_numbers_are_read_with_the_declared_signs_and_nothing_else(tmp_path):
    text = (
        "id;at;b\nL1;2024-01-01;1.234,5\nL2;2024-01-01;12.5\nL3;2024-01-01;-7\nL4;2024-01-01;1e400\nL5;2024-01-01;nan\n"
    )
    table = {
        "read": {"delimiter": ";", "decimal": ",", "thousands": "."},
        "attributes": {"b": {"type": "number", "known": "at_creation"}},
    }
    history = extract_leads(tmp_path, text, table)
    assert column(history, "leads", "b") == [1234.5, -7.0]
    assert broken(history) == [(3, "not_a_number"), (5, "not_a_number"), (6, "not_a_number")]


def test_A07_A09_ragged_rows_are_quarantined_with_their_line_and_the_rest_is_read(tmp_path):
    history = extract_leads(tmp_path, "id,at\nL1,2024-01-01\nL2,2024-01-01,extra\nL3\nL4,2024-01-01\n")
    assert column(history, "leads", "lead_id") == ["L1", "L4"]
    assert [(r["file"], r["line"], r["rule"], r["text"]) for r in rows_of(history, "quarantine")] == [
        ("leads.csv", 3, "ragged_row", "L2,2024-01-01,extra"),
        ("leads.csv", 4, "ragged_row", "L3"),
    ]


def test_A08_every_row_one_field_too_long_is_refused_and_no_value_moves_under_another_name(tmp_path):
    path = write_source(
        tmp_path,
        {"leads": LEADS, "outcomes": OUTCOMES},
        {"leads.csv": "id,at\nL1,2024-01-01,x\nL2,2024-01-01,x\n", "outcomes.csv": NO_OUTCOMES},
    )
    with pytest.raises(DataContractError, match=r"leads: 100.0% of 2 rows: 2 ragged_row \(leads.csv:2, leads.csv:3\)"):
        extract(path, tmp_path / "history", Extract())
    assert not (tmp_path / "history").exists()


def test_A10_line_breaks_and_quotes_inside_a_field_are_kept_and_lines_below_are_still_right(tmp_path):
    text = 'id,at,note\nL1,2024-01-01,"two\nlines, ""quoted"""\nL2,nonsense,x\n'
    history = extract_leads(tmp_path, text, {"attributes": {"note": {"type": "text", "known": "at_creation"}}})
    assert column(history, "leads", "note") == ['two\nlines, "quoted"']
    assert broken(history) == [(4, "bad_timestamp")]


def test_A11_a_quote_that_never_ends_is_refused_with_the_line_it_starts_on(tmp_path):
    with pytest.raises(DataContractError, match="starts on line 3 never ends"):
        extract_leads(tmp_path, 'id,at\nL1,2024-01-01\nL2,"2024-01-01\nL3,2024-01-01\n')


def test_a_stray_quote_inside_a_field_is_text(tmp_path):
    history = extract_leads(tmp_path, 'id,at,channel\nL1,2024-01-01,5" pipe\nL2,2024-01-01,x\n', CHANNEL)
    assert column(history, "leads", "channel") == ['5" pipe', "x"]


def test_A12_A13_control_characters_and_endless_fields_are_quarantined(tmp_path):
    text = f"id,at,channel\nL1,2024-01-01,a\x00b\nL2,2024-01-01,{'x' * 100_000}\nL3,2024-01-01,fine\n"
    history = extract_leads(tmp_path, text, CHANNEL)
    assert broken(history) == [(2, "control_character"), (3, "field_too_long")]
    assert column(history, "leads", "lead_id") == ["L3"]


def test_A15_a_header_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(DataContractError, match=re.escape("stand more than once: ['at']")):
        extract_leads(tmp_path, "id,at,at\nL1,2024-01-01,2024-01-02\n")


def test_A16_spaces_around_headers_do_not_matter_and_case_does_with_a_guess(tmp_path):
    assert len(rows_of(extract_leads(tmp_path, " id , at\nL1,2024-01-01\n"), "leads")) == 1
    with pytest.raises(DataContractError, match="did you mean 'At' for 'at'"):
        extract_leads(tmp_path, "id,At\nL1,2024-01-01\n")


def test_A17_A18_an_empty_file_is_refused_and_a_header_alone_is_an_empty_table_with_a_note(tmp_path):
    with pytest.raises(DataContractError, match=r"empty \(0 bytes\)"):
        extract_leads(tmp_path, "")
    history = extract_leads(tmp_path, "id,at\n")
    assert rows_of(history, "leads") == []
    assert "leads: no rows were kept" in history.facts.notes


def test_A19_words_that_look_like_nothing_are_text_and_only_empty_is_null(tmp_path):
    words = ["NA", "None", "null", "nan", '""', "  "]
    text = "id,at,channel\n" + "".join(f"L{i},2024-01-01,{word}\n" for i, word in enumerate(words))
    assert column(extract_leads(tmp_path, text, CHANNEL), "leads", "channel") == [
        "NA",
        "None",
        "null",
        "nan",
        None,
        None,
    ]


def test_A20_ids_are_text_to_the_letter(tmp_path):
    ids = ["08001", "1e5", "9007199254740993"]
    history = extract_leads(tmp_path, "id,at\n" + "".join(f"{each},2024-01-01\n" for each in ids))
    assert sorted(column(history, "leads", "lead_id")) == sorted(ids)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_A21_line_ends_of_other_systems_are_read_the_same(tmp_path, end):
    assert column(extract_leads(tmp_path, TWO_LEADS.replace("\n", end)), "leads", "lead_id") == ["L1", "L2"]


@pytest.mark.parametrize(("data", "what"), [(b"PK\x03\x04rest", "ZIP"), (b"<!DOCTYPE html><html>", "HTML")])
def test_A22_what_is_no_text_is_named(tmp_path, data, what):
    with pytest.raises(DataContractError, match=f"this is an? {what}"):
        extract_leads(tmp_path, data)


@pytest.fixture
def parquet_source(tmp_path):
    n = 5_000
    table = pa.table({"id": [f"L{i:05}" for i in range(n)], "at": ["2024-01-01"] * n, "tags": [[1]] * n})
    pq.write_table(table, tmp_path / "leads.parquet", write_page_checksum=True, compression="none")
    leads = {"path": "leads.parquet", "columns": {"lead_id": "id", "created_at": "at"}}
    return write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})


def test_parquet_is_read_and_its_lists_are_not_touched_if_not_asked_for(parquet_source, tmp_path):
    assert len(rows_of(extract(parquet_source, tmp_path / "history", Extract()), "leads")) == 5_000


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_A23_a_truncated_parquet_file_is_refused(parquet_source, tmp_path, share):
    file = tmp_path / "leads.parquet"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(DataContractError, match="incomplete or damaged"):
        extract(parquet_source, tmp_path / "history", Extract())


def test_A24_one_flipped_byte_in_a_parquet_page_is_refused(parquet_source, tmp_path):
    file = tmp_path / "leads.parquet"
    data = bytearray(file.read_bytes())
    data[data.index(b"L04000") + 3] ^= 1
    file.write_bytes(data)
    with pytest.raises(DataContractError, match="incomplete or damaged"):
        extract(parquet_source, tmp_path / "history", Extract())


def test_A25_a_column_of_lists_is_refused_by_name_and_type(tmp_path):
    pq.write_table(pa.table({"id": ["L1"], "at": [["2024-01-01"]]}), tmp_path / "leads.parquet")
    leads = {"path": "leads.parquet", "columns": {"lead_id": "id", "created_at": "at"}}
    path = write_source(tmp_path, {"leads": leads, "outcomes": OUTCOMES}, {"outcomes.csv": NO_OUTCOMES})
    with pytest.raises(DataContractError, match="at: list"):
        extract(path, tmp_path / "history", Extract())


def test_A26_an_archive_of_nothing_but_zeros_is_stopped(tmp_path):
    with pytest.raises(DataContractError, match="longer than 32 MB"):
        extract_leads(tmp_path, gzip.compress(bytes(64 << 20), 1))


def test_A26_a_cut_archive_is_refused(tmp_path):
    text = "id,at\n" + "".join(f"L{i},2024-01-01\n" for i in range(5_000))
    with pytest.raises(DataContractError, match="compressed file is incomplete"):
        extract_leads(tmp_path, gzip.compress(text.encode())[:-50])


def test_A27_a_folder_or_a_device_is_refused_and_a_missing_file_is_out_of_reach(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError, match="not a regular file"):
        extract_leads(tmp_path, TWO_LEADS, {"path": "folder.csv"})
    with pytest.raises(ConfigurationError, match="not a regular file"):
        extract_leads(tmp_path, TWO_LEADS, {"path": "/dev/zero"})
    with pytest.raises(SourceUnreachableError, match="cannot be read"):
        extract_leads(tmp_path, TWO_LEADS, {"path": "missing.csv"})


def test_A29_a_glob_reads_every_file_once_and_needs_one(tmp_path):
    (tmp_path / "part-1.csv").write_text("id,at\nL1,2024-01-01\n")
    (tmp_path / "part-2.csv").write_text("at,id\n2024-01-02,L2\n2024-01-02,\n")
    history = extract_leads(tmp_path, TWO_LEADS, {"path": "part-*.csv"})
    assert column(history, "leads", "lead_id") == ["L1", "L2"]
    assert [(r["file"], r["line"]) for r in rows_of(history, "quarantine")] == [("part-2.csv", 3)]
    with pytest.raises(ConfigurationError, match="no file matches"):
        extract_leads(tmp_path, TWO_LEADS, {"path": "nothing-*.csv"})
    (tmp_path / "part-3.csv").write_bytes((tmp_path / "part-1.csv").read_bytes())
    with pytest.raises(DataContractError, match="same content"):
        extract_leads(tmp_path, TWO_LEADS, {"path": "part-*.csv"})


def test_json_lines_are_read_and_broken_lines_quarantined(tmp_path):
    text = '{"id": "007", "at": "2024-01-01"}\n{"id": "L2", \n\n{"at": "2024-01-03", "id": "L3", "more": {"x": 1}}\n'
    history = extract_leads(tmp_path, TWO_LEADS, {"path": _written(tmp_path / "leads.jsonl", text)})
    assert column(history, "leads", "lead_id") == ["007", "L3"]
    assert broken(history) == [(2, "ragged_row")]


def test_blank_lines_are_no_rows(tmp_path):
    history = extract_leads(tmp_path, "id,at\nL1,2024-01-01\n\n,\nL2,x\n")
    assert history.facts.rows["leads"].read == 2
    assert broken(history) == [(5, "bad_timestamp")]


def _written(path, text):
    path.write_text(text)
    return path.name


def test_J13_a_first_line_that_is_no_header_is_not_shown(tmp_path):
    with pytest.raises(DataContractError) as refused:
        extract_leads(tmp_path, "L0,2024-01-01,jane.roe@example.com,+34 600 123 456\n")
    assert "jane.roe" not in str(refused.value)
    assert "600" not in str(refused.value)
    assert "4 columns under other names" in str(refused.value)
