"""Exports that are not whole, not only rows, or not what they were a moment ago."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
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

from predictive_scoring.config.extract import Extract
from predictive_scoring.errors import ConfigurationError, DataContractError, MachineError
from predictive_scoring.sources import inputs, rows
from predictive_scoring.sources.extract import extract

CHANNEL = {"attributes": {"channel": {"type": "category", "known": "at_creation"}}}
FOOTER = {"read": {"footer": "^(Total|Copyright|,*$)"}}


def test_K08_a_declared_footer_is_left_out_and_counted(tmp_path):
    text = "id,at\nL1,2024-01-01\nL2,x\nTotal: 2\nCopyright 2024 Acme, all rights, reserved\n"
    history = extract_leads(tmp_path, text, FOOTER)
    account = history.facts.rows["leads"]
    assert (account.read, account.kept, account.left_out, account.quarantined) == (
        4, 1, {"footer": 2}, {"bad_timestamp": 1}
    )  # fmt: skip
    assert broken(history) == [(3, "bad_timestamp")]


def test_K08_a_footer_with_as_many_fields_as_the_header_is_one_too(tmp_path):
    history = extract_leads(tmp_path, TWO_LEADS + "Total: 2,\n", FOOTER)
    assert history.facts.rows["leads"].left_out == {"footer": 1}


def test_K08_what_looks_like_a_footer_further_up_is_a_row(tmp_path):
    history = extract_leads(tmp_path, "id,at\nTotal 7,2024-01-01\nL2,2024-01-01\nTotal: 2\n", FOOTER)
    assert column(history, "leads", "lead_id") == ["L2", "Total 7"]
    assert history.facts.rows["leads"].left_out == {"footer": 1}


@pytest.mark.parametrize("pattern", ["^(?=Total)", "Total\\Z", "("])
def test_K08_a_pattern_that_the_engine_cannot_read_is_a_mistake_in_the_source_file(tmp_path, pattern):
    with pytest.raises(ConfigurationError, match="no regular expression"):
        extract_leads(tmp_path, TWO_LEADS, {"read": {"footer": pattern}})


def test_K08_one_pattern_means_the_same_for_rows_and_for_lines_that_are_none(tmp_path):
    history = extract_leads(tmp_path, TWO_LEADS + "Total 2\nTotal 2,\n", {"read": {"footer": r"^\pL+ 2,?\z"}})
    assert history.facts.rows["leads"].left_out == {"footer": 2}


def test_K08_a_footer_that_is_not_declared_is_quarantined(tmp_path):
    assert broken(extract_leads(tmp_path, TWO_LEADS + "Total: 2\n")) == [(4, "ragged_row")]


def exported(n_rows):
    return "id,at\n" + "".join(f"L{i},2024-01-01\n" for i in range(n_rows))


@pytest.mark.parametrize(("n_rows", "is_noted"), [(1_999, False), (2_000, True), (2_001, False), (50_000, True)])
def test_K10_as_many_rows_as_a_product_exports_at_most_are_noted(tmp_path, n_rows, is_noted):
    notes = extract_leads(tmp_path, exported(n_rows)).facts.notes
    assert any(f"leads: leads.csv has exactly {n_rows:,} rows" in note for note in notes) is is_noted


def test_K07_a_file_with_fewer_rows_than_declared_is_refused(tmp_path):
    with pytest.raises(DataContractError, match=r"leads: 2 rows in leads.csv\s+expected: at least 3"):
        extract_leads(tmp_path, TWO_LEADS, {"min_rows": 3})
    assert not (tmp_path / "history").exists()
    assert len(rows_of(extract_leads(tmp_path, TWO_LEADS, {"min_rows": 2}), "leads")) == 2


@pytest.mark.parametrize("is_guarded", [True, False])
def test_A28_a_file_that_is_written_to_while_it_is_read_is_refused(tmp_path, monkeypatch, is_guarded):
    """Not guarded, it is the planted fault: half the old export and half the new one would have passed."""
    opened = inputs.open_rows

    def open_and_append(file, *given):
        rows = opened(file, *given)
        with file.open("a") as later:
            later.write("L3,2024-01-03\n")
        return rows

    monkeypatch.setattr(inputs, "open_rows", open_and_append)
    if is_guarded:
        with pytest.raises(DataContractError, match=r"leads.csv: the file changed while it was being read"):
            extract_leads(tmp_path, TWO_LEADS)
        assert not (tmp_path / "history").exists()
    else:
        monkeypatch.setattr(inputs, "_fingerprint", lambda file: ())
        assert len(rows_of(extract_leads(tmp_path, TWO_LEADS), "leads")) == 3


ON_LINUX = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak of memory is read from /proc")
# A child's ru_maxrss begins with what its parent held at the fork; VmHWM is the peak of the program alone.
EXTRACT = """
import sys
from pathlib import Path
from pathlib import Path
from predictive_scoring.config.extract import Extract
from predictive_scoring.sources.extract import extract
settings = Extract(max_quarantine_share=1, memory_limit_gb=float(sys.argv[3]))
history = extract(Path(sys.argv[1]), Path(sys.argv[2]), settings)
print(history.facts.rows["leads"].model_dump_json())
status = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024)
"""


def extract_in_a_process(folder, leads, memory_limit_gb):
    """Return where the rows of leads went, as JSON, and the peak of resident memory in MB."""
    tables = {"leads": {**LEADS, **CHANNEL}, "outcomes": OUTCOMES}
    path = write_source(folder, tables, {"leads.csv": leads, "outcomes.csv": NO_OUTCOMES})
    ended = subprocess.run(
        [sys.executable, "-c", EXTRACT, str(path), str(folder / "history"), str(memory_limit_gb)],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    account, peak = ended.stdout.splitlines()
    return account, int(peak)


@ON_LINUX
def test_A13_a_field_of_ten_megabytes_is_quarantined_within_half_a_gigabyte(tmp_path):
    text = f"id,at,channel\nL1,2024-01-01,{'x' * 10_000_000}\nL2,2024-01-01,fine\n"
    account, peak_mb = extract_in_a_process(tmp_path, text, 1)
    assert '"field_too_long":1' in account
    assert peak_mb < 500


@ON_LINUX
@pytest.mark.heavy
def test_A14_a_file_of_several_times_the_memory_it_may_take_is_read(tmp_path):
    note = "n" * 300
    text = "id,at,channel\n" + "".join(f"L{i:07},2024-01-01,{note}{i}\n" for i in range(200_000))
    assert len(text) > 60_000_000
    account, peak_mb = extract_in_a_process(tmp_path, text, 0.11)
    assert '"kept":200000' in account
    assert peak_mb < 800


def test_A14_where_the_memory_does_not_do_the_message_says_how_much_it_was(tmp_path):
    path = write_source(
        tmp_path, {"leads": {**LEADS, **CHANNEL}, "outcomes": OUTCOMES},
        {"leads.csv": "id,at,channel\nL1,2024-01-01," + "x" * 25_000_000 + "\n", "outcomes.csv": NO_OUTCOMES},
    )  # fmt: skip
    settings = Extract.model_construct(memory_limit_gb=0.02)  # less than may be declared
    with pytest.raises(MachineError, match=r"more memory than 0.02 GB\s+to fix:   raise extract.memory_limit_gb"):
        extract(path, tmp_path / "history", settings)


def test_A09_rows_that_end_early_are_quarantined_and_quoted_ones_are_not(tmp_path):
    history = extract_leads(tmp_path, 'id,at,channel\nL1,2024-01-01\nL2,2024-01-01,\nL3,2024-01-01,""\n', CHANNEL)
    assert broken(history) == [(2, "ragged_row")]
    assert column(history, "leads", "lead_id") == ["L2", "L3"]


def test_A18_a_history_with_a_header_only_has_every_table_with_its_columns(tmp_path):
    history = extract_leads(tmp_path, "id,at,channel\n", CHANNEL)
    assert rows_of(history, "leads") == rows_of(history, "outcomes") == rows_of(history, "activities") == []


def test_K12_leads_come_from_one_place(tmp_path):
    """One list of leads a source; two exports of it are one table by a glob, where copies collapse."""
    (tmp_path / "part-1.csv").write_text(TWO_LEADS)
    (tmp_path / "part-2.csv").write_text(TWO_LEADS + "L3,2024-01-03\n")
    history = extract_leads(tmp_path, TWO_LEADS, {"path": "part-*.csv"})
    account = history.facts.rows["leads"]
    assert (account.read, account.kept, account.collapsed) == (5, 3, 2)


@pytest.mark.parametrize("hostile", ["a; drop table kept_leads;--", 'x"y', "it's", "{0}%s", "$1", "null"])
def test_J11_hostile_headers_kinds_and_values_of_a_file_are_only_names_and_text(tmp_path, hostile):
    quoted = '"' + hostile.replace('"', '""') + '"'
    tables = {
        "leads": {**LEADS, "attributes": {hostile: {"as": "found", "type": "category", "known": "at_creation"}}},
        "activities": {
            "path": "acts.csv", "columns": {"lead_id": hostile, "occurred_at": "at", "kind": "kind"},
            "kinds": {hostile: hostile}, "directions": {hostile: "inbound"}, "only": {"kind": [hostile]},
        },
        "outcomes": {**OUTCOMES, "stages": {hostile: hostile}},
    }  # fmt: skip
    files = {
        "leads.csv": f"id,at,{quoted}\n{quoted},2024-01-01,{quoted}\n",
        "acts.csv": f"{quoted},at,kind\n{quoted},2024-01-02,{quoted}\n{quoted},2024-01-02,other\n",
        "outcomes.csv": f"id,at,stage\n{quoted},2024-01-03,{quoted}\nL9,2024-01-03,{quoted}\n",
    }
    history = extract(write_source(tmp_path, tables, files), tmp_path / "history", LENIENT)
    assert [(row["lead_id"], row["found"]) for row in rows_of(history, "leads")] == [(hostile, hostile)]
    assert [(row["kind"], row["direction"]) for row in rows_of(history, "activities")] == [(hostile, "inbound")]
    assert column(history, "outcomes", "stage") == [hostile]
    assert broken(history) == [(3, "unknown_lead")]


def test_A08_a_large_file_of_rows_that_do_not_fit_the_header_is_stopped_early(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "MANY_RAGGED", 100)
    text = "id,at\n" + "L1,2024-01-01\n" * 50 + "L2,2024-01-01,x\n" * 600_000
    with pytest.raises(DataContractError, match=r"[\d,]+ of the first [\d,]+ rows have more or fewer fields"):
        extract_leads(tmp_path, text)


@pytest.mark.parametrize("note", ["x" * 6_000_000, '"' + "two\nlines " * 600_000 + '"'])
def test_A10_a_row_longer_than_a_block_is_read_whole_and_lines_below_it_are_right(tmp_path, note):
    text = f"id,at,channel\nL1,2024-01-01,a\nL2,2024-01-01,{note}\n" + "L3,2024-01-01,b\n" * 400_000 + "L4,x,c\n"
    history = extract_leads(tmp_path, text, CHANNEL)
    assert column(history, "leads", "lead_id") == ["L1", "L3"]
    last = text.count("\n")
    assert broken(history) == [(3, "field_too_long"), (last, "bad_timestamp")]
