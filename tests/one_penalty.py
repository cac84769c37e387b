"""A ridge logistic regression whose columns all have one penalty, given as such: what the linear half begins with."""

from numpy.typing import NDArray

from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart, Vector
from predictive_scoring.model.linear_fit import _Regression


def fit_linear(
    encoded: Matrix, y: Vector, weight: NDArray, encoding: Encoding, l2: float, n_knots: int = 0
) -> LinearPart:
    """Return the fit under ``l2 / 2 · Σ coefficient²`` against the summed log loss, whatever leads the rows are of."""
    return _Regression.of(encoded, encoding, l2, n_knots).fitted(y, weight, encoding).part(weight, encoding)
