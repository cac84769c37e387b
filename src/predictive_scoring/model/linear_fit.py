"""Fitting the linear half: standardised numbers that may bend, logarithms of skewed ones, one column a level."""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import CLIP, LinearPart, Term, signed_log

_SKEWED = 2.0  # an exponential distribution has skewness 2
_VAST = 1e100  # squares and cubes of larger numbers overflow


def fit_linear_half(rows: Rows, encoding: Encoding, settings: Train, n_knots: int = 0) -> LinearPart:
    """Return the ridge logistic regression of looks at leads, its penalty by how many looks there are at a lead.

    Looks at one lead are near copies: sixteen of them tell little more than one, and yet outweigh a penalty sixteen
    times as much. Then columns that say almost the same, log-ins of a person and days with log-ins, get large
    coefficients that cancel each other. The penalty is `linear_l2` times the root of the mean number of looks at a
    lead: half-way between counting every look and counting every lead.
    """
    looks_per_lead = float(np.sort(rows.weight).sum()) / max(1, len(np.unique(rows.leads)))
    l2 = settings.linear_l2 * max(1.0, looks_per_lead) ** 0.5
    return fit_linear(rows.encoded, rows.y, rows.weight, encoding, l2, n_knots)


def fit_linear(
    encoded: Matrix,
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    encoding: Encoding,
    l2: float,
    n_knots: int = 0,
) -> LinearPart:
    """Return the ridge logistic regression of a training sample.

    Parameters
    ----------
    encoded : (n, k) matrix
        From `encoding`.
    y, weight : (n,) arrays
        Labels 0 or 1, weights above 0.
    l2 : float
        Weight of the penalty ``l2 / 2 · Σ coefficient²`` against the summed log loss.
    n_knots : int
        A number's line may bend at so many of its quantiles; at 0 it is straight.
    """
    terms = [term for position in _distinct(encoded) for term in _terms(encoded, encoding, position, n_knots)]
    if not terms:
        rate = float(np.average(y, weights=weight))
        return LinearPart(n_columns=len(encoding.columns), intercept=float(np.log(rate / (1 - rate))), terms=())
    design = np.column_stack([term.values(encoded[:, term.column]) for term in terms])
    while True:  # ends: each round takes terms away
        regression = LogisticRegression(C=1.0 / l2, solver="newton-cholesky", max_iter=100, tol=1e-6)
        regression.fit(design, y, sample_weight=weight)
        against = _against_their_direction(terms, regression.coef_[0], encoding)
        if not against.any() or against.all():
            break
        terms, design = [term for term, wrong in zip(terms, against, strict=True) if not wrong], design[:, ~against]
    means = np.average(design, axis=0, weights=weight)
    coefficients = np.where(against, 0.0, regression.coef_[0])
    fitted = [
        term.model_copy(update={"coefficient": float(coefficient), "mean": float(mean)})
        for term, coefficient, mean in zip(terms, coefficients, means, strict=True)
    ]
    return LinearPart(n_columns=len(encoding.columns), intercept=float(regression.intercept_[0]), terms=tuple(fitted))


def _against_their_direction(
    terms: list[Term], coefficients: NDArray[np.float64], encoding: Encoding
) -> NDArray[np.bool_]:
    """Return which terms of numbers lead the wrong way.

    A line that bends counts by its slope behind each bend: the sum of the coefficients before it, each over its scale.
    A whole column leaves at once.
    """
    slopes = np.zeros(len(encoding.columns))
    wrong = set()
    for term, coefficient in zip(terms, coefficients, strict=True):
        if term.kind in ("number", "hinge"):
            slopes[term.column] += coefficient / term.scale
            if encoding.columns[term.column].direction * slopes[term.column] < 0:
                wrong.add(term.column)
    return np.array([term.column in wrong and term.kind in ("number", "hinge") for term in terms])


def _distinct(encoded: Matrix) -> list[int]:
    """Return the positions of columns that repeat none before them: one given twice would be penalised half as much."""
    first: dict[bytes, int] = {}
    for position in range(encoded.shape[1]):
        first.setdefault(sha256(encoded[:, position].tobytes()).digest(), position)
    return list(first.values())


def _terms(encoded: Matrix, encoding: Encoding, position: int, n_knots: int) -> list[Term]:
    column, values = encoding.columns[position], encoded[:, position]
    if column.kind == "category":
        present = np.unique(values).astype(int)
        return [Term(column=position, kind="level", level=int(level)) for level in present] if len(present) > 1 else []
    known = values[~np.isnan(values)]
    terms = [Term(column=position, kind="missing")] if 0 < len(known) < len(values) else []
    if len(known) and known.min() < known.max():
        log = _is_skewed(known)
        shown = signed_log(known) if log else known
        scale = float(shown.std())
        if scale > 0 and np.isfinite(scale):
            line = Term(column=position, kind="number", log=log, centre=float(shown.mean()), scale=scale)
            terms.extend([line, *_hinges(shown, line, n_knots)])
    return terms


def _hinges(shown: NDArray[np.float64], line: Term, n_knots: int) -> Iterator[Term]:
    """Yield a term for each distinct quantile within the values; a knot at their least would repeat the line."""
    ceiling = line.centre + CLIP * line.scale
    shares = np.arange(1, n_knots + 1) / (n_knots + 1)
    knots = np.unique(np.quantile(shown, shares, method="inverted_cdf")) if n_knots else ()
    for knot in knots:
        above = np.clip(shown, knot, ceiling) - knot
        scale = float(above.std())
        if shown.min() < knot < ceiling and scale > 0:
            changed = {"kind": "hinge", "knot": float(knot), "ceiling": ceiling}
            yield line.model_copy(update={**changed, "centre": float(above.mean()), "scale": scale})


def _is_skewed(values: NDArray[np.float64]) -> bool:
    if np.abs(values).max() > _VAST:
        return True
    spread = values.std()
    standard = (values - values.mean()) / spread if spread > 0 and np.isfinite(spread) else np.zeros_like(values)
    return bool(abs((standard**3).mean()) > _SKEWED)
