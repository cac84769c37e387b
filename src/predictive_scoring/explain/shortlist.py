"""The few reasons that are read at a glance: the strongest on each side that history does not contradict."""

from collections.abc import Sequence
from typing import Any, Final

N_EACH: Final = 3  # readers of more remember fewer
LEAST_POINTS: Final = 0.0005  # a twentieth of a percentage point: what moves less does not stand out

Reason = dict[str, Any]


def shortlist(
    reasons: Sequence[Reason], n_each: int = N_EACH, least: float = LEAST_POINTS
) -> tuple[list[Reason], list[Reason]]:
    """Return the strongest reasons that raise and that lower a chance, as the scores list them.

    One whose history points the other way stays in the whole list, where its sentence says so; it is not among the few.

    Examples
    --------
    >>> reasons = [{"points": 0.2, "agrees": True}, {"points": 0.1, "agrees": False}, {"points": -0.1, "agrees": None}]
    >>> raising, lowering = shortlist(reasons)
    >>> [reason["points"] for reason in raising], [reason["points"] for reason in lowering]
    ([0.2], [-0.1])
    """
    standing = [each for each in reasons if abs(each["points"]) >= least and each.get("agrees") is not False]
    return (
        [each for each in standing if each["points"] > 0][:n_each],
        [each for each in standing if each["points"] < 0][:n_each],
    )
