"""Other outputs of finished scores: JSON for programs, and a PDF where there is something to print with."""

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from page_of_leads import scores_of_leads
from predictive_scoring.cli.exporting import ExportJob, export_lines
from predictive_scoring.cli.reporting import ReportJob, report_lines
from predictive_scoring.contract.history import History, RowAccount
from predictive_scoring.errors import MachineError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.report import paper
from predictive_scoring.scoring.write import write_scores
from small_company import END, SmallCompany


@pytest.fixture(scope="module")
def finished(bundle: Bundle, company: SmallCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "scores"
    n = pq.read_metadata(company.history.path("leads")).num_rows
    facts = company.history.facts.model_copy(update={"rows": {"leads": RowAccount(read=n, kept=n)}})
    write_scores(bundle, History(company.history.folder, facts), END - timedelta(days=60), folder)
    return folder


@pytest.mark.parametrize("language", ["en", "es"])
def test_json_holds_every_lead_with_every_reason_in_one_language(finished: Path, tmp_path: Path, language: str) -> None:
    said = list(export_lines(ExportJob(finished, str(tmp_path / "leads.json"), language)))
    document = json.loads((tmp_path / "leads.json").read_text(encoding="utf-8"))
    scores = pq.read_table(finished / "scores.parquet").sort_by("rank").to_pylist()
    assert said == [f"{len(scores):,} leads -> {tmp_path / 'leads.json'}"]
    assert (document["language"], document["target"]) == (language, scores[0]["target"])
    assert [lead["lead_id"] for lead in document["leads"]] == [row["lead_id"] for row in scores]
    for lead, row in zip(document["leads"], scores, strict=True):
        total = lead["base_probability"] + sum(reason["points"] for reason in lead["all_reasons"])
        assert total == pytest.approx(row["probability"], abs=1e-9)
        assert [each["text"] for each in lead["all_reasons"]] == [each[f"text_{language}"] for each in row["reasons"]]
        assert [each["family"] for each in lead["all_reasons"]] == [each["family"] for each in row["reasons"]]
        assert len(lead["reasons"]) <= 255


def test_json_of_the_first_leads_is_the_first_leads(finished: Path, tmp_path: Path) -> None:
    list(export_lines(ExportJob(finished, str(tmp_path / "leads.json"), top=2)))
    assert [each["rank"] for each in json.loads((tmp_path / "leads.json").read_text())["leads"]] == [1, 2]


def test_a_pdf_without_chromium_is_refused_with_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(paper, "NAMES", ("no-such-browser",))
    scores = scores_of_leads(tmp_path / "scores", 3)
    with pytest.raises(MachineError, match="there is no Chromium here") as refused:
        list(report_lines(ReportJob(scores, tmp_path / "page.pdf")))
    assert "apt-get install chromium" in str(refused.value)
    assert not (tmp_path / "page.pdf").exists()


def test_a_browser_that_does_not_print_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    with pytest.raises(MachineError, match="/bin/false: did not print"):
        list(report_lines(ReportJob(scores_of_leads(tmp_path / "scores", 3), tmp_path / "page.pdf")))
    assert not (tmp_path / "page.pdf").exists()
