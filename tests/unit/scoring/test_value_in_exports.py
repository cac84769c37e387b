"""Expected value leaves the house with its chance: what it is stands beside it; without it nothing changes."""

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from finished_folder import finished_folder, lead
from predictive_scoring.cli.exporting import ExportJob, export_lines
from predictive_scoring.scoring.basis import BASES
from predictive_scoring.scoring.crm_sink import hubspot_properties, salesforce_fields
from predictive_scoring.storage import read_json, sha256_of, write_json

VALUED = [
    {"expected_amount": 33_000.5, "expected_value": 16_500.25, "amount_basis": "known"},
    {"expected_amount": 4_000.0, "expected_value": 1_000.0, "amount_basis": "predicted"},
    {"expected_amount": 3.0, "expected_value": 0.5, "amount_basis": "mean"},
]
PLAIN_CSV = (
    '\ufeff"Rank","Lead","Score (1-100)","Grade","Chance","Chance, at least","Chance, at most","Main reasons","As of",'
    '"Target","Model"\n'
    '1,"L1",100,"A",0.5,0.25,1,"↑ Asked for a demo 3 days ago",2025-04-01 00:00:00.000000Z,"won","won-0123456789"\n'
)


def valued_folder(folder: Path) -> Path:
    rows = [lead(place, f"L{place}", **value) for place, value in enumerate(VALUED, start=1)]
    return finished_folder(folder, rows)


def exported(folder: Path, to: Path, language: str = "en") -> Path:
    list(export_lines(ExportJob(folder, str(to), language)))
    return to


def without_chances(folder: Path) -> Path:
    """Say of a finished folder that its chances did not hold, and seal it anew."""
    about, manifest = read_json(folder / "about.json"), read_json(folder / "manifest.json")
    about["evaluation"] = {
        "window_from": "2025-01-01", "window_until": "2025-02-01", "n_leads": 10, "base_rate": 0.1, "auc": 0.7,
        "auc_low": 0.6, "auc_high": 0.8, "lift": 2.0, "caught": 0.4, "calibration_holds": False, "by_grade": [],
        "findings": [],
    }  # fmt: skip
    write_json(folder / "about.json", about)
    manifest["files"]["about.json"]["sha256"] = sha256_of(folder / "about.json")
    write_json(folder / "manifest.json", manifest)
    return folder


@pytest.mark.parametrize(
    ("language", "names", "bases"),
    [
        (
            "en",
            ["Expected value (chance × amount)", "Amount, should it convert", "Amount known or predicted"],
            ["known: the deal's own", "predicted", "predicted: the mean of conversions"],
        ),
        (
            "es",
            ["Valor esperado (probabilidad × importe)", "Importe, si convierte", "Importe conocido o estimado"],
            ["conocido: el de la operación", "estimado", "estimado: la media de las conversiones"],
        ),
    ],
)
def test_files_for_people_say_what_a_lead_is_worth_behind_the_columns_that_there_were(
    tmp_path: Path, language: str, names: list[str], bases: list[str]
) -> None:
    folder = valued_folder(tmp_path / "s")
    with exported(folder, tmp_path / "l.csv", language).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header[11:] == names
    assert [row[11:] for row in rows] == [
        ["16500.25", "33000.5", bases[0]],
        ["1000", "4000", bases[1]],
        ["0.5", "3", bases[2]],
    ]
    sheet = openpyxl.load_workbook(exported(folder, tmp_path / "l.xlsx", language)).active
    assert [cell.value for cell in sheet[1]] == header
    assert [cell.value for cell in sheet[2]][11:] == [16500.25, 33000.5, bases[0]]
    assert {cell.data_type for cell in sheet[2][11:13]} == {"n"}
    assert sheet["L2"].number_format == "[>=100]#,##0;#,##0.00"


def test_a_language_in_capitals_is_the_language(tmp_path: Path) -> None:
    header = exported(finished_folder(tmp_path / "s", [lead(1, "L1")]), tmp_path / "l.csv", "ES").read_text()
    assert header.startswith('\ufeff"Puesto"')


def test_json_for_programs_has_the_code_and_not_the_words(tmp_path: Path) -> None:
    written = json.loads(exported(valued_folder(tmp_path / "s"), tmp_path / "l.json", "es").read_text())
    assert [{name: each[name] for name in VALUED[0]} for each in written["leads"]] == VALUED
    assert {value["amount_basis"] for value in VALUED} == {*BASES}


def test_a_crm_gets_three_more_fields(tmp_path: Path) -> None:
    row = lead(1, "L1", **VALUED[0])
    row["reasons"] = "↑"
    more = {"predictive_expected_value": "16500.25", "predictive_expected_amount": "33000.5",
            "predictive_amount_basis": "known"}  # fmt: skip
    assert [*hubspot_properties(row).items()][6:] == [*more.items()]
    assert [*salesforce_fields(row)][6:] == [
        "Predictive_Expected_Value__c",
        "Predictive_Expected_Amount__c",
        "Predictive_Amount_Basis__c",
    ]


def test_without_it_a_file_is_what_it_was_to_the_byte(tmp_path: Path) -> None:
    plain = finished_folder(tmp_path / "s", [lead(1, "L1")])
    assert exported(plain, tmp_path / "l.csv").read_text() == PLAIN_CSV
    (told,) = json.loads(exported(plain, tmp_path / "l.json").read_text())["leads"]
    assert not {*VALUED[0]} & {*told}
    row: dict[str, Any] = lead(1, "L1")
    assert len(hubspot_properties(row)) == len(salesforce_fields(row)) == 6


def test_where_chances_did_not_hold_it_goes_nowhere(tmp_path: Path) -> None:
    folder = without_chances(valued_folder(tmp_path / "s"))
    header = exported(folder, tmp_path / "l.csv").read_text().splitlines()[0]
    assert header == PLAIN_CSV.splitlines()[0]
