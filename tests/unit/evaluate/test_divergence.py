"""Distances between samples, and what chance alone makes of them, against SciPy and against drawing."""

import numpy as np
import pytest
from scipy import stats

from predictive_scoring.evaluate.divergence import chance_of, design_effect, false_discovery, psi


def test_the_psi_of_large_samples_is_the_symmetric_divergence() -> None:
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])
    expected = stats.entropy(p, q) + stats.entropy(q, p)
    assert psi(p * 1e8, q * 1e8) == pytest.approx(expected, rel=1e-6)
    assert psi(p * 1e8, p * 1e8) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("statistic", "freedom"), [(0.5, 1), (3.84, 1), (12.0, 4), (30.0, 10), (40.0, 19)])
def test_the_tail_is_close_to_the_chi_squares(statistic: float, freedom: int) -> None:
    reference = np.full(freedom + 1, 1 / (freedom + 1))
    found = reference.copy()
    shift = np.sqrt(statistic * 1e-6 / 2 / (freedom + 1))  # two bins move, so that the statistic is as wanted
    found[0], found[1] = found[0] + shift, found[1] - shift
    assert chance_of(reference, found, 1e-6) == pytest.approx(stats.chi2.sf(statistic, freedom), rel=0.15, abs=1e-5)


def test_p_values_of_samples_of_one_population_are_even() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    drawn = [rng.multinomial(200, shares) / 200 for _ in range(600)]
    reference = rng.multinomial(5000, shares) / 5000
    p_values = np.array([chance_of(reference, found, 1 / 200 + 1 / 5000) for found in drawn])
    assert abs((p_values < 0.05).mean() - 0.05) < 0.03
    assert abs(np.median(p_values) - 0.5) < 0.1


def test_q_values_are_scipys() -> None:
    p_values = np.random.default_rng(1).random(50) ** 3
    np.testing.assert_allclose(false_discovery(p_values), stats.false_discovery_control(p_values))


def test_rows_that_go_together_count_as_the_few_that_they_are() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 5)
    shared = rng.integers(0, 4, 60)[clusters]
    assert design_effect(shared, clusters, 4) == pytest.approx(5, rel=0.02)  # five rows say what one does
    apart = rng.integers(0, 4, 300)
    assert design_effect(apart, np.arange(300), 4) == pytest.approx(1, abs=0.05)
    assert design_effect(apart, clusters, 4) < 1.4
    assert design_effect(np.zeros(300, np.int64), clusters, 4) == 1.0  # nothing varies
