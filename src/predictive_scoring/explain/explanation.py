"""A batch of leads, explained in numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictive_scoring.explain.concepts import row_sums, sum_of_groups
from predictive_scoring.explain.link import Additive
from predictive_scoring.explain.percentiles import percentile_of
from predictive_scoring.explain.points import probability_points
from predictive_scoring.explain.reference import ENGAGEMENT, FIT, Reference
from predictive_scoring.features.definition import Catalogue

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Explanation:
    """Chances, ranks and what moved them, a row a lead; ``base + points.sum(axis=1) == probability``."""

    probability: Floats  # (n,), calibrated, in [0, 1]
    base: Floats  # (n,), the average chance that the points start from: of those whom the row's model speaks of
    points: Floats  # (n, n_concepts), differences in probability
    score: Ints  # (n,), 1-100 among the reference leads
    fit: Ints  # (n,), 1-100: what the account and the person are, and where they came from
    engagement: Ints  # (n,), 1-100: what they did, and when
    raw: Floats  # (n,), log-odds before calibration


def explain(scorer: Additive, reference: Reference, catalogue: Catalogue, frame: pd.DataFrame) -> Explanation:
    """Return the explanation of feature rows; each row's is the same in any batch.

    Raises
    ------
    ConfigurationError
        If the scorer's contributions do not follow the catalogue.
    BundleRefusedError
        If the reference was fitted on other concepts.
    """
    if not len(frame):
        none: Ints = np.zeros(0, dtype=np.int64)
        empty = np.zeros((0, len(catalogue.concepts)))
        return Explanation(np.zeros(0), np.zeros(0), empty, none, none, none, np.zeros(0))
    contributions = np.asarray(scorer.contributions(frame), dtype=np.float64)
    centred = reference.centred(contributions, catalogue)
    points, probability = probability_points(centred, reference.base_raw, scorer.calibrator)
    return Explanation(
        probability=probability,
        base=np.full(len(probability), reference.base_probability),
        points=points,
        score=percentile_of(probability, reference.probability_table),
        fit=percentile_of(sum_of_groups(centred, catalogue, FIT), reference.fit_table),
        engagement=percentile_of(sum_of_groups(centred, catalogue, ENGAGEMENT), reference.engagement_table),
        raw=reference.base_raw + row_sums(centred),
    )
