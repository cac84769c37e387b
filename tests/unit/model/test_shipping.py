"""The simpler model ships in the same form: the same chances as its baseline, reasons that add up."""

from pathlib import Path

import numpy as np
import pytest

from predictive_scoring.config.publish import Publish, Ships
from predictive_scoring.errors import DataContractError
from predictive_scoring.evaluate.choice import choose
from predictive_scoring.evaluate.review import Plan, review
from predictive_scoring.model.candidate import Candidate, train
from predictive_scoring.model.shipping import as_shipped
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.publish.judged import judged
from predictive_scoring.publish.publishing import gate
from predictive_scoring.publish.release import release
from small_company import END, PARAMS, SmallCompany

NO_BACKTEST = PARAMS.evaluate.model_copy(
    update={
        "bootstrap_samples": 40,
        "backtest": PARAMS.evaluate.backtest.model_copy(
            update={"origins": 0, "months_back": (), "random_split": False}
        ),
    }
)


def made(
    company: SmallCompany, candidate: Candidate, policy: Publish, folder: Path
) -> tuple[Bundle, dict[str, object]]:
    plan = Plan(NO_BACKTEST, policy, PARAMS.split, PARAMS.train)
    metrics = review(company.dataset, candidate, plan).metrics
    shipped = as_shipped(candidate, metrics["choice"]["ships"])
    whole = judged("won", PARAMS, company.history.facts, company.dataset, shipped, metrics)
    return release(whole, folder / "won", run_id=None, now=END), metrics


@pytest.mark.parametrize("ships", ["logistic", "points"])
def test_a_simpler_model_scores_as_its_baseline_and_its_reasons_add_up(
    company: SmallCompany, ships: Ships, tmp_path: Path
) -> None:
    bundle, metrics = made(company, company.candidate, Publish(ship=ships), tmp_path)
    frame = company.dataset.frame(company.dataset.rows("test"))
    found = bundle.explain(frame)
    wanted = company.candidate.baselines.probabilities(frame)[ships]
    np.testing.assert_allclose(found.probability, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.base + found.points.sum(axis=1), found.probability, rtol=0, atol=1e-9)
    assert metrics["choice"]["ships"] == ships  # type: ignore[index]
    assert "blend" in metrics, "what was not shipped is told beside it"
    assert ships not in metrics, "and what is, once"


def test_the_points_table_gives_points_as_it_says(company: SmallCompany) -> None:
    """The linear part and the table, which bins for itself, agree on every row."""
    baselines = company.candidate.baselines
    encoded = baselines.encoding.encode(company.dataset.frame(company.dataset.table))
    wanted = baselines.points_offset + baselines.points_slope * baselines.points.totals(encoded)
    np.testing.assert_allclose(baselines.points_part.log_odds(encoded), wanted, rtol=0, atol=1e-12)


def test_the_blend_ships_only_if_it_beats_the_logistic_regression_beyond_chance_and_margin(
    company: SmallCompany,
) -> None:
    said = company.candidate.predictions
    place = said.schema.get_field_index("model")
    truth = said["converted"].to_numpy(zero_copy_only=False).astype(float)
    keen = np.clip(0.9 * truth + 0.05, 0, 1)  # planted: a blend that all but knows
    knows = said.set_column(place, "model", [keen])
    same = said.set_column(place, "model", said["logistic"])
    assert choose(knows, NO_BACKTEST, Publish())["ships"] == "blend"
    assert choose(same, NO_BACKTEST, Publish())["ships"] == "logistic"
    ranks = said.set_column(place, "model", [0.9 + 0.05 * truth])  # as good an order, and chances that are far off
    assert choose(ranks, NO_BACKTEST, Publish())["ships"] == "blend"
    wide = choose(ranks, NO_BACKTEST, Publish(margin=0.5))
    assert wide["ships"] == "logistic"
    assert "the simpler model" in wide["words"]["en"]
    assert choose(same, NO_BACKTEST, Publish(ship="blend"))["ships"] == "blend"


def test_of_two_equal_rankings_the_blend_ships_if_its_chances_alone_held(company: SmallCompany) -> None:
    """The two say the same but for the level: the blend's is what happened, the regression's twice as much."""
    said = company.candidate.predictions
    window = np.array(said["window"].to_pylist()) == "test"
    chance = said["logistic"].to_numpy().copy()
    converted = np.array([bool(label) for label in said["converted"].to_pylist()])
    right = chance * converted[window].mean() / chance[window].mean()

    def chosen(blend: object, regression: object) -> dict[str, object]:
        given = said.set_column(said.schema.get_field_index("model"), "model", [blend])
        given = given.set_column(given.schema.get_field_index("logistic"), "logistic", [regression])
        return choose(given, NO_BACKTEST, Publish(margin=0.1))

    off = np.clip(1.6 * right, 0, 1)
    found = {name: chosen(*pair) for name, pair in {"alone": (right, off), "both": (right, right)}.items()}
    assert found["alone"]["holds"] == {"blend": True, "logistic": False}
    assert (found["alone"]["ships"], found["both"]["ships"]) == ("blend", "logistic")
    assert chosen(off, right)["ships"] == "logistic"
    blind = np.full(
        len(chance), converted[window].mean()
    )  # says the rate of everybody: nothing is off, nothing is told
    worse = chosen(blind, off)
    assert worse["holds"] == {"blend": True, "logistic": False}
    assert worse["ships"] == "logistic"
    assert chosen(off, off)["ships"] == "logistic"


def test_planted_bug_a_rule_that_asks_the_value_and_not_its_interval_would_ship_the_blend(
    company: SmallCompany,
) -> None:
    """Planted: the blend is the logistic regression, but for one buyer, whom it puts first."""
    said = company.candidate.predictions
    place = said.schema.get_field_index("model")
    chance, converted = said["logistic"].to_numpy().copy(), np.array(said["converted"].to_pylist(), dtype=object)
    buyer = next(
        lead
        for lead, window, label in zip(said["lead_id"].to_pylist(), said["window"].to_pylist(), converted, strict=True)
        if window == "test" and label
    )
    chance[np.array(said["lead_id"].to_pylist()) == buyer] = 0.999
    found = choose(said.set_column(place, "model", [chance]), NO_BACKTEST, Publish())
    assert found["differences"]["roc_auc"]["value"] > 0
    assert found["ships"] == "logistic"


def test_E02_what_the_refusal_offers_really_works_a_points_bundle_with_reasons_and_no_chances(
    company: SmallCompany, tmp_path: Path
) -> None:
    n_leads = company.dataset.windows.windows["train"].converting_leads + 1
    strict = PARAMS.train.model_copy(update={"min_converting_leads": n_leads})
    with pytest.raises(DataContractError, match=r"publish\.ship: points") as refused:
        train(company.dataset, strict, tmp_path / "refused")
    assert refused.value.exit_code == 3
    candidate = train(company.dataset, strict, tmp_path / "candidate", "points")
    again = Candidate.load(tmp_path / "candidate")
    bundle, metrics = made(company, again, Publish(ship="points"), tmp_path)
    assert candidate.training["only"] == "points"
    assert gate(metrics, Publish(ship="points"))["passed"]
    assert not gate(metrics | {"choice": metrics["choice"] | {"asked": "auto"}}, Publish())["passed"]  # type: ignore[operator]
    assert metrics["promise"]["state"] == "rank only"  # type: ignore[index]
    found = bundle.explain(company.dataset.frame(company.dataset.rows("test")))
    np.testing.assert_allclose(found.base + found.points.sum(axis=1), found.probability, rtol=0, atol=1e-9)
    assert (np.abs(found.points).max(axis=1) > 0).any()
