"""The halves of the blend: how held-out leads weigh them, and where the regression's lines may bend."""

import numpy as np
import pytest
from numpy.typing import NDArray

from one_penalty import fit_linear
from predictive_scoring.model import share
from predictive_scoring.model.calibration import sigmoid
from predictive_scoring.model.encoding import Column, Encoding
from predictive_scoring.model.share import chosen_share

Vector = NDArray[np.float64]


def halves(n: int) -> tuple[Vector, Vector, Vector]:
    """Return a half that knows nothing, one that knows the chances, and outcomes."""
    generator = np.random.default_rng(4)
    known = generator.normal(size=n)
    return generator.normal(size=n), known, (generator.random(n) < sigmoid(known)).astype(float)


def assert_little_evidence_moves_little() -> None:
    noise, known, y = halves(4000)
    assert chosen_share(noise, known, y, np.ones(4000), 0.5) >= 0.9
    doubtful = known + np.random.default_rng(5).normal(size=4000)  # two that are as good as each other
    equal = known + np.random.default_rng(6).normal(size=4000)
    few = [slice(start, start + 40) for start in range(0, 400, 40)]
    shares = [chosen_share(doubtful[rows], equal[rows], y[rows], np.ones(40), 0.5) for rows in few]
    assert 0.25 <= min(shares) <= max(shares) <= 0.75


def test_the_better_half_gets_more_and_few_leads_move_the_share_little() -> None:
    assert_little_evidence_moves_little()


def test_planted_bug_a_share_that_follows_forty_leads_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "PRIOR_PRECISION", 0.0)
    with pytest.raises(AssertionError):
        assert_little_evidence_moves_little()


@pytest.mark.parametrize("agreed", [0.0, 1.0])
def test_one_half_alone_stays_one_half_alone(agreed: float) -> None:
    noise, known, y = halves(400)
    assert chosen_share(noise, known, y, np.ones(400), agreed) == agreed


def test_the_level_of_a_half_decides_nothing() -> None:
    noise, known, y = halves(400)
    one = np.ones(400)
    assert chosen_share(noise + 3, known, y, one, 0.5) == chosen_share(noise, known - 2, y, one, 0.5)


def test_outcomes_of_one_kind_only_leave_the_share_where_it_is() -> None:
    noise, known, _ = halves(50)
    assert chosen_share(noise, known, np.zeros(50), np.ones(50), 0.4) == 0.4


def valley(n_knots: int) -> Vector:
    """Return the log-odds at -2, 0 and 2 of a regression on a number whose chances are least in the middle."""
    generator = np.random.default_rng(1)
    values = generator.uniform(-2, 2, 4000)
    y = (generator.random(4000) < sigmoid(2 * np.abs(values) - 2)).astype(float)
    encoding = Encoding(columns=(Column(name="x", kind="number"),))
    part = fit_linear(values[:, None], y, np.ones(4000), encoding, 1.0, n_knots=n_knots)
    return part.log_odds(np.array([[-2.0], [0.0], [2.0]]))


def test_a_line_with_knots_follows_a_valley_and_a_straight_one_cannot() -> None:
    left, middle, right = valley(3)
    assert min(left, right) - middle > 2
    straight = valley(0)
    assert abs(straight[0] + straight[2] - 2 * straight[1]) < 1e-9


def test_beyond_what_training_saw_a_bent_line_is_level() -> None:
    encoding = Encoding(columns=(Column(name="x", kind="number"),))
    values = np.linspace(0, 1, 200)
    part = fit_linear(values[:, None], (values > 0.5).astype(float), np.ones(200), encoding, 1.0, n_knots=3)
    far = part.log_odds(np.array([[1e6], [1e9], [-1e6], [-1e9]]))
    assert far[0] == far[1] > far[2] == far[3]
