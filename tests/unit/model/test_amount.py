"""What a conversion brings: learned from leads, not looks, brought back to money, and the mean unless more is shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from predictive_scoring.config.value import Value
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.model import amount_fit, few_columns
from predictive_scoring.model.amount import Amount, told_by
from predictive_scoring.model.amount_fit import Paid, bounds, fit_amount
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.few_columns import PENALTY, Lessons, fit_few_columns, folds_of, mean_and_error
from predictive_scoring.snapshots.amounts import Amounts
from small_company import SmallCompany

ASKED = Value(enabled=True)


def planted(company: SmallCompany, dependence: float, seed: int = 3) -> Amounts:
    """Return amounts of every lead whose logs rise by `dependence` where it came by referral."""
    leads = company.dataset.table.select(["lead_id", "lead__channel"]).to_pandas().drop_duplicates("lead_id")
    rng = np.random.default_rng(seed)
    logs = 7 + dependence * (leads["lead__channel"] == "referral") + 0.5 * rng.standard_normal(len(leads))
    amount = pd.Series(np.exp(logs.to_numpy()), index=leads["lead_id"].to_numpy())
    return Amounts(amount, pd.Series(0, index=amount.index))


def fitted(company: SmallCompany, amounts: Amounts) -> Amount:
    found = fit_amount(company.dataset, amounts, ASKED, company.candidate.scorer.encoding)
    assert found is not None
    return found


def one_a_lead(company: SmallCompany, amounts: Amounts) -> "pd.Series[float]":
    """Return the amounts of the leads that convert in training, in another way: one row a lead."""
    windows = pd.concat([rows.to_pandas() for rows in company.dataset.training_windows().values()])
    converting = windows.loc[windows["converted"] == True, "lead_id"].unique()  # noqa: E712 (null is not false)
    return amounts.amount[sorted(converting)]


def lessons(n: int = 300, seed: int = 0, effect: float = 0.5) -> tuple[Lessons, Encoding]:
    """Return looks, two a lead, of which the first column tells something and the rest nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 12)), columns=[f"x{i}" for i in range(12)])
    frame = frame.loc[frame.index.repeat(2)].reset_index(drop=True)
    encoding = Encoding.fit(frame)
    lead = np.repeat(np.arange(n), 2)
    y = effect * frame["x0"].to_numpy() + np.repeat(rng.normal(size=n), 2)
    return Lessons(encoding.encode(frame), y, np.full(2 * n, 0.5), lead), encoding


def test_a_planted_dependence_is_found_and_priced(company: SmallCompany) -> None:
    found = fitted(company, planted(company, dependence=1.5))
    encoding = company.candidate.scorer.encoding
    assert found.columns(encoding) == ["lead__channel"]
    rows = company.dataset.rows("test")
    told = pd.Series(found.expected(company.dataset.frame(rows), encoding)).groupby(rows["lead__channel"].to_pylist())
    ratio = told.mean()["referral"] / told.mean()["ads"]
    assert np.exp(1.5) * 0.75 < ratio < np.exp(1.5) * 1.1  # shrunk a little


@pytest.mark.parametrize("seed", range(5))
def test_amounts_that_depend_on_nothing_are_the_mean_for_everybody(company: SmallCompany, seed: int) -> None:
    amounts = planted(company, dependence=0.0, seed=seed)
    found = fitted(company, amounts)
    told = found.expected(company.dataset.frame(company.dataset.rows("test")), company.candidate.scorer.encoding)
    assert found.part is None
    np.testing.assert_allclose(told, one_a_lead(company, amounts).mean())


def test_a_lead_counts_once_however_often_it_was_looked_at(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = planted(company, dependence=0.0)
    looks = pd.concat([t.to_pandas() for t in company.dataset.training_windows().values()])
    n_looks = looks[looks["converted"] == True].groupby("lead_id").size()  # noqa: E712 (null is not false)
    by_looks = Amounts(amounts.amount.copy(), amounts.known_at)
    by_looks.amount[n_looks.index] = 1000.0 * n_looks  # who was looked at often brings most
    once = one_a_lead(company, by_looks).mean()
    assert fitted(company, by_looks).mean == pytest.approx(once)
    monkeypatch.setattr(Paid, "weight", property(lambda self: np.ones(len(self.amount))))  # planted bug: once a look
    assert fitted(company, by_looks).mean > 1.1 * once


def test_amounts_from_after_the_end_of_training_teach_nothing(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = planted(company, dependence=0.0)
    test = company.dataset.windows.windows["test"].start
    assert test is not None
    late = amounts.amount.index[::3]
    recorded = amounts.known_at.copy()
    recorded[late] = int(test.timestamp() * 1e6)  # just when the untouched window begins
    corrected = amounts.amount.copy()
    corrected[late] *= 50
    early = one_a_lead(company, amounts).drop(late, errors="ignore").mean()
    assert fitted(company, Amounts(corrected, recorded)).mean == pytest.approx(early)
    brought = amount_fit.brought
    monkeypatch.setattr(amount_fit, "brought", lambda *given, **_: brought(*given))  # planted bug: whenever it was
    assert fitted(company, Amounts(corrected, recorded)).mean > 5 * early


def test_expected_money_of_the_leads_learned_from_is_their_money(
    company: SmallCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = planted(company, dependence=1.5)
    paid = Paid.learned_from(company.dataset, amounts, ASKED)
    encoding = company.candidate.scorer.encoding

    def said() -> float:
        told = fitted(company, amounts).expected(company.dataset.frame(paid.rows), encoding)
        return float(np.average(told, weights=paid.weight))

    real = one_a_lead(company, amounts).mean()
    assert said() == pytest.approx(real, rel=1e-6)
    monkeypatch.setattr(amount_fit, "_factor", lambda *_: 1.0)  # planted bug: the mean of logs, not of money
    assert said() < 0.95 * real


def test_one_deal_of_a_thousand_million_does_not_decide(company: SmallCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = planted(company, dependence=1.5)
    before = fitted(company, amounts)
    odd = amounts.amount.copy()
    odd[one_a_lead(company, amounts).index[0]] = 1e9
    after = fitted(company, Amounts(odd, amounts.known_at))
    assert (after.n_drawn_in, before.n_drawn_in) == (1, 0)
    assert after.mean == pytest.approx(before.mean, rel=0.5)
    assert after.columns(company.candidate.scorer.encoding) == ["lead__channel"]
    monkeypatch.setattr(amount_fit, "bounds", lambda paid: (1e-9, np.inf))  # planted bug: as it stands
    assert fitted(company, Amounts(odd, amounts.known_at)).mean > 100 * before.mean


def test_one_price_for_all_but_an_odd_one_has_no_spread_and_is_left_as_it_is(company: SmallCompany) -> None:
    amounts = planted(company, dependence=0.0)
    same = Amounts(pd.Series(100.0, index=amounts.amount.index), amounts.known_at)
    assert bounds(Paid.learned_from(company.dataset, same, ASKED)) == (100.0, 100.0)
    found = fitted(company, same)
    assert (found.mean, found.part) == (pytest.approx(100.0), None)


def test_forty_amounts_still_teach_what_is_strong_and_nineteen_are_too_few(company: SmallCompany) -> None:
    amounts = planted(company, dependence=2.5)
    first = one_a_lead(company, amounts).index
    forty, nineteen = (Amounts(amounts.amount[first[:n]], amounts.known_at[first[:n]]) for n in (40, 19))
    found = fitted(company, forty)
    assert (found.n_leads, found.columns(company.candidate.scorer.encoding)) == (40, ["lead__channel"])
    assert fit_amount(company.dataset, nineteen, ASKED, company.candidate.scorer.encoding) is None


def test_an_amount_that_is_no_number_of_leads_is_refused_by_name(company: SmallCompany) -> None:
    asked = Value(enabled=True, amount="lead__channel")
    with pytest.raises(ConfigurationError, match="'lead__channel' is not a number of leads"):
        fit_amount(company.dataset, planted(company, 0.0), asked, company.candidate.scorer.encoding)


def test_the_deals_own_amount_is_taken_where_it_is_known(company: SmallCompany) -> None:
    found = fitted(company, planted(company, 0.0)).model_copy(update={"known": "own"})
    told = found.expected(pd.DataFrame({"own": [250.0, np.nan, 0.0]}), company.candidate.scorer.encoding)
    np.testing.assert_allclose(told, [250.0, found.mean, found.mean])


def test_it_comes_back_from_its_file(company: SmallCompany, tmp_path: Path) -> None:
    found = fitted(company, planted(company, dependence=1.5))
    assert Amount.load(tmp_path) is None
    found.save(tmp_path)
    assert Amount.load(tmp_path) == found


def test_rows_in_another_order_teach_the_same(company: SmallCompany) -> None:
    amounts = planted(company, dependence=1.5)
    order = np.random.default_rng(0).permutation(company.dataset.table.num_rows)
    shuffled = replace(company.dataset, table=company.dataset.table.take(order))
    again = fit_amount(shuffled, amounts, ASKED, company.candidate.scorer.encoding)
    assert again == fitted(company, amounts)


def test_the_error_on_unseen_groups_is_that_of_regressions_one_by_one() -> None:
    given, encoding = lessons()
    design = few_columns._Design.of(given, encoding, frozenset())
    places, fold = design.places((0, 3)), folds_of(given.groups)
    loss = 0.0
    for f in range(5):
        here, root = fold == f, np.sqrt(given.weight[fold != f])
        held_back = np.sqrt(PENALTY) * np.eye(len(places))[1:]  # a ridge as rows that want every coefficient at 0
        rows = np.vstack([design.values[~here][:, places] * root[:, None], held_back])
        wanted = np.concatenate([given.y[~here] * root, np.zeros(len(held_back))])
        found = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        loss += float(given.weight[here] @ (given.y[here] - design.values[here][:, places] @ found) ** 2)
    assert design.unseen_loss((0, 3)) == pytest.approx(loss)
    assert given.weight @ (given.y - design.unseen((0, 3))) ** 2 == pytest.approx(loss)


def test_only_the_column_that_tells_is_taken_and_none_where_none_does() -> None:
    given, encoding = lessons()
    part = fit_few_columns(given, encoding)
    assert [term.column for term in part.terms] == [0]
    assert told_by(part, given.encoded) == pytest.approx(part.log_odds(given.encoded))
    noise, encoding = lessons(effect=0.0)
    assert fit_few_columns(noise, encoding).terms == ()
    assert fit_few_columns(given, encoding, frozenset([0])).terms == ()


def test_a_standard_error_over_groups_is_that_of_their_sums() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(400), 5)
    values = np.repeat(rng.normal(size=400), 5)
    _, error = mean_and_error(values, np.ones(2000), groups)
    assert error == pytest.approx(1 / np.sqrt(400), rel=0.1)
    _, alone = mean_and_error(values, np.ones(2000), np.arange(2000))  # planted bug: looks drawn one by one
    assert alone < 0.5 * error


def test_amounts_of_leads_that_do_not_convert_are_not_among_the_lessons(company: SmallCompany) -> None:
    paid = Paid.learned_from(company.dataset, planted(company, 0.0), ASKED)
    assert pc.all(paid.rows["converted"]).as_py()
    assert paid.n_leads == len(one_a_lead(company, planted(company, 0.0)))


def test_one_account_alone_is_the_mean_for_everybody_since_no_other_can_judge(company: SmallCompany) -> None:
    table = company.dataset.table
    one = table.set_column(table.column_names.index("account_no"), "account_no", pc.multiply(table["account_no"], 0))
    found = fit_amount(
        replace(company.dataset, table=one), planted(company, 1.5), ASKED, company.candidate.scorer.encoding
    )
    assert found is not None
    assert (found.part, found.gain) == (None, None)


def test_no_deal_of_one_lead_stands_among_the_bounds_to_its_last_digit(company: SmallCompany) -> None:
    amounts = planted(company, dependence=0.0)
    found, paid = fitted(company, amounts), one_a_lead(company, amounts)
    assert not {found.low, found.high} & set(paid)
    assert found.low <= paid.min() < 1.01 * found.low
    assert found.high / 1.01 < paid.max() <= found.high
