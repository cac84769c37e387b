"""Nothing is published that ranks no better than chance, that carries personal data, or that varies by itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.config.publish import Publish
from predictive_scoring.errors import BundleRefusedError, GateFailedError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.manifest import seal
from predictive_scoring.publish.publishing import gate, publish
from predictive_scoring.publish.release import refuse_personal_data
from predictive_scoring.publish.tracking import Run
from small_company import END, SmallCompany, released, small_company


class Noted(Run):
    """A run that keeps its records in memory."""

    records: dict[str, object]

    def log_json(self, record: object, name: str) -> None:
        object.__setattr__(self, "records", {name: record})


def test_a_candidate_that_tells_leads_apart_passes(company: SmallCompany) -> None:
    decision = gate(company.judgement.metrics, Publish())
    assert decision["passed"]
    assert decision["found"] > 0.7


def test_E07_labels_drawn_by_lot_do_not_pass_and_what_was_released_stays(tmp_path: Path) -> None:
    lottery = small_company(tmp_path / "lottery", by_lot=True)
    found = lottery.judgement.metrics["model"]["roc_auc"]
    assert found["low"] <= 0.5 <= found["high"]
    folder = tmp_path / "released"
    folder.mkdir()
    (folder / "before").write_text("stays")
    run = Noted(tmp_path, "r1")
    with pytest.raises(GateFailedError, match="does not rank leads better than chance") as refused:
        publish(lottery.judged, Publish(), run, folder)
    assert refused.value.exit_code == 5
    assert (folder / "before").read_text() == "stays"
    assert run.records["decision.json"]["passed"] is False  # type: ignore[index]


def test_E07_planted_bug_a_gate_that_asks_the_value_and_not_its_interval_would_pass_a_lottery() -> None:
    lottery = {"model": {"roc_auc": {"value": 0.55, "low": 0.47, "high": 0.63}}}
    assert lottery["model"]["roc_auc"]["value"] > Publish().min_auc_low
    assert not gate(lottery, Publish())["passed"]


@pytest.mark.parametrize("low", [None, 0.5, 0.4999])
def test_the_gate_wants_more_than_its_minimum(low: float | None) -> None:
    assert not gate({"model": {"roc_auc": {"value": 0.6, "low": low, "high": 0.7}}}, Publish())["passed"]


@pytest.mark.parametrize(
    ("planted", "file"),
    [
        ("write to jane.roe@example.com", "model.txt"),
        ("call +34 600 123 456", "features.json"),
        ("call +1-202-555-0100", "model_card.md"),
        ("JANE_ROE+crm@mail.example.org", "terms.json"),
        ("josé@empresa.example", "terms.json"),
        ("612 345 678", "encoding.json"),
        ("(555) 123-4567", "encoding.json"),
        ("0034612345678", "golden.json"),
    ],
)
def test_D08_and_G14_a_planted_address_or_phone_is_refused_by_file_and_never_shown(
    tmp_path: Path, planted: str, file: str
) -> None:
    (tmp_path / "harmless.json").write_text('{"share": 0.5}')
    (tmp_path / file).write_text(f'["{planted}"]')
    with pytest.raises(GateFailedError, match="pii_in_artifact") as refused:
        refuse_personal_data(tmp_path)
    assert f"1 in {file}" in str(refused.value)
    assert "harmless" not in str(refused.value)
    assert planted[-12:] not in str(refused.value)


@pytest.mark.parametrize("harmless", ["1e+05 -1.25e-300", "leaf_value=+0.5 -0.25", "2024-01-01T00:00:00+00:00", "a@b"])
def test_numbers_and_instants_are_not_taken_for_phones(tmp_path: Path, harmless: str) -> None:
    (tmp_path / "model.txt").write_text(harmless)
    refuse_personal_data(tmp_path)


def test_D08_and_G14_a_category_that_holds_an_address_is_not_released(company: SmallCompany, tmp_path: Path) -> None:
    """Planted where it would really come from: a finding of the evaluation that quotes a value."""
    from dataclasses import replace

    words = [{"en": "ask jane.roe@example.com", "es": "-"}]
    leaky = replace(company.judged, evaluation={**company.judged.evaluation, "findings": words})
    with pytest.raises(GateFailedError, match=r"evaluation\.json"):
        released(replace(company, judged=leaky), tmp_path / "won")
    assert not (tmp_path / "won").exists()


def test_a_value_that_the_model_does_not_know_is_masked_in_the_golden_rows(
    company: SmallCompany, tmp_path: Path
) -> None:
    """Planted: one reference lead whose channel nobody shares; the score is that of any other unknown value."""
    from dataclasses import replace

    frame = company.judged.reference_frame.copy()
    frame["lead__channel"] = frame["lead__channel"].astype(object)
    frame["lead__channel"] = "Jane Roe"
    made = released(replace(company, judged=replace(company.judged, reference_frame=frame)), tmp_path / "won")
    text = (made.folder / "golden.json").read_text()
    assert "Jane Roe" not in text
    assert "does not know" in text


def test_E13_a_second_release_has_the_same_bytes(company: SmallCompany, bundle: Bundle, tmp_path: Path) -> None:
    again = released(company, tmp_path / "won")
    names = sorted(path.name for path in bundle.folder.iterdir())
    assert names == sorted(path.name for path in again.folder.iterdir())
    assert [name for name in names if (bundle.folder / name).read_bytes() != (again.folder / name).read_bytes()] == []


def test_a_bundle_scores_as_its_candidate_does(company: SmallCompany, bundle: Bundle) -> None:
    rows = company.dataset.rows("test")
    frame = company.dataset.frame(rows)
    said = company.candidate.scorer.probability(company.candidate.scorer.raw(frame))
    np.testing.assert_allclose(bundle.explain(frame).probability, said, rtol=0, atol=1e-12)


def test_G09_golden_rows_catch_a_model_that_was_exchanged_and_sealed_anew(
    company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "won"
    shutil.copytree(bundle.folder, copy)
    calibrator = json.loads((copy / "calibrator.json").read_text())
    (copy / "calibrator.json").write_text(json.dumps({**calibrator, "c": calibrator["c"] + 0.1}))
    (copy / "manifest.json").unlink()
    seal(copy, target="won", run_id=None, created_at=END, package_version="0.1.0")
    with pytest.raises(BundleRefusedError, match=r"golden rows|different averages"):
        Bundle.load(copy)


def test_grades_are_cut_where_the_bundle_says(bundle: Bundle) -> None:
    cutoffs = np.array(list(bundle.terms.grades.values()))
    assert (np.diff(cutoffs) <= 0).all()
    assert bundle.grade(cutoffs).tolist() == list(bundle.terms.grades)
    assert bundle.grade(np.array([1.0, 0.0])).tolist() == ["A", "D"]
