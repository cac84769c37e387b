"""A ridge logistic regression whose columns all have one penalty, given as such: what the linear half begins with."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart, Vector
from predictive_scoring.model.linear_fit import Design, fit_with
from predictive_scoring.model.penalties import Fit


def fit_linear(
    encoded: Matrix, y: Vector, weight: NDArray, encoding: Encoding, l2: float, n_knots: int = 0
) -> LinearPart:
    """Return the fit under ``l2 / 2 · Σ coefficient²`` against the summed log loss, whatever leads the rows are of."""
    design, rows = Design.of(encoded, encoding, n_knots), Rows(encoded, y, weight, weight, np.arange(len(y)))
    n_terms = len(design.terms)
    fit = fit_with(design, rows, encoding, Fit(np.zeros(n_terms), np.full(n_terms, l2)))
    return design.part(fit, weight, encoding)
