"""The penalty of the logistic half counts leads, not only their looks: copies of a row are no evidence of their own."""

import numpy as np
import pandas as pd
import pytest

from one_penalty import fit_linear
from predictive_scoring.config.train import Train
from predictive_scoring.model import linear_fit
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.encoding import Encoding
from predictive_scoring.model.linear import LinearPart

N_LEADS, N_LOOKS = 400, 16
SETTINGS = Train(linear_l2=10.0)


def _rows(n_looks: int) -> tuple[Rows, Encoding]:
    """Return leads of whom two columns say almost the same, each with so many looks that differ by a hair."""
    rng = np.random.default_rng(3)
    log_ins = rng.normal(size=N_LEADS)
    days = log_ins + rng.normal(scale=0.05, size=N_LEADS)
    y = (rng.random(N_LEADS) < 1 / (1 + np.exp(1.5 - log_ins))).astype(float)
    each = np.repeat(np.arange(N_LEADS), n_looks)
    frame = pd.DataFrame({"log_ins": log_ins[each], "days": days[each]})
    encoding = Encoding.fit(frame, each, min_level_leads=5, max_levels=10)
    one = np.ones(len(each))
    return Rows(encoding.encode(frame), y[each], one, one, each), encoding


def _coefficients(part: LinearPart) -> dict[int, float]:
    return {term.column: term.coefficient for term in part.terms if term.kind == "number"}


def _apart(part: LinearPart) -> float:
    """Return how far the two columns, which should share one credit, stand apart."""
    one, other = _coefficients(part).values()
    return abs(one - other)


def test_with_one_look_a_lead_the_penalty_is_the_setting() -> None:
    rows, encoding = _rows(1)
    half = linear_fit.fit_linear_half(rows, encoding, SETTINGS)
    assert half == fit_linear(rows.encoded, rows.y, rows.weight, encoding, 10.0)


def test_looks_at_a_lead_lower_the_penalty_by_the_root_of_their_number() -> None:
    """Sixteen copies of each row with a penalty of 10 are one of each with 10 * 4 / 16."""
    (few, encoding), (many, of_many) = _rows(1), _rows(N_LOOKS)
    half = _coefficients(linear_fit.fit_linear_half(many, of_many, SETTINGS))
    alone = _coefficients(fit_linear(few.encoded, few.y, few.weight, encoding, 10.0 * 4 / 16))
    assert half == pytest.approx(alone, rel=1e-4)


def test_columns_that_say_the_same_share_their_credit_and_a_penalty_that_counts_looks_is_caught() -> None:
    rows, encoding = _rows(N_LOOKS)
    shared = linear_fit.fit_linear_half(rows, encoding, SETTINGS)
    assert min(_coefficients(shared).values()) > 0
    planted = fit_linear(rows.encoded, rows.y, rows.weight, encoding, SETTINGS.linear_l2)
    assert _apart(planted) > 2 * _apart(shared)
