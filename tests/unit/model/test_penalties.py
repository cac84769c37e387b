"""Each column of the logistic half is held back as its own evidence says: by what leads show beyond chance."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from predictive_scoring.config.train import Train
from predictive_scoring.model import penalties as held_back
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.conversion_model import ConversionModel
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.fitting import Sample, ordered
from predictive_scoring.model.held_out import chosen_shape
from predictive_scoring.model.linear_fit import PLAIN, Shape, fit_linear_half
from predictive_scoring.model.penalties import Evidence, Fit, learned_penalties

L2 = 10.0
OWN = Shape(own_penalties=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def rows_of(frame: pd.DataFrame, y: np.ndarray, leads: np.ndarray) -> tuple[Rows, Encoding]:
    encoding = Encoding.fit(frame, leads, min_level_leads=1, max_levels=60)
    one = np.ones(len(y))
    return Rows(encoding.encode(frame), y, one, one, leads), encoding


def levels(seed: int, spread: float, n_looks: int = 1, n_leads: int = 6000) -> tuple[Rows, Encoding]:
    """Return leads with a category of 30 levels whose effects are drawn with a spread, each with so many looks."""
    rng = np.random.default_rng(seed)
    level, effect = rng.integers(0, 30, n_leads), rng.normal(scale=spread, size=30)
    y = (rng.random(n_leads) < sigmoid(effect[level] - 1)).astype(float)
    each = np.repeat(np.arange(n_leads), n_looks)
    return rows_of(pd.DataFrame({"level": np.array([f"l{i:02d}" for i in level])[each]}), y[each], each)


def design_of(rows: Rows) -> np.ndarray:
    return (rows.encoded[:, :1] == np.arange(30)).astype(float)


def fit_of(design: np.ndarray, rows: Rows, penalty: float) -> Fit:
    """Fit by Newton's method, independently of the library that the module uses."""
    x = np.column_stack([design, np.ones(len(design))])
    ridge = np.diag(np.append(np.full(design.shape[1], penalty), 0.0))
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = sigmoid(x @ beta)
        step = x.T @ (rows.weight * (rows.y - p)) - ridge @ beta
        beta = beta + np.linalg.solve((x.T * (rows.weight * p * (1 - p))) @ x + ridge, step)
    return Fit(beta[:-1], np.full(design.shape[1], penalty), float(beta[-1]))


def penalties(rows: Rows, penalty: float = L2, least: float = 1e-9) -> np.ndarray:
    design = design_of(rows)
    evidence = Evidence.of(design, rows, fit_of(design, rows, penalty))
    return learned_penalties(evidence, np.zeros(30, dtype=np.int64), np.full(30, penalty), least)


def test_evidence_is_what_a_loop_over_leads_and_rows_adds_up() -> None:
    rng = np.random.default_rng(4)
    design, leads = rng.normal(size=(40, 3)), rng.integers(0, 9, 40)
    rows = Rows(design, (rng.random(40) < 0.4).astype(float), rng.uniform(0.5, 2, 40), np.ones(40), leads)
    near = Fit(np.array([0.3, -0.2, 0.1]), np.array([1.0, 2.0, 3.0]), -0.4)
    found = Evidence.of(design, rows, near)
    information, scores = np.zeros((4, 4)), {lead: np.zeros(4) for lead in set(leads.tolist())}
    for x, y, weight, lead in zip(design, rows.y, rows.weight, leads.tolist(), strict=True):
        row = np.append(x, 1.0)
        p = 1 / (1 + np.exp(-(x @ near.coefficients + near.intercept)))
        information += weight * p * (1 - p) * np.outer(row, row)
        scores[lead] += weight * (y - p) * row
    scatter = sum(np.outer(each, each) for each in scores.values())
    np.testing.assert_allclose(found.information, information, rtol=1e-12)
    np.testing.assert_allclose(found.scatter, scatter, rtol=1e-12)


def test_what_the_data_alone_would_have_is_the_fit_without_a_penalty() -> None:
    """Near enough: the log-likelihood is taken as a parabola about the penalised fit."""
    rows, _ = levels(3, 0.4)
    design = design_of(rows)[:, 1:]  # of 30 levels and an intercept one is too many without a penalty
    penalised, free = fit_of(design, rows, 1.0), fit_of(design, rows, 1e-8)
    evidence = Evidence.of(design, rows, penalised)
    told = np.linalg.solve(evidence.information, evidence.pull)[:-1]
    np.testing.assert_allclose(told, free.coefficients, atol=0.02)


@pytest.mark.parametrize("spread", [0.3, 0.6, 1.0])
def test_the_penalty_is_one_over_the_variance_that_the_effects_were_drawn_with(spread: float) -> None:
    told = [1 / np.sqrt(penalties(levels(seed, spread)[0])[0]) for seed in range(8)]
    assert np.mean(told) == pytest.approx(spread, rel=0.2)


def test_levels_drawn_by_lot_are_left_out_and_errors_that_count_looks_as_leads_are_caught() -> None:
    n_worlds = 12
    left_out = planted = 0
    for seed in range(n_worlds):
        rows, _ = levels(seed, 0.0, n_looks=6, n_leads=1200)
        left_out += bool(np.isinf(penalties(rows)).all())
        looks = Rows(rows.encoded, rows.y, rows.weight, rows.importance, np.arange(len(rows.y)))
        planted += bool(np.isinf(penalties(looks)).all())
    assert left_out >= 0.7 * n_worlds
    assert planted == 0


def test_copies_of_every_lead_weigh_nothing() -> None:
    """Eight looks at each lead, all alike, with eight times the penalty are one look with one."""
    one, many = penalties(levels(2, 0.5)[0]), penalties(levels(2, 0.5, n_looks=8)[0], penalty=8 * L2)
    np.testing.assert_allclose(many, 8 * one, rtol=1e-3)


def test_no_penalty_is_lower_than_the_least() -> None:
    rows, _ = levels(2, 1.0)
    assert penalties(rows)[0] < 3
    assert penalties(rows, least=50.0)[0] == 50.0


@pytest.mark.parametrize("constant", [0.0, 0.7])
def test_a_column_that_a_fold_has_no_variation_of_is_left_out_and_the_others_are_as_without_it(constant: float) -> None:
    rows, _ = levels(1, 0.6)
    fit = fit_of(design_of(rows), rows, L2)
    alone = learned_penalties(Evidence.of(design_of(rows), rows, fit), np.zeros(30, int), fit.penalty, 1e-9)
    wide = np.column_stack([design_of(rows), np.full(len(rows.y), constant)])
    fit = Fit(np.append(fit.coefficients, 0.0), np.append(fit.penalty, L2), fit.intercept)
    beside = learned_penalties(Evidence.of(wide, rows, fit), np.append(np.zeros(30, int), 1), fit.penalty, 1e-9)
    assert beside[-1] == np.inf
    np.testing.assert_allclose(beside[:-1], alone, rtol=0.01)  # as settled as penalties are when rounds end


def test_a_fold_whose_columns_are_all_empty_is_fitted_too() -> None:
    """The only fact is that a value is missing, and it is missing of one lead, which one fold alone leaves out."""
    rng = np.random.default_rng(0)
    for n_missing in (1, 10):
        leads = np.maximum(np.arange(400) - n_missing + 1, 0)
        frame = pd.DataFrame({"x": np.where(leads == 0, np.nan, 1.0)})
        model = ConversionModel(max_trees=5, n_replicas=20).fit(frame, rng.random(400) < 0.3, groups=leads)
        assert np.isfinite(model.predict_proba(frame)).all()


def test_columns_without_evidence_leave_the_regression_and_the_others_are_held_back_less_than_by_force() -> None:
    rng = np.random.default_rng(8)
    leads = np.arange(4000)
    frame = pd.DataFrame({f"x{k}": rng.normal(size=4000) for k in range(30)})
    y = (rng.random(4000) < sigmoid(frame["x0"].to_numpy() * 0.7 - 1)).astype(float)
    rows, encoding = rows_of(frame, y, leads)
    part = fit_linear_half(rows, encoding, Train(), OWN)
    kept = {encoding.names[term.column]: term.coefficient for term in part.terms}
    assert "x0" in kept
    assert len(kept) < 9  # an eighth of thirty by chance, and some; without the standard error it would be ten and more
    assert kept["x0"] == pytest.approx(0.7, abs=0.12)
    assert len(fit_linear_half(rows, encoding, Train(), PLAIN).terms) == 30


def test_leads_that_say_nothing_leave_an_average_and_no_term() -> None:
    frame = pd.DataFrame({"a": np.tile([0.0, 1.0], 200), "b": np.repeat([0.0, 1.0], 200)})
    y = np.tile([0.0, 1.0, 1.0, 0.0], 100)  # neither column moves the rate
    rows, encoding = rows_of(frame, y, np.arange(400))
    part = fit_linear_half(rows, encoding, Train(), OWN)
    assert part.terms == ()
    assert part.log_odds(rows.encoded) == pytest.approx(0.0, abs=1e-9)


def test_rows_in_another_order_give_the_same_penalties_and_the_fit_keeps_directions() -> None:
    rng = np.random.default_rng(5)
    leads = np.repeat(np.arange(600), 3)
    frame = pd.DataFrame({f"x{k}": rng.normal(size=1800) for k in range(6)})
    y = (rng.random(1800) < sigmoid(1.5 * frame["x0"].to_numpy() - 1.5 * frame["x1"].to_numpy())).astype(float)
    directions = {"x0": 1, "x1": 1}  # of the second the data says the opposite
    encoding = Encoding.fit(frame, leads, directions=directions)  # type: ignore[arg-type]
    sample = Sample(frame, y, leads, np.ones(1800), np.tile([1, 2, 3], 600))
    other = sample.take(rng.permutation(1800))
    parts = [fit_linear_half(ordered(each, encoding), encoding, Train(), OWN) for each in (sample, other)]
    assert parts[0] == parts[1]
    slopes = {encoding.names[term.column]: term.coefficient for term in parts[0].terms}
    assert slopes["x0"] > 0.5
    assert slopes.get("x1", 0.0) >= 0


def test_the_threads_of_linear_algebra_change_no_bit() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(20_000, 60)), columns=[f"x{k}" for k in range(60)])
    y = (rng.random(20_000) < sigmoid(frame["x0"].to_numpy() - 2)).astype(float)
    windows = {"calibration": (frame[1::3], y[1::3])}
    halves = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            model = ConversionModel(max_trees=20, n_replicas=20).fit(frame[::3], y[::3], **windows)
        halves.append((model.logistic_.linear, model.logistic_.calibrator, model.scorer_.calibrator))
    assert halves[0] == halves[1]


def told_by(losses: dict[Shape, float], shape: Shape) -> np.ndarray:
    """Return log-odds of two kinds of rows that are the further from their outcomes the higher the loss."""
    return np.array([1.0, -1.0] * 50) * (2.0 - losses[shape])


def test_unseen_leads_choose_the_shape_step_by_step() -> None:
    y, one = np.tile([1.0, 0.0], 50), np.ones(100)
    unseen = Rows(np.zeros((100, 1)), y, one, one, np.arange(100))
    bent, bent_own = Shape(3), Shape(3, True)
    cases = [
        ({PLAIN: 1.0, OWN: 0.5}, 0, OWN),
        ({PLAIN: 0.5, OWN: 1.0}, 0, PLAIN),
        ({PLAIN: 1.0, bent: 0.5, bent_own: 0.7}, 3, bent),
        ({PLAIN: 1.0, bent: 0.5, bent_own: 0.2}, 3, bent_own),
        ({PLAIN: 0.5, bent: 1.0, OWN: 0.2}, 3, OWN),
        ({PLAIN: 0.5, bent: 0.5, OWN: 0.5}, 3, PLAIN),
    ]
    for losses, n_knots, expected in cases:
        assert chosen_shape(partial(told_by, losses), unseen, n_knots) == expected


def how_much_errors_exceed_the_spread(penalty: float, n: int = 1500, k: int = 20) -> tuple[float, float]:
    """Return how much a ridge regression's errors exceed its spread over histories, in fact and as `widening` says.

    In fact: over draws of the coefficients and, of each, many histories of outcomes, by scikit-learn. The theory is of
    a log-likelihood that is a parabola, which that of some 75 leads a coefficient nearly is.
    """
    rng = np.random.default_rng(8)
    design = rng.normal(size=(n, k))
    off, spread, told = [], [], []
    for _ in range(12):
        true = rng.normal(0, penalty**-0.5, size=k)
        chance = 1 / (1 + np.exp(-design @ true))
        fits = []
        for _ in range(12):
            regression = LogisticRegression(C=1 / penalty).fit(design, rng.random(n) < chance)
            fits.append(regression.coef_[0])
            fit = Fit(regression.coef_[0], np.full(k, penalty), float(regression.intercept_[0]))
            told.append(held_back.widening(design, np.ones(n), fit) ** 2)
        log_odds = design @ np.array(fits).T
        spread.append(log_odds.var(axis=1, ddof=1).mean())
        off.append(((log_odds - (design @ true)[:, None]) ** 2).mean())
    return float(np.sqrt(np.mean(off) / np.mean(spread))), float(np.sqrt(np.mean(told)))


@pytest.mark.parametrize("penalty", [20.0, 150.0])
def test_errors_exceed_the_spread_over_histories_by_what_the_penalties_say(penalty: float) -> None:
    in_fact, told = how_much_errors_exceed_the_spread(penalty)
    assert told == pytest.approx(in_fact, rel=0.02)


def test_planted_bug_a_spread_that_passes_for_the_whole_error_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_back, "widening", lambda *_: 1.0)
    in_fact, told = how_much_errors_exceed_the_spread(150.0)
    assert in_fact > 1.1 * told
