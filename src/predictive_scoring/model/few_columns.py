"""A regression on the few columns that unseen leads ask for: where conversions are few, most columns only disturb."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart, Term, Vector
from predictive_scoring.model.linear_fit import terms_of

MOST_COLUMNS = 4
PENALTY = 5.0  # leads: a level that n of them share keeps n / (n + 5) of its difference from the others
N_FOLDS = 5
BEYOND_CHANCE = 2.0  # standard errors
NOTHING = 1e-9  # less of a gain than this is rounding
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lessons:
    """What is learned from: (n, k) encoded rows, what is to be told of each, its weight and whose it is.

    The looks at one lead share a weight of 1, so that each lead counts once; colleagues are one group.
    """

    encoded: Matrix
    y: Vector
    weight: Vector
    groups: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> "Lessons":
        """Return some of the rows."""
        return Lessons(self.encoded[rows], self.y[rows], self.weight[rows], self.groups[rows])


@dataclass(frozen=True)
class _Design:
    """Every term with its values, and for each fold the sums from which any regression on some terms follows.

    `moments[f]` is ``[1, values, y]ᵀ W [1, values, y]`` over the rows of fold f.
    """

    terms: list[Term]
    values: Matrix  # (n, 1 + n_terms), the first column 1
    fold: Ints
    moments: NDArray[np.float64]

    @classmethod
    def of(cls, lessons: Lessons, encoding: Encoding, left_out: frozenset[int]) -> "_Design":
        columns = [place for place in range(lessons.encoded.shape[1]) if place not in left_out]
        terms = [term for place in columns for term in terms_of(lessons.encoded, encoding, place, 0)]
        values = np.column_stack([np.ones(len(lessons.y)), *(t.values(lessons.encoded[:, t.column]) for t in terms)])
        fold = folds_of(lessons.groups)
        whole = np.column_stack([values, lessons.y])
        moments = [(p := whole[fold == f]).T @ (p * lessons.weight[fold == f, None]) for f in range(N_FOLDS)]
        return cls(terms, values, fold, np.array(moments))

    def places(self, columns: tuple[int, ...]) -> Ints:
        """Return the places of the intercept and of the columns' terms."""
        return np.array([0, *(place for place, t in enumerate(self.terms, start=1) if t.column in columns)])

    def unseen(self, columns: tuple[int, ...]) -> Vector:
        """Return what is told of each row by a fit on the other folds."""
        places, told = self.places(columns), np.empty(len(self.values))
        for f in range(N_FOLDS):
            rows = self.fold == f
            told[rows] = self.values[np.ix_(rows, places)] @ self._without(f, places)
        return told

    def unseen_loss(self, columns: tuple[int, ...]) -> float:
        """Return the summed squared error of `unseen`, from sums alone."""
        places, loss = self.places(columns), 0.0
        for f in range(N_FOLDS):
            found, here = self._without(f, places), self.moments[f]
            squares = found @ here[np.ix_(places, places)] @ found
            loss += here[-1, -1] - 2 * found @ here[places, -1] + squares
        return float(loss)

    def _without(self, f: int, places: Ints) -> Vector:
        return _ridge(self.moments.sum(axis=0) - self.moments[f], places)

    def part(self, columns: tuple[int, ...], n_columns: int) -> LinearPart:
        """Return the regression on some columns, by every row."""
        places = self.places(columns)
        found, moments = _ridge(self.moments.sum(axis=0), places), self.moments.sum(axis=0)
        means = moments[0, places] / moments[0, 0]
        fitted = (
            self.terms[place - 1].model_copy(update={"coefficient": float(coefficient), "mean": float(mean)})
            for place, coefficient, mean in zip(places[1:], found[1:], means[1:], strict=True)
        )
        return LinearPart(n_columns=n_columns, intercept=float(found[0]), terms=tuple(fitted))


def fit_few_columns(lessons: Lessons, encoding: Encoding, left_out: frozenset[int] = frozenset()) -> LinearPart:
    """Return a regression on at most `MOST_COLUMNS` columns, the average alone where none helps.

    A column is added if, of all, it makes the error on unseen groups the least, and less than without it by more than
    `BEYOND_CHANCE` standard errors over groups. Its terms are shrunk by a ridge penalty; the intercept is free.

    Parameters
    ----------
    left_out
        Positions of columns that may not be used.
    """
    design = _Design.of(lessons, encoding, left_out)
    chosen: tuple[int, ...] = ()
    while len(chosen) < MOST_COLUMNS:
        others = sorted({term.column for term in design.terms} - set(chosen))
        if not others:
            break
        more = (*chosen, min(others, key=lambda column: design.unseen_loss((*chosen, column))))
        now, then = ((lessons.y - design.unseen(columns)) ** 2 for columns in (chosen, more))
        gain, error = mean_and_error(now - then, lessons.weight, lessons.groups)
        if not is_beyond_chance(gain, error):
            break
        chosen = more
    return design.part(chosen, lessons.encoded.shape[1])


def folds_of(groups: NDArray[np.int64], n_folds: int = N_FOLDS) -> Ints:
    """Return the fold of each row: groups stay whole, and neighbours among them are spread."""
    distinct, codes = np.unique(groups, return_inverse=True)
    shuffled = np.random.default_rng(0).permutation(len(distinct))
    return np.asarray(shuffled[codes] % n_folds, dtype=np.int64)


def mean_and_error(values: Vector, weight: Vector, groups: NDArray[np.int64]) -> tuple[float, float]:
    """Return a weighted mean and its standard error, where the rows of a group come and go together.

    Examples
    --------
    >>> mean, error = mean_and_error(np.array([1.0, 1.0, 3.0, 3.0]), np.ones(4), np.array([0, 0, 1, 1]))
    >>> mean, round(error, 3)
    (2.0, 0.707)
    """
    mean = float(np.average(values, weights=weight))
    _, codes = np.unique(groups, return_inverse=True)
    apart = np.bincount(codes, weight * (values - mean))
    return mean, float(np.sqrt((apart**2).sum()) / weight.sum())


def is_beyond_chance(gain: float, error: float) -> bool:
    """Tell whether a mean gain is more than `BEYOND_CHANCE` standard errors, and more than rounding.

    Examples
    --------
    >>> is_beyond_chance(0.3, 0.1), is_beyond_chance(0.1, 0.1), is_beyond_chance(1e-17, 1e-18)
    (True, False, False)
    """
    return gain > max(BEYOND_CHANCE * error, NOTHING)


def _ridge(moments: NDArray[np.float64], places: Ints) -> Vector:
    """Return the intercept and the coefficients of some terms."""
    penalty = np.full(len(places), PENALTY)
    penalty[0] = 1e-9
    found = np.linalg.solve(moments[np.ix_(places, places)] + np.diag(penalty), moments[places, -1])
    return np.asarray(found, dtype=np.float64)
