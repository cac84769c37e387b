"""What history says of leads like this one: how many there were, and how many of them converted."""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.explain.bands import Banding

Floats = npt.NDArray[np.float64]
Signs = npt.NDArray[np.int8]
Share = Annotated[float, Field(ge=0, le=1)]
Rows = Literal["unseen", "mature"]

TOO_FEW = 30  # leads; of fewer no rate is told
AGREES, CONTRADICTS, UNCLEAR = 1, -1, 0


class BandRate(Block):
    """How the leads of one band went.

    Leads are counted, however often each was looked at. The rate is the share of the looks that were followed by a
    conversion within the horizon, as a chance is meant; its interval knows that looks at one account go together.
    """

    n: int = Field(ge=0)  # leads
    converting: int = Field(ge=0)  # leads
    rate: Share
    low: Share
    high: Share
    points: float | None = None  # the model's view: the mean points of the band, None where there is none to see

    @property
    def is_told(self) -> bool:
        """Whether there are leads enough to tell a rate."""
        return self.n >= TOO_FEW

    def side(self, base: float) -> int:
        """Return 1 if the band converted more than the average, -1 if less, 0 if it cannot be told."""
        return int(np.sign(self.rate - base)) if self.is_told else 0

    def is_sure(self, base: float) -> bool:
        """Whether the interval leaves out the average."""
        return self.is_told and not self.low <= base <= self.high

    def view(self, points: float, base: float) -> bool | None:
        """Return whether this evidence points the way that some points do; None: it cannot be told.

        A rate on the other side of the average contradicts only where its interval leaves the average out.
        """
        side = self.side(base)
        if side == 0 or points == 0:
            return None
        return True if side == np.sign(points) else (False if self.is_sure(base) else None)


class ConceptEvidence(Block):
    """A concept's bands, and how the leads of each went."""

    banding: Banding
    bands: tuple[BandRate, ...]


class Evidence(Block):
    """The leads of the past by what was known of them, each look as of its own instant; in the order of the concepts.

    `rows` says which: `unseen`, those that the model's trees were not fitted to (later than its training), or `mature`,
    every lead whose horizon was over, where too few of the unseen ones converted.
    """

    rows: Rows
    n_leads: int = Field(ge=0)
    n_converting: int = Field(ge=0)
    base_rate: Share
    level: Share
    first_as_of: datetime | None = None
    last_as_of: datetime | None = None
    concepts: tuple[ConceptEvidence, ...]
    families: tuple[tuple[str, ...], ...] = ()  # concepts that say much the same of leads, see `explain.families`

    @cached_property
    def pool(self) -> "Pool":
        """The bands of all concepts in one list of each figure."""
        return Pool.of(self)


class Pool:
    """Every band of every concept, one behind the other: a reason takes its figures from its band's place."""

    def __init__(self, evidence: Evidence, bands: list[BandRate], starts: npt.NDArray[np.int64]) -> None:
        self.starts = starts  # (n_concepts,), the place of each concept's first band
        self.n = np.array([band.n for band in bands], dtype=np.int64)
        # what was true of every lead compares nobody with anybody: "leads like this" would be all of them
        self.is_everybody = np.array(
            [band.n == sum(b.n for b in concept.bands) for concept in evidence.concepts for band in concept.bands],
            dtype=np.bool_,
        ) & (self.n > 0)
        self.is_told = np.array([band.is_told for band in bands], dtype=np.bool_) & ~self.is_everybody
        self.rates = {name: np.array([getattr(band, name) for band in bands]) for name in ("rate", "low", "high")}
        self._side = np.array([band.side(evidence.base_rate) for band in bands], dtype=np.int8)
        self._sure = np.array([band.is_sure(evidence.base_rate) for band in bands], dtype=np.bool_)
        self._bandings = [concept.banding for concept in evidence.concepts]

    @classmethod
    def of(cls, evidence: Evidence) -> "Pool":
        """Return the bands of an evidence."""
        lengths = [len(concept.bands) for concept in evidence.concepts]
        starts = np.concatenate(([0], np.cumsum(lengths)))[:-1].astype(np.int64)
        return cls(evidence, [band for concept in evidence.concepts for band in concept.bands], starts)

    def places(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return where each lead's band of each concept stands, shape (n, n_concepts)."""
        if not self._bandings:
            return np.zeros((len(frame), 0), dtype=np.int64)
        codes = np.stack([banding.codes(frame) for banding in self._bandings], axis=1)
        return np.asarray(self.starts + codes)

    def agreement(self, places: npt.NDArray[np.int64], points: Floats) -> Signs:
        """Return for reasons at some places `AGREES`, `CONTRADICTS` or `UNCLEAR`, as `BandRate.view` has it."""
        direction = np.sign(points).astype(np.int8)
        side = self._side[places]
        against = (side == -direction) & self._sure[places]
        found = np.where(side == direction, AGREES, np.where(against, CONTRADICTS, UNCLEAR))
        return np.where((side == 0) | (direction == 0), UNCLEAR, found).astype(np.int8)
