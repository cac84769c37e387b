"""The counts behind the evidence, against a plain loop over the leads."""

import pyarrow.compute as pc
import pytest

from predictive_scoring.evaluate import evidence_fit
from predictive_scoring.evaluate.evidence_fit import evidence_rows, fit_evidence
from predictive_scoring.publish.bundle import Bundle
from small_company import SmallCompany, with_labels_by_lot


def test_leads_are_counted_once_a_band_and_rates_are_of_looks(company: SmallCompany) -> None:
    evidence, dataset = company.judged.evidence, company.dataset
    _, rows = evidence_rows(dataset)
    frame, looks = dataset.frame(rows), rows.select(["lead_id", "converted"]).to_pylist()
    for concept in evidence.concepts:
        codes = concept.banding.codes(frame)
        for place, band in enumerate(concept.bands):
            here = [look for look, code in zip(looks, codes, strict=True) if code == place]
            assert band.n == len({look["lead_id"] for look in here})
            assert band.converting == len({look["lead_id"] for look in here if look["converted"]})
            if here:
                assert band.rate == pytest.approx(sum(look["converted"] for look in here) / len(here))
                assert band.low <= band.rate <= band.high


def test_few_converting_leads_make_every_mature_look_speak(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_fit, "LEAST_CONVERTING", 10)
    kind, rows = evidence_rows(company.dataset)
    assert kind == "unseen"
    assert set(rows["window"].to_pylist()) <= {"calibrate", "test"}
    monkeypatch.setattr(evidence_fit, "LEAST_CONVERTING", 10**6)
    kind, rows = evidence_rows(company.dataset)
    assert kind == "mature"
    assert rows.num_rows == pc.sum(pc.is_valid(company.dataset.table["converted"])).as_py()


def test_immature_looks_never_speak(company: SmallCompany) -> None:
    _, rows = evidence_rows(company.dataset)
    assert rows["converted"].null_count == 0


def test_outcomes_by_lot_leave_no_sure_band_beyond_chance(company: SmallCompany) -> None:
    """A planted nonsense: the evidence must lose its certainty, or its intervals are too narrow."""
    dataset = with_labels_by_lot(company.dataset)
    judged = company.judged
    drawn = fit_evidence(dataset, judged.scorer, judged.reference, 0.95)
    told = [band for concept in drawn.concepts for band in concept.bands if band.is_told]
    assert len(told) > 10
    assert sum(band.is_sure(drawn.base_rate) for band in told) <= max(2, 0.2 * len(told))


def test_the_bundle_carries_its_evidence(bundle: Bundle, company: SmallCompany) -> None:
    assert bundle.evidence == company.judged.evidence
    assert [c.banding.concept for c in bundle.evidence.concepts] == [c.name for c in bundle.catalogue.concepts]
