"""From features to business concepts: a lead has a handful of reasons, not ninety columns."""

import numpy as np
import numpy.typing as npt

from predictive_scoring.errors import ConfigurationError
from predictive_scoring.features.definition import Catalogue, Group

Floats = npt.NDArray[np.float64]


def concept_of_each_feature(catalogue: Catalogue) -> npt.NDArray[np.intp]:
    """Return, for each feature in order, the place of its concept in `catalogue.concepts`.

    Raises
    ------
    ConfigurationError
        If a feature names a concept that the catalogue does not declare, or a concept is declared twice.
    """
    names = [concept.name for concept in catalogue.concepts]
    place = {name: i for i, name in enumerate(names)}
    if len(place) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ConfigurationError(f"catalogue: {len(twice)} concepts are declared twice: {twice}")
    unknown = sorted({feature.concept for feature in catalogue.features} - place.keys())
    if unknown:
        raise ConfigurationError(
            f"catalogue: {len(unknown)} concepts are used and not declared: {unknown}",
            expected=f"concepts among {sorted(place)}",
        )
    return np.array([place[feature.concept] for feature in catalogue.features], dtype=np.intp)


def fold(contributions: Floats, catalogue: Catalogue) -> Floats:
    """Return the contributions of concepts: each is the sum of its features' contributions.

    Parameters
    ----------
    contributions
        Shape (n, n_features), log-odds, in the order of the catalogue's features.

    Returns
    -------
    numpy.ndarray
        Shape (n, n_concepts), log-odds; every row has the same sum as before.

    Raises
    ------
    ConfigurationError
        If the number of columns is not the number of features.
    """
    if contributions.shape[1] != len(catalogue.features):
        raise ConfigurationError(
            "contributions do not follow the catalogue",
            found=f"{contributions.shape[1]} columns",
            expected=f"{len(catalogue.features)}, one a feature",
        )
    folded = np.zeros((len(contributions), len(catalogue.concepts)))
    for column, concept in enumerate(concept_of_each_feature(catalogue)):
        folded[:, concept] += contributions[:, column]
    return folded


def sum_of_groups(by_concept: Floats, catalogue: Catalogue, groups: tuple[Group, ...]) -> Floats:
    """Return, for each row, the sum over the concepts of some groups; shape (n,), the unit of `by_concept`."""
    return row_sums(by_concept[:, [concept.group in groups for concept in catalogue.concepts]])


def row_sums(matrix: Floats) -> Floats:
    """Return the sum of each row, added column by column.

    numpy chooses the order of a sum by memory layout, which is not the same for one row as for many: a lead scored
    alone could differ from itself in a batch in the last bit.
    """
    total = np.zeros(len(matrix))
    for column in range(matrix.shape[1]):
        total += matrix[:, column]
    return total
