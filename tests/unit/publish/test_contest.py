"""A challenger that is worse than the champion on the same leads is refused, and the champion stays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.config.publish import Publish
from predictive_scoring.errors import GateFailedError
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.publish import promotion
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.contest import Cohort, contest
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.publishing import publish
from predictive_scoring.publish.registry import bundle_folder
from predictive_scoring.publish.tracking import Run, tracked
from predictive_scoring.storage import read_json
from small_company import PARAMS, SmallCompany

NAME = "rivals-won"
POLICY = Publish(registered_name="rivals-{target}")


def spoiled(company: SmallCompany) -> SmallCompany:
    """Return the company with a challenger whose linear half and trees count the other way for half of the leads."""
    scorer = company.candidate.scorer
    terms = tuple(term.model_copy(update={"coefficient": -0.5 * term.coefficient}) for term in scorer.linear.terms)
    worse = replace(scorer, linear=scorer.linear.model_copy(update={"terms": terms}), linear_share=1.0)
    frame = company.dataset.frame(company.dataset.table)
    chance = dict(zip(map(tuple, company.dataset.table.select(["lead_id", "as_of"]).to_pandas().to_numpy()),
                      worse.probability(worse.raw(frame)), strict=True))  # fmt: skip
    said = company.candidate.predictions
    keys = map(tuple, said.select(["lead_id", "as_of"]).to_pandas().to_numpy())
    place = said.schema.get_field_index("model")
    candidate = replace(
        company.candidate, scorer=worse, predictions=said.set_column(place, "model", [[chance[key] for key in keys]])
    )
    whole = judged("won", PARAMS, company.history.facts, company.dataset, candidate, company.judgement.metrics)
    return replace(company, candidate=candidate, judged=whole)


def cohort(company: SmallCompany) -> Cohort:
    return Cohort(company.history, company.dataset, company.candidate, PARAMS.evaluate)


def test_a_model_is_no_worse_than_itself(company: SmallCompany, bundle: Bundle) -> None:
    found = contest(bundle, cohort(company))
    assert found["worse"] == []
    assert found["differences"]["roc_auc"]["value"] == pytest.approx(0, abs=1e-12)
    assert not found["champion_has_seen"]
    assert found["leads"] == company.dataset.windows.windows["test"].leads


def test_the_champion_is_asked_with_its_own_features(company: SmallCompany, bundle: Bundle, tmp_path: Path) -> None:
    """The challenger has other windows; the champion's chances are those it gave on its own dataset."""
    params = PARAMS.model_copy(update={"features": PARAMS.features.model_copy(update={"windows_days": (14,)})})
    other = build_dataset(company.history, PARAMS.targets["won"], params, tmp_path / "features")
    assert other.catalogue.names != company.dataset.catalogue.names
    same = contest(bundle, replace(cohort(company), dataset=other))
    assert same["differences"]["log_loss"]["value"] == pytest.approx(0, abs=1e-9)


def test_a_spoiled_challenger_is_found_worse_with_the_reasons(company: SmallCompany, bundle: Bundle) -> None:
    worse = contest(bundle, cohort(spoiled(company)))["worse"]
    assert any(line.startswith("ROC AUC -") for line in worse)
    assert any(line.startswith("log loss +") for line in worse)


@pytest.fixture
def project(company: SmallCompany, tmp_path: Path) -> Path:
    with tracked("won", "leads", new=True, project=tmp_path) as run:
        publish(company.judged, POLICY, run, tmp_path / "released" / "won", cohort(company))
    return tmp_path


@pytest.mark.heavy
def test_E17_a_model_worse_than_the_one_in_use_ends_with_5_and_the_champion_stays(
    company: SmallCompany, project: Path
) -> None:
    champion = Bundle.load(bundle_folder(project, f"models:/{NAME}@champion")).version
    bad = spoiled(company)
    with (
        tracked("won", "leads", new=True, project=project) as run,
        pytest.raises(GateFailedError, match="worse than the champion") as refused,
    ):
        publish(bad.judged, POLICY, run, project / "released" / "won", cohort(bad))
    assert refused.value.exit_code == 5
    assert Bundle.load(bundle_folder(project, f"models:/{NAME}@champion")).version == champion
    assert len(promotion.history(project, NAME)) == 1
    decision = read_json(project / "models" / "won.decision.json")
    assert decision["passed"] is False
    assert decision["contest"]["champion"] == champion
    assert np.isfinite(decision["contest"]["differences"]["roc_auc"]["high"])


def test_E17_planted_bug_a_gate_that_asks_no_champion_would_let_it_through(
    company: SmallCompany, tmp_path: Path
) -> None:
    bad = spoiled(company)
    publish(bad.judged, Publish(), Run(tmp_path, None), tmp_path / "won", None)
    assert (tmp_path / "won" / "manifest.json").is_file()
