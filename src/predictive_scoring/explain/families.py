"""Concepts that say much the same of leads: a model may credit either, so readers are shown one of them.

A job level read from the title and a seniority chosen on the form, a company's headcount and its revenue, visits and
activity as a whole: which of two such concepts a model leans on depends on the leads that it was trained with, while
their sum hardly does. So concepts whose values go together form a family. Every concept keeps its own points, and the
points still add up; the few reasons that are read at a glance hold one of each family.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.explain.bands import Banding
from predictive_scoring.features.definition import Catalogue

Floats = npt.NDArray[np.float64]
Family = tuple[str, ...]
TOGETHER: Final = 0.6  # the least association between any two concepts of a family
AS_ONE: Final = 0.95  # the correlation from which on what two concepts move is one fact told twice
STILL: Final = 1e-3  # log-odds: what moves less does not move
LEAST_ROWS: Final = 100  # on which both are known


def families(
    catalogue: Catalogue, frame: pd.DataFrame, bandings: tuple[Banding, ...], moved: Floats
) -> tuple[Family, ...]:
    """Return the families of two and more concepts, each in the order of the catalogue's concepts.

    Two concepts go together, among leads of whom both are known, by how their bands do: Cramér's V with the correction
    for its bias (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002); or if what they move rises and falls as one, whatever
    their bands: days since the creation and since the first touch, which was the form that made the lead. A family is
    made by joining the closest first, as long as every pair in it goes together (complete linkage), so that a chain of
    likenesses makes none.

    Parameters
    ----------
    moved
        What each concept moves of each lead of `frame`, shape (n, n_concepts), in log-odds: in probability a lead's
        points share a factor, by which even concepts that never move would seem to go together.
    """
    codes = [banding.codes(frame) for banding in bandings]
    told = [found != banding.unknown for found, banding in zip(codes, bandings, strict=True)]
    columns = np.ascontiguousarray(moved.T)  # there are as many pairs as half the square of the concepts
    n = len(bandings)
    alike = np.eye(n)
    for one in range(n):
        for other in range(one):
            known = np.flatnonzero(told[one] & told[other])
            found = association(codes[one][known], codes[other][known])
            moving = abs(correlation(columns[one][known], columns[other][known]))
            alike[one, other] = alike[other, one] = max(found, moving if moving >= AS_ONE else 0.0)
    names = [concept.name for concept in catalogue.concepts]
    return tuple(tuple(names[place] for place in group) for group in joined(alike) if len(group) > 1)


def association(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Return Cramér's V between two columns of small codes, corrected for bias: 0 unrelated, 1 one tells the other.

    Examples
    --------
    >>> codes = np.arange(300) % 3
    >>> round(association(codes, 2 - codes), 6), association(codes, np.zeros(300, dtype=np.int64))
    (1.0, 0.0)
    """
    n = len(one)
    if n < LEAST_ROWS:
        return 0.0
    one, other = one - one.min(), other - other.min()
    n_rows, n_columns = int(one.max()) + 1, int(other.max()) + 1
    table = np.bincount(one * n_columns + other, minlength=n_rows * n_columns).reshape(n_rows, n_columns)
    table = table[table.any(axis=1)][:, table.any(axis=0)]  # codes that nobody has are no rows and no columns
    n_rows, n_columns = table.shape
    if min(n_rows, n_columns) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (n_rows - 1) * (n_columns - 1) / (n - 1))
    rows, columns = n_rows - (n_rows - 1) ** 2 / (n - 1), n_columns - (n_columns - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi / min(rows - 1, columns - 1)))


def correlation(one: Floats, other: Floats) -> float:
    """Return how far two columns of log-odds rise and fall as one, from -1 to 1; 0 if one of them hardly moves.

    Examples
    --------
    >>> moved = np.arange(200.0)
    >>> round(correlation(moved, 3 - 2 * moved), 6), correlation(moved, np.full(200, 0.1))
    (-1.0, 0.0)
    """
    if len(one) < LEAST_ROWS or min(np.ptp(one), np.ptp(other)) < STILL:
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def joined(alike: Floats) -> list[list[int]]:
    """Return groups of places, closest pairs joined first while every pair of a group is at least `TOGETHER` alike."""
    groups = [[place] for place in range(len(alike))]
    while True:
        best, pair = TOGETHER, None
        for one in range(len(groups)):
            for other in range(one):
                least = float(alike[np.ix_(groups[one], groups[other])].min())
                if least >= best:
                    best, pair = least, (other, one)
        if pair is None:
            return sorted(sorted(group) for group in groups)
        groups[pair[0]] += groups.pop(pair[1])
