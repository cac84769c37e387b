"""How much of a person a page shows."""

from pathlib import Path

import pyarrow as pa
import pytest

from page_of_leads import scores_of_leads
from predictive_scoring.config.report import Report
from predictive_scoring.report.page import speakers_of
from predictive_scoring.report.payload import leads_data
from predictive_scoring.report.privacy import masked, shown_id
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.storage import read_parquet, write_parquet


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Wrote to ana.garcia@example.com today", "Wrote to a…@example.com today"),
        ("call +34 600 123 456", "call …56"),
        ("(91) 123-45-67-89", "…89"),
        ("00Q5e000001abcDEFG", "00Q5e000001abcDEFG"),
        ("12345678901", "12345678901"),
        ("on 2025-04-01", "on 2025-04-01"),
        ("Annual revenue: about 3,200,000", "Annual revenue: about 3,200,000"),
    ],
)
def test_J14_addresses_and_phones_are_masked_and_ids_dates_and_amounts_are_not(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.fixture
def folder(tmp_path: Path) -> ScoreFolder:
    """Leads whose ids are addresses, and a reason with a telephone number."""
    scores = scores_of_leads(tmp_path / "scores", 8)
    table = read_parquet(scores / "scores.parquet")
    ids = pa.array([f"person{i}@example.com" for i in range(8)])
    rows = table.set_column(0, "lead_id", ids).to_pylist()
    rows[0]["reasons"][0] |= {"text_en": "Call +34 600 123 456", "text_es": "Llamar al +34 600 123 456"}
    write_parquet(scores / "scores.parquet", pa.Table.from_pylist(rows, table.schema))
    return ScoreFolder.load(scores)


@pytest.mark.parametrize(("pii", "hidden", "there"), [
    ("masked", ["person3@", "600 123"], ["p…@example.com"]),
    ("none", ["example.com", "600 123"], [shown_id("person3@example.com", "none")]),
    ("full", [], ["person3@example.com", "+34 600 123 456"]),
])  # fmt: skip
def test_J14_the_page_and_its_data_show_as_much_as_is_asked(
    folder: ScoreFolder, pii: str, hidden: list[str], there: list[str]
) -> None:
    from predictive_scoring.report.page import render_page

    settings = Report(pii=pii)  # type: ignore[arg-type]
    page = render_page(folder, "en", settings)
    data = str(leads_data(folder, speakers_of(folder, ("en", "es"), settings), settings))
    for text in there:
        assert text in page
        assert text in data
    for text in hidden:
        assert text not in page
        assert text not in data


def test_J14_masked_is_what_nobody_asked_for() -> None:
    assert Report().pii == "masked"
