"""Fitting the linear half: standardised numbers that may bend, logarithms of skewed ones, one column a level."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows
from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import CLIP, LinearPart, Term, Vector, signed_log
from predictive_scoring.model.penalties import Evidence, Fit, learned_penalties, widening

_SKEWED = 2.0  # an exponential distribution has skewness 2
_VAST = 1e100  # squares and cubes of larger numbers overflow
_LEVELS = 60  # that get a coefficient: each takes a column of ones as long as the history


@dataclass(frozen=True)
class Shape:
    """What the logistic half does beyond straight lines that are all held back alike; unseen leads decide."""

    n_knots: int = 0  # a number's line may bend at so many of its quantiles
    own_penalties: bool = False  # each column is held back as its own evidence says


PLAIN: Final = Shape()


@dataclass(frozen=True)
class Design:
    """Terms of a regression, and what rows hold of each, (n, len(terms)); every fold of the rows has the same terms."""

    terms: list[Term]
    values: Matrix

    @classmethod
    def of(cls, encoded: Matrix, encoding: Encoding, n_knots: int = 0) -> "Design":
        """Return every term of an encoded matrix."""
        terms = [term for position in _distinct(encoded) for term in terms_of(encoded, encoding, position, n_knots)]
        values = np.empty((len(encoded), len(terms)))
        for place, term in enumerate(terms):
            values[:, place] = term.values(encoded[:, term.column])
        return cls(terms, values)

    def take(self, rows: NDArray[Any]) -> "Design":
        """Return some of the rows."""
        return replace(self, values=self.values[rows])

    def kept(self, fit: Fit) -> Matrix:
        """Return the values of the terms that a fit has not left out."""
        return self.values if fit.is_kept.all() else self.values[:, fit.is_kept]

    def log_odds(self, fit: Fit) -> Vector:
        """Return the (n,) log-odds of the rows."""
        return np.asarray(self.values @ fit.coefficients + fit.intercept, dtype=np.float64)

    def part(self, fit: Fit, weight: Vector, encoding: Encoding) -> LinearPart:
        """Return what scores."""
        means = np.average(self.values, axis=0, weights=weight)
        told = zip(self.terms, fit.coefficients, means, fit.is_kept, strict=True)
        fitted = (
            term.model_copy(update={"coefficient": float(coefficient), "mean": float(mean)})
            for term, coefficient, mean, is_kept in told
            if is_kept
        )
        return LinearPart(n_columns=len(encoding.columns), intercept=fit.intercept, terms=tuple(fitted))


def fit_linear_half(rows: Rows, encoding: Encoding, settings: Train, shape: Shape = PLAIN) -> LinearPart:
    """Return the ridge logistic regression of looks at leads, of one shape."""
    design = Design.of(rows.encoded, encoding, shape.n_knots)
    return design.part(fit_of_shape(design, rows, encoding, settings, shape), rows.weight, encoding)


def fit_of_shape(design: Design, rows: Rows, encoding: Encoding, settings: Train, shape: Shape) -> Fit:
    """Return the fit of one shape, whose bends are those of the design."""
    alike = fit_alike(design, rows, encoding, settings)
    return fit_own(design, rows, encoding, settings, alike) if shape.own_penalties else alike


def fit_alike(design: Design, rows: Rows, encoding: Encoding, settings: Train) -> Fit:
    """Return the fit with one penalty for every column, by how many looks there are at a lead.

    Looks at one lead are near copies: sixteen of them tell little more than one, and yet outweigh a penalty sixteen
    times as much. Then columns that say almost the same, log-ins of a person and days with log-ins, get large
    coefficients that cancel each other. So it is `linear_l2` times the root of the mean number of looks at a lead:
    half-way between counting every look and counting every lead.
    """
    looks_per_lead = float(np.sort(rows.weight).sum()) / max(1, len(np.unique(rows.leads)))
    l2 = settings.linear_l2 * max(1.0, looks_per_lead) ** 0.5
    return fit_with(design, rows, encoding, Fit(np.zeros(len(design.terms)), np.full(len(design.terms), l2)))


def fit_own(design: Design, rows: Rows, encoding: Encoding, settings: Train, alike: Fit) -> Fit:
    """Return the fit with penalties of their own: what `fit_alike` says of a column decides how it is held back.

    A column that shows no more than chance would is left out.
    """
    kept = alike.is_kept
    if not kept.any():
        return alike
    columns = np.array([term.column for term in design.terms])[kept]
    evidence = Evidence.of(design.kept(alike), rows, alike.narrow)
    penalty = learned_penalties(evidence, columns, alike.penalty[kept], settings.linear_l2)
    return fit_with(design, rows, encoding, alike.with_penalty(penalty))


def widening_of(design: Design, fit: Fit, weight: Vector) -> float:
    """Return by how much a fit's errors exceed what other leads would move it, see `widening`."""
    return widening(design.kept(fit), weight, fit.narrow) if fit.is_kept.any() else 1.0


def fit_with(design: Design, rows: Rows, encoding: Encoding, begun: Fit) -> Fit:
    """Return the fit with the penalties of one that was begun, without the terms that lead against their direction."""
    now = begun
    while now.is_kept.any():  # ends: each round but the last takes terms away
        now = _ridge(design, now, rows.y, rows.weight)
        against = now.is_kept & _against_their_direction(design.terms, now.coefficients, encoding)
        if not against.any():
            return now
        now = now.without(against)
    rate = float(np.average(rows.y, weights=rows.weight))
    return replace(now, intercept=float(np.log(rate / (1 - rate))))


def _ridge(design: Design, begun: Fit, y: Vector, weight: Vector) -> Fit:
    """Return the fit with the same penalties: a column divided by the root of its penalty's ratio has that of all."""
    held_back, values = begun.narrow, design.kept(begun)
    common = float(held_back.penalty.min())
    root = np.sqrt(held_back.penalty / common)
    scaled = values if (root == 1).all() else np.divide(values, root, out=np.empty(values.shape))
    regression = LogisticRegression(C=1.0 / common, solver="newton-cholesky", max_iter=100, tol=1e-6, warm_start=True)
    regression.coef_ = (held_back.coefficients * root)[None, :]
    regression.intercept_ = np.array([begun.intercept])
    regression.fit(scaled, y, sample_weight=weight)
    coefficients = np.zeros(len(begun.penalty))
    coefficients[begun.is_kept] = regression.coef_[0] / root
    return Fit(coefficients, begun.penalty, float(regression.intercept_[0]))


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


def terms_of(encoded: Matrix, encoding: Encoding, position: int, n_knots: int) -> list[Term]:
    """Return the terms of one column of an encoded matrix, without coefficients; none of a column of one value."""
    column, values = encoding.columns[position], encoded[:, position]
    if column.kind == "category":
        present, n_rows = np.unique(values.astype(int), return_counts=True)
        commonest = np.sort(present[np.argsort(-n_rows, kind="stable")[:_LEVELS]])
        return [Term(column=position, kind="level", level=int(level)) for level in commonest if len(present) > 1]
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
