"""How good the reasons are: do they name what moves the score, does history agree, how few of them tell the most."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictive_scoring.explain.concepts import concept_of_each_feature
from predictive_scoring.explain.evidence import AGREES, CONTRADICTS, UNCLEAR, Evidence
from predictive_scoring.features.definition import Catalogue

Floats = NDArray[np.float64]
Raw = Callable[[pd.DataFrame], Floats]

N_FIRST: Final = 3
N_DONORS: Final = 20
SHARES: Final = (0.5, 0.8, 0.9)


def coverage(points: Floats) -> dict[str, Any]:
    """Return how much of all movement the strongest reasons carry, and how many of them carry so much.

    Movement of a lead is the sum of the sizes of its points; leads that nothing moves are left out.

    Parameters
    ----------
    points
        Shape (n, n_concepts), differences in probability.

    Examples
    --------
    >>> found = coverage(np.array([[0.3, -0.1, 0.0, 0.0], [0.1, 0.1, 0.1, 0.1]]))
    >>> found["share_of_first_3"], found["reasons_for_80pct"]
    (0.875, 3.0)
    """
    size = -np.sort(-np.abs(points), axis=1)
    total = size.sum(axis=1)
    size, total = size[total > 0], total[total > 0]
    if not len(total):
        return {"leads": 0}
    reached = np.cumsum(size, axis=1) / total[:, None]
    first = {f"share_of_first_{k}": float(reached[:, min(k, reached.shape[1]) - 1].mean()) for k in (1, 3, 6)}
    needed = {
        f"reasons_for_{share:.0%}".replace("%", "pct"): float(np.median((reached < share - 1e-12).sum(axis=1) + 1))
        for share in SHARES
    }
    return {"leads": len(total), **first, **needed}


def signs(points: Floats, frame: pd.DataFrame, evidence: Evidence, n_first: int = N_FIRST) -> dict[str, Any]:
    """Return how often history leans the way that a reason does, for every reason and for the first on each side.

    Returns
    -------
    dict
        all and first, each with reasons, agrees, unclear and contradicts (shares of the reasons).
    """
    agreement = evidence.pool.agreement(evidence.pool.places(frame), points)
    rank_up = np.argsort(np.argsort(-points, axis=1, kind="stable"), axis=1)
    rank_down = np.argsort(np.argsort(points, axis=1, kind="stable"), axis=1)
    first = ((points > 0) & (rank_up < n_first)) | ((points < 0) & (rank_down < n_first))
    return {"all": _shares(agreement[points != 0]), "first": _shares(agreement[first])}


def _shares(agreement: NDArray[np.int8]) -> dict[str, float | int]:
    names = {"agrees": AGREES, "unclear": UNCLEAR, "contradicts": CONTRADICTS}
    return {
        "reasons": len(agreement),
        **{name: float((agreement == code).mean()) if len(agreement) else 0.0 for name, code in names.items()},
    }


def deletion(
    raw: Raw, catalogue: Catalogue, frame: pd.DataFrame, points: Floats, rng: np.random.Generator
) -> dict[str, Any]:
    """Return how far a score moves if its three strongest concepts are forgotten, against three others by lot.

    A concept is forgotten by giving the lead the concept's features of another lead of the same rows, drawn at random,
    all of them from one lead so that they stay consistent; what the log-odds then are is averaged over the draws.

    Returns
    -------
    dict
        leads; moved_by_strongest, moved_by_lot: mean size of the change in log-odds; ratio of the two.
    """
    strongest = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :N_FIRST]
    by_lot = np.argsort(rng.random(points.shape), axis=1)[:, :N_FIRST]
    here = raw(frame)
    moved = {
        name: float(np.abs(here - _forgotten(raw, catalogue, frame, chosen, rng)).mean())
        for name, chosen in (("moved_by_strongest", strongest), ("moved_by_lot", by_lot))
    }
    ratio = moved["moved_by_strongest"] / moved["moved_by_lot"] if moved["moved_by_lot"] > 0 else None
    return {"leads": len(frame), **moved, "ratio": ratio}


def _forgotten(
    raw: Raw, catalogue: Catalogue, frame: pd.DataFrame, concepts: NDArray[np.intp], rng: np.random.Generator
) -> Floats:
    """Return log-odds, shape (n,), averaged over donors for each lead's concepts."""
    place = concept_of_each_feature(catalogue)
    is_forgotten = np.stack([(concepts == concept).any(axis=1) for concept in range(len(catalogue.concepts))], axis=1)
    itself, total = np.arange(len(frame)), np.zeros(len(frame))
    for _ in range(N_DONORS):
        donors = rng.permutation(len(frame))
        taken = [np.where(forgotten, donors, itself) for forgotten in is_forgotten.T]
        total += raw(pd.DataFrame({name: frame[name].array.take(taken[place[at]]) for at, name in enumerate(frame)}))
    return total / N_DONORS


def effects_of(contributions: Floats) -> Floats:
    """Return each column's mean effect, the mean distance of its contributions from their mean; shape (n_columns,)."""
    return np.asarray(np.abs(contributions - contributions.mean(axis=0)).mean(axis=0))
