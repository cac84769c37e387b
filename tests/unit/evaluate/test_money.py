"""Expected value is judged on unseen leads against their chance alone, and not told where the chances did not hold."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictive_scoring.config.evaluate import Evaluate
from predictive_scoring.config.value import Value
from predictive_scoring.evaluate import money
from predictive_scoring.evaluate.judgement import Judgement
from predictive_scoring.evaluate.money import Looks, looks_of, with_value, worth
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.model.amount import Amount
from predictive_scoring.snapshots.amounts import Amounts
from small_company import PARAMS, SmallCompany

FEW = Evaluate(bootstrap_samples=50, shares=(0.1, 0.2))
FLAT = Amount(mean=100.0, part=None, factor=1.0, low=1.0, high=900.0, known=None, n_leads=30, n_drawn_in=0, gain=None)


def looks(n: int = 400, seed: int = 0, spread: float = 1.0) -> Looks:
    """Return looks, each of a lead of its own, whose chances and amounts are the true ones."""
    rng = np.random.default_rng(seed)
    chance, expected = rng.uniform(0.05, 0.6, n), np.exp(rng.normal(5, spread, n))
    brought = np.where(rng.random(n) < chance, expected * rng.gamma(4, 0.25, n), 0.0)
    return Looks(chance, expected, brought, np.ones(n), Whose.alone(np.arange(n)))


def test_money_caught_is_the_share_of_it_among_the_first_called() -> None:
    given = looks()
    found = worth(given, FEW)["caught"]
    for name, score in (("by_value", given.chance * given.expected), ("by_probability", given.chance)):
        called = sorted(range(400), key=lambda place: -score[place])[:40]
        plain = sum(given.money[place] for place in called) / sum(given.money)
        assert found["10pct"][name]["value"] == pytest.approx(plain)
    gap = found["10pct"]["by_value"]["value"] - found["10pct"]["by_probability"]["value"]
    assert found["10pct"]["difference"]["value"] == pytest.approx(gap)
    assert found["10pct"]["difference"]["low"] > 0  # amounts differ, and are told


def test_one_amount_for_everybody_changes_no_order() -> None:
    given = looks()
    flat = Looks(given.chance, np.full(400, 7.0), given.money, given.of_lead, given.whose)
    for figures in worth(flat, FEW)["caught"].values():
        assert figures["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_the_total_is_said_against_brought_and_holds_for_true_chances_and_amounts() -> None:
    given = looks(4000)
    total = worth(given, FEW)["total"]
    assert total["said"] == pytest.approx((given.chance * given.expected).mean())
    assert total["happened"] == pytest.approx(given.money.mean())
    assert total["ratio"]["low"] < 1 < total["ratio"]["high"]


def test_looks_at_a_lead_come_and_go_together_in_the_intervals() -> None:
    given = looks()
    fourfold = Looks(
        *(np.repeat(each, 4) for each in (given.chance, given.expected, given.money)),
        np.full(1600, 0.25),
        Whose.alone(np.repeat(np.arange(400), 4)),
    )
    alone = Looks(*(getattr(fourfold, name) for name in ("chance", "expected", "money", "of_lead")),
                  Whose.alone(np.arange(1600)))  # fmt: skip
    right, planted = (worth(each, FEW)["total"]["ratio"] for each in (fourfold, alone))
    assert right["high"] - right["low"] > 1.5 * (planted["high"] - planted["low"])


def test_amounts_told_better_than_by_their_mean_have_a_gain_and_the_mean_itself_none() -> None:
    given = looks()
    assert worth(given, FEW)["deviance"]["low"] > 0
    paid = given.money > 0
    mean = Looks(given.chance, np.full(400, given.money[paid].mean()), given.money, given.of_lead, given.whose)
    assert worth(mean, FEW)["deviance"]["value"] == pytest.approx(0.0)


def judged(company: SmallCompany, state: str, amount: Amount | None, **asked: Any) -> dict[str, Any]:
    metrics = {"choice": {"ships": "blend"}, "promise": {"state": state}, "findings": []}
    candidate = company.candidate.__class__(**{**vars(company.candidate), "amount": amount})
    how = (PARAMS.targets["won"], FEW, Value(**{"enabled": True, **asked}))
    return with_value(Judgement(metrics, {}), company.dataset, candidate, company.history, how).metrics


def test_chances_that_did_not_hold_are_multiplied_with_nothing(company: SmallCompany) -> None:
    found = judged(company, "rank only", FLAT)
    assert (found["value"]["state"], found["value"]["shown"]) == ("rank only", False)
    assert "did not hold" in found["findings"][-1]["en"]
    assert judged(company, "chances", FLAT)["value"]["shown"]


def test_too_few_amounts_are_said_and_what_is_not_asked_for_is_not_there(company: SmallCompany) -> None:
    assert judged(company, "chances", None)["value"]["state"] == "too few amounts"
    assert "value" not in judged(company, "chances", None, enabled=False)


def test_who_converted_without_a_known_amount_counts_with_the_mean(company: SmallCompany) -> None:
    none = Amounts(pd.Series(dtype=float), pd.Series(dtype=int))
    found, unknown = looks_of(company.dataset, company.candidate, FLAT, none, Value(enabled=True))
    assert unknown == company.dataset.windows.windows["test"].converting_leads
    assert set(found.money) == {0.0, FLAT.mean}


@pytest.mark.parametrize(
    ("ratio", "off"), [((2.0, 1.6, 2.5), True), ((1.1, 1.05, 1.2), False), ((2.0, 0.9, 4.0), False)]
)
def test_a_total_that_was_off_beyond_chance_and_far_is_said(ratio: tuple[float, float, float], off: bool) -> None:
    figures = dict(zip(("value", "low", "high"), ratio, strict=True))
    said = money.words_of({"learned": {"leads": 30, "known": None, "columns": []}, "total": {"ratio": figures}})
    assert ("off beyond chance" in said.en, "mayor que el azar" in said.es) == (off, off)
