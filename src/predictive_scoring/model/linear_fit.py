"""Fitting the linear half: standardised numbers that may bend, logarithms of skewed ones, one column a level."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Final

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
class Remembered:
    """What is small of a fit whose columns all have one penalty: enough to have it again from the same rows."""

    kept: NDArray[np.bool_]  # (n_terms,), of all terms
    fit: Fit


def fit_linear_half(rows: Rows, encoding: Encoding, settings: Train, shape: Shape = PLAIN) -> LinearPart:
    """Return the ridge logistic regression of looks at leads, of one shape; `linear_fits` says how."""
    return linear_fits(rows, encoding, settings).part(shape)


@dataclass(frozen=True)
class LinearFits:
    """From a shape to the regression, and to the `widening` of its errors; no step is done twice."""

    part: Callable[[Shape], LinearPart]
    widening: Callable[[Shape], float]


def linear_fits(
    rows: Rows, encoding: Encoding, settings: Train, fitted_before: "dict[int, Remembered] | None" = None
) -> LinearFits:
    """Return the ridge logistic regressions of looks at leads, of every shape.

    Every column has one penalty, by how many looks there are at a lead. Looks at one lead are near copies: sixteen of
    them tell little more than one, and yet outweigh a penalty sixteen times as much. Then columns that say almost the
    same, log-ins of a person and days with log-ins, get large coefficients that cancel each other. So it is
    `linear_l2` times the root of the mean number of looks at a lead: half-way between counting every look and counting
    every lead. With penalties of their own, what that fit says of a column decides how strongly it is held back, and a
    column that shows no more than chance would is left out.

    Parameters
    ----------
    fitted_before : dict, optional
        Fits of the same rows by how often lines bend; they are not fitted again, and new ones are added.
    """
    before = {} if fitted_before is None else fitted_before
    looks_per_lead = float(np.sort(rows.weight).sum()) / max(1, len(np.unique(rows.leads)))
    l2 = settings.linear_l2 * max(1.0, looks_per_lead) ** 0.5

    @cache
    def alike(n_knots: int) -> _Regression:
        begun = _Regression.of(rows.encoded, encoding, l2, n_knots)
        if n_knots in before:
            return begun.as_before(before[n_knots])
        found = begun.fitted(rows.y, rows.weight, encoding)
        before[n_knots] = Remembered(begun.still_in(found), found.fit)
        return found

    @cache
    def fitted(shape: Shape) -> _Regression:
        found = alike(shape.n_knots)
        if shape.own_penalties:
            found = found.learned(rows, settings.linear_l2).fitted(rows.y, rows.weight, encoding)
        return found

    @cache
    def part(shape: Shape) -> LinearPart:
        return fitted(shape).part(rows.weight, encoding)

    def its_widening(shape: Shape) -> float:
        found = fitted(shape)
        return widening(found.design, rows.weight, found.fit) if found.terms else 1.0

    return LinearFits(part, its_widening)


@dataclass(frozen=True)
class _Regression:
    """Terms, their design of shape (n, len(terms)), and how far they are fitted."""

    terms: list[Term]
    design: Matrix
    fit: Fit

    @classmethod
    def of(cls, encoded: Matrix, encoding: Encoding, l2: float, n_knots: int) -> "_Regression":
        """Return every term, all with one penalty, not fitted yet."""
        terms = [term for position in _distinct(encoded) for term in terms_of(encoded, encoding, position, n_knots)]
        design = np.empty((len(encoded), len(terms)))
        for place, term in enumerate(terms):
            design[:, place] = term.values(encoded[:, term.column])
        return cls(terms, design, Fit(np.zeros(len(terms)), np.full(len(terms), l2)))

    def fitted(self, y: Vector, weight: Vector, encoding: Encoding) -> "_Regression":
        """Return the fit without the terms that lead against their direction."""
        now = self
        while now.terms:  # ends: each round but the last takes terms away
            now = replace(now, fit=_ridge(now.design, now.fit, y, weight))
            against = _against_their_direction(now.terms, now.fit.coefficients, encoding)
            if against.all():
                return replace(now, fit=replace(now.fit, coefficients=np.zeros(len(against))))
            if not against.any():
                return now
            now = now.taking(~against)
        rate = float(np.average(y, weights=weight))
        return replace(now, fit=replace(now.fit, intercept=float(np.log(rate / (1 - rate)))))

    def learned(self, rows: Rows, least: float) -> "_Regression":
        """Return the terms that leads give evidence of, each with the penalty of its column."""
        if not self.terms:
            return self
        columns = np.array([term.column for term in self.terms])
        penalty = learned_penalties(Evidence.of(self.design, rows, self.fit), columns, self.fit.penalty, least)
        return replace(self, fit=replace(self.fit, penalty=penalty)).taking(np.isfinite(penalty))

    def taking(self, kept: NDArray[np.bool_]) -> "_Regression":
        """Return some of the terms."""
        terms = [term for term, is_kept in zip(self.terms, kept, strict=True) if is_kept]
        fit = replace(self.fit, coefficients=self.fit.coefficients[kept], penalty=self.fit.penalty[kept])
        return _Regression(terms, self.design[:, kept], fit)

    def still_in(self, later: "_Regression") -> NDArray[np.bool_]:
        """Return which of these terms a later step has."""
        kept = {id(term) for term in later.terms}
        return np.array([id(term) in kept for term in self.terms], dtype=np.bool_)

    def as_before(self, before: Remembered) -> "_Regression":
        """Return the regression as it was fitted before, to the bit: a design that lost no column lies as it did."""
        return replace(self if before.kept.all() else self.taking(before.kept), fit=before.fit)

    def part(self, weight: Vector, encoding: Encoding) -> LinearPart:
        """Return what scores."""
        means = np.average(self.design, axis=0, weights=weight)
        fitted = (
            term.model_copy(update={"coefficient": float(coefficient), "mean": float(mean)})
            for term, coefficient, mean in zip(self.terms, self.fit.coefficients, means, strict=True)
        )
        return LinearPart(n_columns=len(encoding.columns), intercept=self.fit.intercept, terms=tuple(fitted))


def _ridge(design: Matrix, begun: Fit, y: Vector, weight: Vector) -> Fit:
    """Return the fit with the same penalties: a column divided by the root of its penalty's ratio has that of all."""
    common = float(begun.penalty.min())
    root = np.sqrt(begun.penalty / common)
    scaled = design if (root == 1).all() else np.divide(design, root, out=np.empty(design.shape))
    regression = LogisticRegression(C=1.0 / common, solver="newton-cholesky", max_iter=100, tol=1e-6, warm_start=True)
    regression.coef_, regression.intercept_ = (begun.coefficients * root)[None, :], np.array([begun.intercept])
    regression.fit(scaled, y, sample_weight=weight)
    return Fit(np.asarray(regression.coef_[0] / root, dtype=np.float64), begun.penalty, float(regression.intercept_[0]))


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
