"""Encoding, delimiter, headers, number signs and formats of instants, told from the whole file."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_maker import write_rows

from predictive_scoring.engine.duck import open_engine
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError
from predictive_scoring.sources.draft import time_formats
from predictive_scoring.sources.draft.evidence import FileEvidence, gather
from predictive_scoring.sources.draft.written import how_written
from predictive_scoring.sources.quarantine import create_quarantine


def evidence_of(path: Path) -> FileEvidence:
    with open_engine() as engine:
        create_quarantine(engine)
        return gather(engine, [how_written(path)]).files[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_A01_A03_A04_A05_encoding_and_delimiter_are_told_and_the_file_reads_so(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = write_rows(
        tmp_path / "a.csv", ("Código", "Señal"), [("á, b", "x"), ("c; d", "ñ")], encoding=encoding, delimiter=delimiter
    )
    written = how_written(path)
    assert written.headers == ("Código", "Señal")
    assert written.read.encoding == encoding.removesuffix("-sig")
    assert [value for value, _ in evidence_of(path).look.column("Señal").levels] == ["x", "ñ"]


def test_a_byte_that_is_not_utf_8_counts_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"id,name\n" + b"1,plain\n" * 700_000 + "2,Muñoz\n".encode("cp1252"))
    assert how_written(path).read.encoding == "cp1252"


def test_each_kind_of_file_gives_the_same_columns(tmp_path: Path) -> None:
    rows = [{"id": "007", "n": "1.5"}, {"id": "008", "n": "2"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,n\n007,1.5\n008,2\n"))
    (tmp_path / "a.tsv").write_text("id\tn\n007\t1.5\n008\t2\n", encoding="utf-8")
    for name in ("a.jsonl", "a.parquet", "a.csv.gz", "a.tsv"):
        found = evidence_of(tmp_path / name)
        assert [(c.header, c.n_filled, c.levels[0][0]) for c in found.look.columns] == [
            ("id", 2, "007"),
            ("n", 2, "1.5"),
        ]
        assert (found.types["id"].type, found.types["n"].type) == ("category", "number")


def test_of_a_workbook_the_widest_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for sheet, rows in (("notes", [["read me"]]), ("leads", [["id", "n"], ["L1", 1], ["L2", 2.5]])):
            for number, row in enumerate(rows):
                book.get_worksheet_by_name(sheet) or book.add_worksheet(sheet)
                book.get_worksheet_by_name(sheet).write_row(number, 0, row)
    written = how_written(tmp_path / "a.xlsx")
    assert (written.read.sheet, written.headers) == ("leads", ("id", "n"))
    assert written.guesses[0].is_open
    assert "notes" in written.guesses[0].because
    assert evidence_of(tmp_path / "a.xlsx").types["n"].type == "number"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", DataContractError, "empty"),
        (b"PK\x03\x04 and so on", DataContractError, "ZIP"),
        (b"<!DOCTYPE html><html>", DataContractError, "HTML"),
        (b'id,n\n1,"never closed\n', DataContractError, "never ends"),
    ],
    ids=["A17_empty", "A22_zip", "A22_html", "A11_open_quote"],
)
def test_A17_A22_a_file_that_is_no_table_is_refused(
    tmp_path: Path, content: bytes, error: type[Exception], said: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(error, match=said):
        evidence_of(tmp_path / "a.csv")


def test_A27_a_folder_and_another_kind_of_file_are_no_command_and_a_missing_file_is_out_of_reach(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.docx").write_bytes(b"x")
    for path in (tmp_path, tmp_path / "a.docx"):
        with pytest.raises(ConfigurationError):
            how_written(path)
    with pytest.raises(SourceUnreachableError):
        how_written(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("cells", "signs"),
    [
        (["1.234,50", "12,5", "7"], (",", ".")),
        (["1,234.50", "12.5", "7"], (".", ",")),
        (["12,5", "0,25", "1234,5"], (",", None)),
        (["1 234,5", "12", "3,75"], (",", " ")),
        (["12.5", "3", "-0.5e3"], (".", None)),
        (["12", "3", "45"], (".", None)),
    ],
)
def test_A06_D12_number_signs_are_those_that_fit_every_cell(
    tmp_path: Path, cells: list[str], signs: tuple[str, str | None]
) -> None:
    path = write_rows(tmp_path / "a.csv", ("id", "amount"), list(enumerate(cells)), delimiter=";")
    found = evidence_of(path)
    assert (found.look.written.read.decimal, found.look.written.read.thousands) == signs
    assert found.types["amount"].type == "number"


def test_D11_a_column_is_no_number_where_too_many_cells_are_none(tmp_path: Path) -> None:
    cells = ["n/a"] * 5 + ["12"] * 95
    types = evidence_of(write_rows(tmp_path / "a.csv", ("id", "b"), list(enumerate(cells)))).types
    assert types["b"].type == "category"


def test_D12_three_digits_after_every_sign_may_be_thousands_and_are_asked_about(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.csv", ("id", "b", "c"), [(1, "1.250", "1.25"), (2, "3.400", "0.125")])
    types = evidence_of(path).types
    assert "thousand" in types["b"].doubt
    assert types["c"].doubt == ""


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["13/04/2024", "01/02/2024"], ("%d/%m/%Y",)),
        (["04/13/2024 10:30", "01/02/2024 09:15"], ("%m/%d/%Y %H:%M",)),
        (["03/04/2024", "05/06/2024"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["2024-04-13", "2024-04-14T10:00:00Z"], (None,)),
        (["13.4.24", "1.12.24"], ("%d.%m.%y",)),
        (["2024/04/13 10:00:00", "2024/04/14 11:00:00"], ("%Y/%m/%d %H:%M:%S",)),
        (["04/13/2024 10:30 PM", "01/02/2024 09:15 AM"], ("%m/%d/%Y %I:%M %p",)),
        (["1712999999", "1713000000"], ("epoch_s",)),
        (["1712999999000", "1713000000000"], ("epoch_ms",)),
        (["13-Apr-2024", "01-Feb-2024"], ("%d-%b-%Y",)),
        (["45292", "45293.5"], ("excel",)),
    ],
)
def test_C09_C11_one_format_fits_every_instant_or_all_that_do_are_named(
    tmp_path: Path, cells: list[str], formats: tuple[str | None, ...]
) -> None:
    found = evidence_of(write_rows(tmp_path / "a.csv", ("id", "Created date"), list(enumerate(cells))))
    instants = found.types["Created date"].instants
    assert instants is not None
    assert instants.formats == formats
    assert instants.n_unread == 0


def test_C09_the_one_value_that_tells_day_from_month_counts_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ["03/04/2024"] * 500 + ["05/06/2024"] * 500 + ["13/04/2024"]
    path = write_rows(tmp_path / "a.csv", ("id", "date"), list(enumerate(cells)))
    instants = evidence_of(path).types["date"].instants
    assert instants is not None
    assert instants.formats == ("%d/%m/%Y",)
    # the guard: formats are tried on all values; a fit that looks at the commonest one alone cannot tell
    seen = time_formats.fit_of

    def of_the_commonest(engine, look, tried):  # type: ignore[no-untyped-def]
        engine.execute(f"delete from {look.cells} where value not in ('03/04/2024', '05/06/2024') and value like '%/%'")
        return seen(engine, look, tried)

    monkeypatch.setattr("predictive_scoring.sources.draft.value_types.fit_of", of_the_commonest)
    blind = evidence_of(path).types["date"].instants
    assert blind is not None
    assert blind.is_ambiguous


def test_C10_C13_cells_that_do_not_fit_are_counted_and_too_many_make_it_no_date(tmp_path: Path) -> None:
    few = ["2024-01-05"] * 99 + ["soon"]
    many = ["2024-01-05"] * 9 + ["soon"]
    some = evidence_of(write_rows(tmp_path / "a.csv", ("id", "date"), list(enumerate(few)))).types["date"]
    assert (some.type, some.n_unread) == ("date", 1)
    assert (
        evidence_of(write_rows(tmp_path / "b.csv", ("id", "date"), list(enumerate(many)))).types["date"].type
        == "category"
    )
