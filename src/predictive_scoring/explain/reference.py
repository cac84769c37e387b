"""What a lead is compared with: the reference leads' average chance, centres and ranks."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.errors import BundleRefusedError, DataContractError
from predictive_scoring.explain.concepts import fold, row_sums, sum_of_groups
from predictive_scoring.explain.link import Additive, Calibrated
from predictive_scoring.explain.percentiles import percentile_table
from predictive_scoring.explain.points import probability_points
from predictive_scoring.explain.tilt import bisect, tilted_weights
from predictive_scoring.features.definition import Catalogue, Group

Floats = npt.NDArray[np.float64]
FIT: tuple[Group, ...] = ("fit", "source")
ENGAGEMENT: tuple[Group, ...] = ("engagement", "timing")
_SAME_BASE = 1e-6  # log-odds; the sum of the centres is exact to rounding
Table = Annotated[tuple[float, ...], Field(min_length=99, max_length=99)]


class Reference(Block):
    """Fitted once on the reference leads, then carried by the bundle.

    A concept's centre is its mean contribution among reference leads that are reweighted so that their mean log-odds
    are those of the average chance. The centred contributions of a lead then sum exactly to its log-odds minus the
    base's, and a lead that is typical in a concept gets no points for it.
    """

    n_rows: int = Field(ge=1)
    base_probability: float = Field(gt=0, lt=1)
    base_raw: float
    concepts: tuple[str, ...]
    centres: tuple[float, ...]  # log-odds, in the order of `concepts`
    mean_abs_points: tuple[float, ...]  # how much each concept moves the probability of a reference lead, on average
    probability_table: Table
    fit_table: Table
    engagement_table: Table

    def centred(self, contributions: Floats, catalogue: Catalogue) -> Floats:
        """Return the concepts' contributions relative to the base; shape (n, n_concepts), log-odds.

        Parameters
        ----------
        contributions
            Shape (n, n_features + 1), log-odds, the model's expected value last.

        Raises
        ------
        BundleRefusedError
            If the catalogue's concepts, or the model's expected value, are not those of this reference.
        """
        names = tuple(concept.name for concept in catalogue.concepts)
        if names != self.concepts:
            raise BundleRefusedError(
                "reference and catalogue speak of different concepts",
                found=sorted(set(names) ^ set(self.concepts)) or "another order",
                fix="publish the bundle anew: its files are not of one training",
            )
        gap = float(np.abs(contributions[:, -1] + sum(self.centres) - self.base_raw).max(initial=0.0))
        if not gap <= _SAME_BASE:
            raise BundleRefusedError(
                "reference and model start from different averages",
                found=f"{gap:.3g} log-odds apart",
                fix="publish the bundle anew: its files are not of one training",
            )
        return np.asarray(fold(contributions[:, :-1], catalogue) - np.array(self.centres))


def fit_reference(
    scorer: Additive, catalogue: Catalogue, frame: pd.DataFrame, weights: Floats | None = None
) -> Reference:
    """Return the reference of a model, fitted on feature rows that it was calibrated on.

    Parameters
    ----------
    frame
        Feature rows of the reference leads, n >= 1.
    weights
        Shape (n,), positive: what each row counts; equal if not given.

    Raises
    ------
    DataContractError
        If there is no row.
    """
    if not len(frame):
        raise DataContractError("reference: no rows to compare leads with", fix="lengthen the calibration window")
    w = np.ones(len(frame)) if weights is None else np.asarray(weights, dtype=np.float64)
    w = w / w.sum()
    contributions = np.asarray(scorer.contributions(frame), dtype=np.float64)
    by_concept = fold(contributions[:, :-1], catalogue)
    raw = contributions[:, -1] + row_sums(by_concept)
    probability = scorer.calibrator.probability(raw)
    base_raw = raw_of(scorer.calibrator, float(w @ probability), raw)
    tilted = tilted_weights(raw, w, base_raw)
    centred = by_concept - (tilted @ by_concept)
    points, _ = probability_points(centred, base_raw, scorer.calibrator)
    return Reference(
        n_rows=len(frame),
        base_probability=float(scorer.calibrator.probability(np.array([base_raw]))[0]),
        base_raw=base_raw,
        concepts=tuple(concept.name for concept in catalogue.concepts),
        centres=tuple(float(c) for c in tilted @ by_concept),
        mean_abs_points=tuple(float(mean) for mean in w @ np.abs(points)),
        probability_table=percentile_table(probability, w),
        fit_table=percentile_table(sum_of_groups(centred, catalogue, FIT), w),
        engagement_table=percentile_table(sum_of_groups(centred, catalogue, ENGAGEMENT), w),
    )


def raw_of(calibrator: Calibrated, probability: float, raw: Floats) -> float:
    """Return the log-odds with a given probability, searched between the bounds of `raw`."""
    low, high = float(raw.min()), float(raw.max())

    def above(r: float) -> float:
        return float(calibrator.probability(np.array([r]))[0]) - probability

    return low if low == high else bisect(above, low, high)
