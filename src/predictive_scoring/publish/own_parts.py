"""A bundle's models of their own for parts of the leads: which of its models speaks of which row, and what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.config.base import Block
from predictive_scoring.explain.evidence import Evidence
from predictive_scoring.explain.explanation import Explanation, explain
from predictive_scoring.explain.reference import Reference
from predictive_scoring.features.definition import Catalogue
from predictive_scoring.features.segment import Where, members
from predictive_scoring.model.scorer import Scorer
from predictive_scoring.storage import read_json, write_json

SUFFIX = "segment.json"  # its files bear the segment's name before those of the shared model: es.model.txt
MODEL_PARTS = ("model.txt", "linear.json", "encoding.json", "calibrator.json")

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


class _Told(Block):
    """What lies beside a segment's model."""

    where: dict[str, tuple[str, ...]]
    reference: Reference
    evidence: Evidence


@dataclass(frozen=True)
class OwnPart:
    """A segment with the model that speaks of its leads, what its reasons start from, and how its leads went."""

    name: str
    where: Where
    scorer: Scorer
    reference: Reference
    evidence: Evidence

    @property
    def prefix(self) -> str:
        """What its files' names begin with."""
        return f"{self.name}."

    def save(self, folder: Path) -> None:
        """Write its files into a bundle's folder."""
        told = _Told(where=dict(self.where), reference=self.reference, evidence=self.evidence)
        write_json(folder / f"{self.prefix}{SUFFIX}", told.model_dump(mode="json"))
        self.scorer.save(folder, self.prefix)

    @classmethod
    def load(cls, folder: Path, name: str) -> "OwnPart":
        """Return the segment of a name in a bundle's folder; verify the files first."""
        told = _Told.model_validate(read_json(folder / f"{name}.{SUFFIX}"))
        return cls(name, told.where, Scorer.load(folder, prefix=f"{name}."), told.reference, told.evidence)


def names_in(files: Sequence[str]) -> list[str]:
    """Return the segments that a bundle's files are of, in order.

    Examples
    --------
    >>> names_in(["model.txt", "iberia.segment.json", "iberia.model.txt"])
    ['iberia']
    """
    return sorted(name.removesuffix(f".{SUFFIX}") for name in files if name.endswith(f".{SUFFIX}"))


def parts_of_segment(name: str) -> frozenset[str]:
    """Return the files that a segment must have."""
    return frozenset(f"{name}.{part}" for part in (SUFFIX, *MODEL_PARTS))


def spoken(frame: pd.DataFrame, own: Sequence[OwnPart]) -> Iterator[tuple[Rows, pd.DataFrame, OwnPart | None]]:
    """Yield which rows each model speaks of, and the rows; None: the shared model. Every row is spoken of once."""
    if not own:
        yield np.arange(len(frame)), frame, None
        return
    left = np.ones(len(frame), dtype=np.bool_)
    for each in own:
        inside = members(frame, each.where)
        left &= ~inside
        if inside.any():
            yield np.flatnonzero(inside), frame.loc[inside].reset_index(drop=True), each
    if left.any() or not len(frame):
        yield np.flatnonzero(left), frame.loc[left].reset_index(drop=True), None


def put_together(parts: Sequence[tuple[Rows, NDArray[Any]]]) -> NDArray[Any]:
    """Return the values of all rows, in the order of the rows.

    Examples
    --------
    >>> put_together([(np.array([1]), np.array([0.2])), (np.array([0, 2]), np.array([0.1, 0.3]))]).tolist()
    [0.1, 0.2, 0.3]
    """
    if len(parts) == 1:
        return parts[0][1]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return np.asarray(np.concatenate([values for _, values in parts])[order])


def explain_each(
    shared: tuple[Scorer, Reference], catalogue: Catalogue, own: Sequence[OwnPart], frame: pd.DataFrame
) -> Explanation:
    """Return chances and the concepts' points of feature rows, each by the model that speaks of it."""
    told = [
        (rows, explain(*(shared if part is None else (part.scorer, part.reference)), catalogue, among))
        for rows, among, part in spoken(frame, own)
    ]
    names = [each.name for each in fields(Explanation)]
    return Explanation(**{name: put_together([(rows, getattr(found, name)) for rows, found in told]) for name in names})


def chances_of(shared: Scorer, own: Sequence[OwnPart], frame: pd.DataFrame) -> Floats:
    """Return the chances of feature rows, each by the model that speaks of it."""
    scorers = [(rows, among, shared if part is None else part.scorer) for rows, among, part in spoken(frame, own)]
    return put_together([(rows, scorer.probability(scorer.raw(among))) for rows, among, scorer in scorers])
