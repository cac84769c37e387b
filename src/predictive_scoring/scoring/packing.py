"""Feature rows and what was found of them as rows of numbers, so that they can wait on disk for their rank."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.explain.explanation import Explanation
from predictive_scoring.features.definition import Catalogue

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Vocabulary:
    """The values of one category that were met so far, in the order in which they were met."""

    place: dict[str, int] = field(default_factory=dict)

    def codes(self, values: "pd.Series[str]") -> NDArray[np.int64]:
        """Return each row's place, -1 where missing; values not met before are added."""
        codes, texts = pd.factorize(values)
        places = [self.place.setdefault(str(text), len(self.place)) for text in texts]
        return np.array([*places, -1], dtype=np.int64)[codes]

    def values(self, codes: NDArray[np.float64]) -> "pd.Categorical[str]":
        """Return the values at some places."""
        return pd.Categorical.from_codes(codes.astype(np.int64), pd.Index(list(self.place), dtype=str))


class Packing:
    """The layout of a row: features, points, then raw, score, fit and engagement, all float64.

    Whole numbers and places in a vocabulary are exact in float64, so what comes back is what went in.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._features = catalogue.features
        self._points = slice(len(catalogue.features), len(catalogue.features) + len(catalogue.concepts))
        self._words = {f.name: Vocabulary() for f in catalogue.features if f.type == "category"}
        self.width = self._points.stop + 4

    def pack(self, frame: pd.DataFrame, found: Explanation) -> Matrix:
        """Return the rows, shape (n, width)."""
        packed: Matrix = np.empty((self.width, len(frame)))
        for place, feature in enumerate(self._features):
            words = self._words.get(feature.name)
            packed[place] = words.codes(frame[feature.name]) if words else frame[feature.name].to_numpy(np.float64)
        packed[self._points] = found.points.T
        packed[self._points.stop :] = found.raw, found.score, found.fit, found.engagement
        return np.ascontiguousarray(packed.T)

    def frame(self, rows: Matrix) -> pd.DataFrame:
        """Return the feature rows that were packed."""
        columns = np.ascontiguousarray(rows[:, : len(self._features)].T)
        series: dict[str, object] = {}
        for column, feature in zip(columns, self._features, strict=True):
            words = self._words.get(feature.name)
            series[feature.name] = words.values(column) if words else column
        return pd.DataFrame(series, index=pd.RangeIndex(len(rows)))

    def explanation(self, rows: Matrix, probability: NDArray[np.float64], base: float) -> Explanation:
        """Return what was found of the rows; the probability is kept elsewhere, since ranks need all of them."""
        raw, score, fit, engagement = rows[:, self._points.stop :].T
        return Explanation(
            probability=probability,
            base=np.full(len(rows), base),
            points=rows[:, self._points],
            score=score.astype(np.int64),
            fit=fit.astype(np.int64),
            engagement=engagement.astype(np.int64),
            raw=raw.copy(),
        )
