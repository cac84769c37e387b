"""The few reasons read at a glance: the strongest on each side, one a family, none that history contradicts."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

N_EACH: Final = 3  # readers of more remember fewer
LEAST_POINTS: Final = 0.0005  # a twentieth of a percentage point: what moves less does not stand out

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Reason = dict[str, Any]


def strongest(
    owner: Places, family: Places, points: Floats, is_contradicted: npt.NDArray[np.bool_]
) -> tuple[Places, Floats]:
    """Return which of many reasons may stand for their family, and the points of the whole family.

    Concepts of a family say much the same, and which of them a model credits is chance, so their points are added. The
    member that moves most in the direction of the sum stands for all; one that history contradicts does not.

    Parameters
    ----------
    owner, family, points, is_contradicted
        One entry a reason: whose it is, the number of its family, its points, whether history points the other way.

    Returns
    -------
    places : numpy.ndarray
        Of the reasons that stand for a family: by owner, then the family that moves most first.
    sums : numpy.ndarray
        The points of each one's family.
    """
    if not len(owner):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    _, group = np.unique(owner * (int(family.max()) + 1) + family, return_inverse=True)
    total = np.asarray(np.bincount(group, points)[group], dtype=np.float64)
    may = np.flatnonzero(~is_contradicted & (np.sign(points) == np.sign(total)) & (total != 0))
    first = may[np.lexsort((may, -np.abs(points[may]), group[may]))]
    first = first[np.concatenate(([True], group[first][1:] != group[first][:-1]))] if len(first) else first
    places = first[np.lexsort((first, -np.abs(total[first]), owner[first]))]
    return places.astype(np.int64), total[places]


def shortlist(
    reasons: Sequence[Reason], n_each: int = N_EACH, least: float = LEAST_POINTS
) -> tuple[list[Reason], list[Reason]]:
    """Return the strongest reasons that raise and that lower a chance; each has the points of its whole family.

    One whose history points the other way stays in the whole list, where its sentence says so; it is not among the few.

    Examples
    --------
    >>> reasons = [{"points": 0.2, "agrees": True}, {"points": 0.1, "agrees": False}, {"points": -0.1, "agrees": None}]
    >>> raising, lowering = shortlist(reasons)
    >>> [reason["points"] for reason in raising], [reason["points"] for reason in lowering]
    ([0.2], [-0.1])

    The job level from the title and the one chosen on a form are one fact:

    >>> reasons = [{"points": 0.2, "family": "job_level"}, {"points": 0.1, "family": "job_level"}]
    >>> [round(reason["points"], 2) for reason in shortlist(reasons)[0]]
    [0.3]
    """
    names = [each.get("family") or each.get("concept") or f"#{place}" for place, each in enumerate(reasons)]
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    places, sums = strongest(
        np.zeros(len(reasons), dtype=np.int64),
        np.array([number[name] for name in names], dtype=np.int64),
        np.array([each["points"] for each in reasons], dtype=np.float64),
        np.array([each.get("agrees") is False for each in reasons], dtype=np.bool_),
    )
    standing = [
        {**reasons[place], "points": total}
        for place, total in zip(places.tolist(), sums.tolist(), strict=True)
        if abs(total) >= least
    ]
    return (
        [each for each in standing if each["points"] > 0][:n_each],
        [each for each in standing if each["points"] < 0][:n_each],
    )
