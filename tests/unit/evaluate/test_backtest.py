"""The recipe on the past: trained to a date, judged on what came next."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from predictive_scoring.config.backtest import Backtest
from predictive_scoring.config.train import Train
from predictive_scoring.evaluate import retraining
from predictive_scoring.evaluate.backtest import Clock, backtest, origins, random_split, staleness
from predictive_scoring.evaluate.retraining import Recipe, retrained
from predictive_scoring.evaluate.review import Plan, figures_of, review
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.fitting import Sample
from predictive_scoring.model.lessons import learned
from predictive_scoring.snapshots.past import Past
from small_company import PARAMS, SmallCompany

QUICK = PARAMS.evaluate.model_copy(
    update={"bootstrap_samples": 40, "backtest": Backtest(origins=5, cohort_days=14, months_back=(0, 2))}
)
RECIPE = Recipe(PARAMS.train, QUICK)


def test_five_origins_each_later_than_what_it_learned_from_and_before_the_last_window(company: SmallCompany) -> None:
    found = backtest(company.dataset, PARAMS.split, RECIPE, Clock.started_now(None))
    dates = [origin["origin"] for origin in found["origins"]]
    start = company.dataset.windows.windows["test"].start
    assert start is not None
    assert len(dates) == 5
    assert dates == sorted(dates)
    assert dates[-1] == (start - timedelta(days=14)).date().isoformat()
    known = [origin["known_converting_leads"] for origin in found["origins"]]
    assert known == sorted(known)
    assert known[0] >= 40
    assert np.mean([origin["roc_auc"]["value"] for origin in found["origins"]]) > 0.65
    for origin in found["origins"]:
        assert origin["roc_auc"]["low"] <= origin["roc_auc"]["value"] <= origin["roc_auc"]["high"]


def test_labels_by_lot_after_an_origin_change_nothing_that_was_learned_before_it(company: SmallCompany) -> None:
    """A model of the past must not know what came later: the future's labels are turned round, and it stays."""
    table, windows = company.dataset.table, company.dataset.windows
    start = windows.windows["test"].start
    assert start is not None
    early = backtest(company.dataset, PARAMS.split, RECIPE, Clock.started_now(None))["origins"][0]
    later = np.asarray(table["as_of"].to_numpy(zero_copy_only=False)) >= np.datetime64(start.replace(tzinfo=None))
    turned = [
        known if known is None or not late else not known
        for known, late in zip(table["converted"].to_pylist(), later, strict=True)
    ]
    place = table.schema.get_field_index("converted")
    other = replace(company.dataset, table=table.set_column(place, "converted", pa.array(turned, pa.bool_())))
    assert backtest(other, PARAMS.split, RECIPE, Clock.started_now(None))["origins"][0] == early


def test_models_that_end_earlier_are_judged_on_the_same_last_window(company: SmallCompany) -> None:
    found = staleness(company.dataset, PARAMS.split, RECIPE, Clock.started_now(None))["models"]
    assert [model["months_back"] for model in found] == [0, 2]
    n_test = company.dataset.rows("test").num_rows
    assert {model["snapshots"] for model in found} == {n_test}
    assert found[0]["known_snapshots"] > found[1]["known_snapshots"]


def test_L1_a_split_at_random_by_looks_flatters(company: SmallCompany) -> None:
    """Looks at one lead lie on both sides: the model has met the lead it is judged on."""
    found = random_split(company.dataset, RECIPE, Clock.started_now(None))
    assert found["by_look"]["roc_auc"]["value"] > found["by_lead"]["roc_auc"]["value"]


def test_E19_no_training_begins_after_the_time_is_over_and_what_is_missing_is_said(company: SmallCompany) -> None:
    over = Clock(started=float("-inf"), max_minutes=1.0)
    found = backtest(company.dataset, PARAMS.split, RECIPE, over)
    assert (found["origins"], found["left_out"]) == ([], 5)
    assert random_split(company.dataset, RECIPE, over) == {"by_lead": None, "by_look": None}


def test_what_each_training_learns_from_is_bounded_by_looks_first_and_then_by_leads(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned_from: list[dict[str, Sample]] = []

    def noted(dataset: Dataset, samples: dict[str, Sample], settings: Train) -> ConversionModel:
        learned_from.append(samples)
        return learned(dataset, samples, settings)

    monkeypatch.setattr(retraining, "learned", noted)
    mature = np.flatnonzero(np.array(company.dataset.table["state"].to_pylist()) == "mature")
    n_leads = len(np.unique(np.array(company.dataset.table["lead_id"].to_pylist())[mature]))
    for most, kept in ((n_leads + 100, n_leads), (500, 500)):
        judge = RECIPE.judge.model_copy(
            update={"backtest": RECIPE.judge.backtest.model_copy(update={"max_rows": most})}
        )
        retrained(company.dataset, Past({"train": mature}), Recipe(RECIPE.train, judge))
        sample = learned_from.pop()["train"]
        assert len(np.unique(sample.leads)) == kept
        assert len(sample.y) <= 1.5 * most
        assert sample.importance.min() >= 1
    assert n_leads > 500


def test_a_table_without_time_and_a_switch_say_why_there_is_no_origin(company: SmallCompany) -> None:
    test = company.dataset.windows.windows["test"].model_copy(update={"start": None})
    windows = company.dataset.windows.model_copy(update={"windows": {**company.dataset.windows.windows, "test": test}})
    flat = replace(company.dataset, windows=windows)
    assert origins(flat, 5, timedelta(days=14)) == (
        [],
        "one row a lead, without instants: there is no past to go back to",
    )
    assert "switched off" in (origins(company.dataset, 0, timedelta(days=14))[1] or "")


@pytest.fixture(scope="module")
def reviewed(company: SmallCompany):  # type: ignore[no-untyped-def]
    plan = Plan(QUICK, PARAMS.publish, PARAMS.split, PARAMS.train)
    return review(company.dataset, company.candidate, plan)


def test_a_review_says_it_all_and_its_figures_fit_the_store_of_runs(reviewed, company: SmallCompany) -> None:  # type: ignore[no-untyped-def]
    assert set(reviewed.documents) == {"slices", "backtest", "staleness", "splits", "reasons", "search"}
    assert reviewed.documents["search"] == {"trials": 0}  # none ran
    assert reviewed.metrics["promise"]["state"] in {"chances", "rank only"}
    assert {check["name"] for check in reviewed.metrics["promise"]["checks"]} == {"last_window", "chart", "backtest"}
    assert len(figures_of(reviewed.documents)["backtest"]) == 5
    assert "at random" in reviewed.documents["splits"]["words"]["en"]
    rivals = {"blend", "single", "points", "naive_bayes", "logistic", "constant"} - {
        reviewed.metrics["choice"]["ships"]
    }
    assert set(reviewed.metrics) >= rivals


def test_parts_of_the_leads_add_up_to_the_window(reviewed, company: SmallCompany) -> None:  # type: ignore[no-untyped-def]
    parts = {part["name"]: part["slices"] for part in reviewed.documents["slices"]["parts"]}
    assert {"channel"} <= set(parts)
    for slices in parts.values():
        assert sum(row["snapshots"] for row in slices) == company.dataset.rows("test").num_rows
        assert all(row["judged"] == (row["converting_leads"] >= QUICK.min_slice_converting) for row in slices)
