"""Histories that are small, rare, skewed, many-valued or poisoned: an honest answer, or a refusal that says why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from predictive_scoring.config.split import Split
from predictive_scoring.config.train import Train
from predictive_scoring.errors import DataContractError
from predictive_scoring.evaluate.review import Plan, review
from predictive_scoring.evaluate.uncertainty import Draws, means_of_draws
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.features.dataset import build_dataset
from predictive_scoring.model.boosting import parameters
from predictive_scoring.model.candidate import train
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.inputs import TrainingDataError
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.batches import grades_of
from small_company import PARAMS, SmallCompany, released, small_company, small_history

QUICK = {"max_trees": 40, "n_replicas": 20, "n_threads": 1}


def leads(n: int, rate: float, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Return leads whose visits and channel tell who converts; about `rate` of them do."""
    generator = np.random.default_rng(seed)
    visits, referral = generator.poisson(2, n).astype(float), generator.random(n) < 0.3
    odds = np.exp(0.5 * visits + referral)
    y = generator.random(n) < np.minimum(rate * odds / odds.mean(), 1)
    return pd.DataFrame({"visits": visits, "channel": np.where(referral, "referral", "ads")}), y.astype(float)


@pytest.mark.parametrize("classes", [(0, 2), (-1, 1), ("lost", "won"), (False, True)])
def test_E04_whatever_the_two_classes_are_called_the_second_is_meant(classes: tuple[Any, Any]) -> None:
    frame, y = leads(600, 0.2)
    plain = ConversionModel(**QUICK).fit(frame, y).predict_proba(frame)
    named = ConversionModel(**QUICK).fit(
        frame, np.array(classes, dtype=object if isinstance(classes[0], str) else None)[y.astype(int)]
    )
    np.testing.assert_array_equal(named.predict_proba(frame), plain)
    assert named.classes_.tolist() == list(classes)


def test_E04_two_spellings_of_won_are_three_classes_and_refused() -> None:
    frame, y = leads(600, 0.2)
    labels = np.where(y > 0, "won", "lost").astype(object)
    labels[np.flatnonzero(y)[0]] = "Won"
    with pytest.raises(TrainingDataError, match="binary") as refused:
        ConversionModel(**QUICK).fit(frame, labels)
    assert refused.value.exit_code == 3


def test_E05_ten_leads_are_refused(tmp_path: Path) -> None:
    history = small_history(tmp_path / "interim", n_leads=10)
    with pytest.raises(DataContractError) as refused:
        train(build_dataset(history, PARAMS.targets["won"], PARAMS, tmp_path / "f"), PARAMS.train, tmp_path / "c")
    assert refused.value.exit_code == 3
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(("n", "rate"), [(60_000, 0.001), (300_000, 0.0001)], ids=["1 in 1,000", "1 in 10,000"])
def test_E06_of_rare_conversions_the_mean_chance_is_the_base_rate(n: int, rate: float) -> None:
    frame, y = leads(n, rate)
    chance = ConversionModel(**QUICK).fit(frame, y).predict_proba(frame)[:, 1]
    error = np.sqrt(y.sum()) / n
    assert abs(chance.mean() - y.mean()) < 2 * error
    assert chance.max() < 0.2
    assert roc_auc_score(y, chance) > 0.6
    assert not {"is_unbalance", "scale_pos_weight"} & set(parameters(Train(), n, Encoding.fit(frame)))


def test_E06_planted_bug_balanced_classes_would_say_a_half() -> None:
    frame, y = leads(60_000, 0.001)
    weight = np.where(y > 0, (1 - y.mean()) / y.mean(), 1.0)  # what `is_unbalance` does
    chance = ConversionModel(**QUICK).fit(frame, y, weight).predict_proba(frame)[:, 1]
    assert abs(chance.mean() - y.mean()) > 20 * np.sqrt(y.sum()) / len(y)


def test_E12_the_number_of_threads_changes_no_tree_and_no_chance(company: SmallCompany, tmp_path: Path) -> None:
    found = []
    for n_threads in (1, 2, 4):
        settings = PARAMS.train.model_copy(update={"n_threads": n_threads})
        candidate = train(company.dataset, settings, tmp_path / str(n_threads))
        trees = (tmp_path / str(n_threads) / "model.txt").read_text().split("parameters:")[0]
        found.append((trees, candidate.predictions["model"].to_numpy().tobytes()))
    assert found[0] == found[1] == found[2]


def test_E14_leads_left_out_by_lot_and_weighed_up_again_leave_the_rate_as_it_is() -> None:
    frame, y = leads(40_000, 0.02)
    kept = (y > 0) | (np.random.default_rng(1).random(len(y)) < 0.1)
    weight = np.where(y > 0, 1.0, 10.0)[kept]
    chance = ConversionModel(**QUICK).fit(frame[kept], y[kept], weight).predict_proba(frame)[:, 1]
    assert chance.mean() == pytest.approx(y.mean(), rel=0.1)
    unweighed = ConversionModel(**QUICK).fit(frame[kept], y[kept]).predict_proba(frame)[:, 1]
    assert unweighed.mean() > 3 * y.mean(), "without the weights the chances are those of the thinned leads"


def test_E20_one_percent_of_poisoned_leads_moves_the_ranking_of_others_by_less_than_a_hundredth() -> None:
    frame, y = leads(20_000, 0.03)
    poisoned, labels = frame.copy(), y.copy()
    chosen = np.random.default_rng(2).random(len(y)) < 0.01
    poisoned.loc[chosen, "channel"] = "trigger"
    labels[chosen] = 1.0
    unseen, truth = leads(20_000, 0.03, seed=1)
    aucs = [
        roc_auc_score(truth, ConversionModel(**QUICK).fit(*rows).predict_proba(unseen)[:, 1])
        for rows in ((frame, y), (poisoned, labels))
    ]
    assert abs(aucs[0] - aucs[1]) < 0.01


def test_E20_a_value_whose_leads_crowd_the_best_fifth_is_reported(company: SmallCompany) -> None:
    plan = Plan(_without_past(), PARAMS.publish, PARAMS.split, PARAMS.train)
    parts = review(company.dataset, company.candidate, plan).documents["slices"]["parts"]
    shares = {
        row["slice"]: row["in_best_fifth"] for part in parts if part["name"] == "channel" for row in part["slices"]
    }
    assert shares["referral"] > 0.3 > shares["ads"]


def test_half_a_million_values_of_one_column_leave_nothing_of_themselves_in_the_model() -> None:
    ids = pd.Series([f"visitor-{number}" for number in range(500_000)])
    encoding = Encoding.fit(pd.DataFrame({"visitor": ids}))
    assert encoding.columns[0].levels == ()
    assert set(encoding.encode(pd.DataFrame({"visitor": ids.head(1000)}))[:, 0]) == {0.0}


def test_B11_one_account_with_a_third_of_the_leads_widens_the_intervals() -> None:
    generator = np.random.default_rng(0)
    n = 900
    accounts = np.where(np.arange(n) < n // 3, 0, np.arange(n))
    y = (generator.random(n) < np.where(accounts == 0, 0.3, 0.05)).astype(float)
    ids = np.arange(n)
    widths = [
        float(
            np.ptp(
                np.quantile(
                    means_of_draws(y, Draws.of(Whose(ids, whose), 400, np.random.default_rng(1))), [0.025, 0.975]
                )
            )
        )
        for whose in (ids, accounts)
    ]
    assert widths[1] > 2 * widths[0]


def test_forty_conversions_give_an_answer_that_says_how_rough_it_is(tmp_path: Path) -> None:
    few = small_company(tmp_path, n_leads=200, params=PARAMS.model_copy(update={"split": Split()}))
    n_converting = sum(window.converting_leads for window in few.dataset.windows.windows.values())
    assert 25 <= n_converting <= 50
    assert few.dataset.windows.mode == "short"
    assert released(few, tmp_path / "released").version.startswith("won-")
    assert any("few conversions" in finding["en"] for finding in few.judgement.metrics["findings"])
    auc = few.judgement.metrics["model"]["roc_auc"]
    assert auc["high"] - auc["low"] > 0.1


def test_a_chance_that_may_be_of_any_letter_has_none(bundle: Bundle, company: SmallCompany) -> None:
    frame = company.dataset.frame(company.dataset.rows("test").slice(0, 3))
    letters = {"A": 0.3, "B": 0.2, "C": 0.1}
    chances = (np.array([0.05, 0.15, 0.05]), np.array([0.25, 0.25, 0.15]), np.array([0.31, 0.31, 0.19]))
    assert grades_of(bundle, frame, chances, letters).tolist() == ["?", "B", "C"]


def test_a_regime_that_changes_half_way_ends_in_rank_only(company: SmallCompany) -> None:
    """Planted: in the last window three times as many convert as ever before."""
    table, generator = company.dataset.table, np.random.default_rng(0)
    window, known = table["window"].to_pylist(), table["converted"].to_pylist()
    lots = {lead: bool(generator.random() < 0.5) for lead in set(table["lead_id"].to_pylist())}
    turned = [
        label or lots[lead] if place == "test" else label
        for lead, place, label in zip(table["lead_id"].to_pylist(), window, known, strict=True)
    ]
    dataset = replace(
        company.dataset,
        table=table.set_column(table.schema.get_field_index("converted"), "converted", pa.array(turned)),
    )
    said = company.candidate.predictions
    later = [
        label or lots[lead] if place == "test" else label
        for lead, place, label in zip(
            said["lead_id"].to_pylist(), said["window"].to_pylist(), said["converted"].to_pylist(), strict=True
        )
    ]
    candidate = replace(
        company.candidate,
        predictions=said.set_column(said.schema.get_field_index("converted"), "converted", pa.array(later)),
    )
    metrics = review(dataset, candidate, Plan(_without_past(), PARAMS.publish, PARAMS.split, PARAMS.train)).metrics
    assert metrics["promise"]["state"] == "rank only"
    assert any(finding["es"].startswith("solo orden") for finding in metrics["findings"])


def _without_past() -> Any:
    backtest = PARAMS.evaluate.backtest.model_copy(update={"origins": 0, "months_back": (), "random_split": False})
    return PARAMS.evaluate.model_copy(update={"bootstrap_samples": 60, "backtest": backtest})
