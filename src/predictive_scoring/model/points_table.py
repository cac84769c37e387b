"""A fair points table: what a careful marketer would write down after counting the training window."""

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.model.encoding import Encoding, Matrix

Vector = NDArray[np.float64]
N_QUESTIONS = 6
MOST_POINTS = 10
_N_BINS = 5
_PRIOR_ROWS = 50.0  # added to each bin at the average rate: a small bin earns few points
_TOO_ALIKE = 0.7  # correlation of points above which a question asks what another has asked


class Question(Block):
    """One line of the table: a column cut into bins, whole points for each bin, the last for 'not known'."""

    name: str
    column: int
    edges: tuple[float, ...]  # of a number: bin i is [edge i-1, edge i)
    levels: tuple[int, ...]  # of a category: codes, a bin each; what is not listed is 'not known'
    points: tuple[int, ...]

    def bins(self, values: Vector) -> NDArray[np.int64]:
        """Return the bin of each value of the encoded column."""
        last = len(self.points) - 1
        if self.levels:
            codes = np.full(int(max(np.nanmax(values, initial=0.0), *self.levels)) + 1, last)
            codes[list(self.levels)] = np.arange(len(self.levels))
            return codes[values.astype(np.int64)]
        found = np.searchsorted(self.edges, values, side="right")
        return np.where(np.isnan(values), last, found).astype(np.int64)


class PointsTable(Block):
    """A handful of questions whose points are added up."""

    questions: tuple[Question, ...]

    def totals(self, encoded: Matrix) -> Vector:
        """Return each row's points, shape (n,)."""
        total = np.zeros(len(encoded))
        for question in self.questions:
            total += np.array(question.points)[question.bins(encoded[:, question.column])]
        return total


def fit_points_table(
    encoded: Matrix, y: Vector, weight: Vector, encoding: Encoding, n_questions: int = N_QUESTIONS
) -> PointsTable:
    """Return a table made of the training window: the most telling columns that do not repeat each other.

    With one question it is the best single column, chosen and cut on the training window alone.

    A bin's points are its weight of evidence, ``log(odds in the bin / odds overall)``, shrunk to the average by 50
    rows, scaled so that the widest gap within a question is ten points, and rounded. Columns are ranked by
    information value, ``Σ (share of converting - share of others) · evidence`` (Siddiqi 2006, "Credit risk
    scorecards", chapter 6).
    """
    drafts = []
    for column in range(len(encoding.columns)):
        question = _blank(encoded[:, column], encoding, column)
        if question is not None:
            bins = question.bins(encoded[:, column])
            evidence, information = _evidence(bins, len(question.points), y, weight)
            drafts.append((information, column, question, bins, evidence))
    drafts.sort(key=lambda draft: (-draft[0], draft[1]))
    kept: list[tuple[Question, Vector]] = []
    rows: list[Vector] = []
    for _, _, question, bins, evidence in drafts:
        if len(kept) == n_questions:
            break
        shown = evidence[bins]
        if shown.std() > 0 and all(abs(np.corrcoef(shown, other)[0, 1]) < _TOO_ALIKE for other in rows):
            kept.append((question, evidence))
            rows.append(shown)
    unit = max((float(np.ptp(evidence)) for _, evidence in kept), default=1.0) / MOST_POINTS
    return PointsTable(
        questions=tuple(
            question.model_copy(update={"points": tuple(int(point) for point in np.round(evidence / unit))})
            for question, evidence in kept
        )
    )


def _blank(values: Vector, encoding: Encoding, position: int) -> Question | None:
    column = encoding.columns[position]
    if column.kind == "category":
        levels = tuple(int(code) for code in np.unique(values))
        if len(levels) < 2:
            return None
        blank = (0,) * (len(levels) + 1)
        return Question(name=column.name, column=position, edges=(), levels=levels, points=blank)
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return None
    cuts = np.quantile(known, np.arange(1, _N_BINS) / _N_BINS)
    above = known[known > known.min()]  # many counts are mostly zero: one cut stands above it
    edges = np.unique(np.append(cuts, above.min())) if len(above) else np.array([known.min()])
    edges = edges[edges > known.min()] if len(above) else edges
    return Question(
        name=column.name,
        column=position,
        edges=tuple(float(edge) for edge in edges),
        levels=(),
        points=(0,) * (len(edges) + 2),
    )


def _evidence(bins: NDArray[np.int64], n_bins: int, y: Vector, weight: Vector) -> tuple[Vector, float]:
    rate = float(np.average(y, weights=weight))
    converting = np.bincount(bins, weight * y, n_bins)
    others = np.bincount(bins, weight * (1 - y), n_bins)
    odds = (converting + _PRIOR_ROWS * rate) / (others + _PRIOR_ROWS * (1 - rate))
    evidence = np.log(odds) - np.log(rate / (1 - rate))
    gap = converting / max(converting.sum(), 1e-12) - others / max(others.sum(), 1e-12)
    return evidence, float((gap * evidence).sum())
