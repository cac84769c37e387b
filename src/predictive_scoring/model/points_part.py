"""A points table written as the terms of a linear part, so that it scores and explains as any model does."""

from collections.abc import Iterator

import numpy as np

from predictive_scoring.model.encoding import Encoding, Matrix
from predictive_scoring.model.linear import LinearPart, Term, Vector
from predictive_scoring.model.points_table import PointsTable, Question


def as_linear_part(
    table: PointsTable, line: tuple[float, float], encoded: Matrix, weight: Vector, encoding: Encoding
) -> LinearPart:
    """Return the linear part whose log-odds are ``offset + slope · points`` for every row.

    Parameters
    ----------
    line
        Offset and slope, in log-odds.
    encoded, weight
        The training rows, whose mean each term's contribution is counted from.
    """
    offset, slope = line
    terms, base = [], offset
    for question in table.questions:
        base += slope * question.points[-1]  # of a value that is not known; each other bin is told by its difference
        for term in _terms(question, slope):
            mean = float(np.average(term.values(encoded[:, term.column]), weights=weight))
            terms.append(term.model_copy(update={"mean": mean}))
    return LinearPart(n_columns=len(encoding.columns), intercept=base, terms=tuple(terms))


def _terms(question: Question, slope: float) -> Iterator[Term]:
    last = question.points[-1]
    for level, points in zip(question.levels, question.points, strict=False):
        if points != last:
            yield Term(column=question.column, kind="level", level=level, coefficient=slope * (points - last))
    if question.levels:
        return
    ends = [None, *question.edges, None]
    for place, points in enumerate(question.points[:-1]):
        if points != last:
            yield Term(
                column=question.column,
                kind="range",
                low=ends[place],
                high=ends[place + 1],
                coefficient=slope * (points - last),
            )
