"""Shares with the interval that counts allow."""

from collections.abc import Iterable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictive_scoring.config.publish import Grades
from predictive_scoring.evaluate.whose import Whose

Vector = NDArray[np.float64]


def wilson(converted: float, n: float, level: float) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Parameters
    ----------
    converted, n : float
        Counts; they may be effective counts and so not whole.
    level : float
        In (0, 1).

    Examples
    --------
    >>> low, high = wilson(0, 10, 0.95)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.278)
    """
    if n <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = converted / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def design_effect(parts: Iterable[tuple[Vector, Whose]]) -> float:
    """Return how much larger the variance of shares is than that of independent snapshots (Kish 1965), at least one.

    Of several parts together: in a part where few convert, and all the more where fewer convert than was to be
    expected, the few accounts that do tell next to nothing of the variance: intervals from them alone are too narrow.

    Parameters
    ----------
    parts
        For each part whether its snapshots convert, and whose they are.
    """
    grouped, plain = 0.0, 0.0
    for y, whose in parts:
        if len(y):
            rate = float(y.mean())
            grouped += float((np.bincount(np.unique(whose.accounts, return_inverse=True)[1], y - rate) ** 2).sum())
            plain += len(y) * rate * (1 - rate)
    return max(1.0, grouped / plain) if plain > 0 else 1.0


def rate_of_leads(y: Vector, whose: Whose, level: float, at_least: float = 1.0) -> dict[str, Any]:
    """Return the share of snapshots that convert, with an interval that knows which snapshots go together.

    The count of independent looks is ``n / deff``, with ``deff`` the ratio of the variance of the mean by account to
    that of independent snapshots (Kish 1965), and never less than `at_least`, the `design_effect` of the whole that
    these snapshots are a part of; but not more than if all snapshots of an account shared one fate.

    Returns
    -------
    dict
        snapshots, leads, converting_leads, rate, low, high.
    """
    n = len(y)
    if n == 0:
        return {"snapshots": 0, "leads": 0, "converting_leads": 0, "rate": 0.0, "low": 0.0, "high": 1.0}
    _, accounts = np.unique(whose.accounts, return_inverse=True)
    _, leads = np.unique(whose.leads, return_inverse=True)
    rate = float(y.mean())
    by_account = np.bincount(accounts, y - rate)
    plain = n * rate * (1 - rate)
    own = float((by_account**2).sum() / plain) if plain > 0 else n / (accounts.max() + 1)
    worst = float((np.bincount(accounts) ** 2).sum()) / n
    looks = n / max(1.0, own, min(at_least, worst))
    low, high = wilson(rate * looks, looks, level)
    return {
        "snapshots": n,
        "leads": int(leads.max()) + 1,
        "converting_leads": int((np.bincount(leads, y) > 0).sum()),
        "rate": rate,
        "low": low,
        "high": high,
    }


def grade_thresholds(reference: Vector, policy: Grades) -> dict[str, float]:
    """Return the least probability of grades A, B and C: the policy's shares of the reference leads stand above it."""
    return {
        grade: float(np.quantile(reference, 1 - share, method="higher"))
        for grade, share in (("A", policy.A), ("B", policy.B), ("C", policy.C))
    }


def frequencies_by_grade(
    y: Vector, chance: Vector, whose: Whose, thresholds: dict[str, float], level: float
) -> list[dict[str, Any]]:
    """Return for each grade how many leads had it and how many of a hundred converted.

    Returns
    -------
    list of dict
        grade, n (snapshots), leads, converted (snapshots), rate, low, high, mean_probability (None without
        snapshots), holds (it lies in the interval); grade D is what stands below C.
    """
    floors = np.array([thresholds["C"], thresholds["B"], thresholds["A"]])
    place = np.searchsorted(floors, chance, side="right")  # 0 = D … 3 = A
    together = design_effect((y[place == at], whose[place == at]) for at in range(len(floors) + 1))
    found = []
    for position, grade in enumerate("ABCD"):
        members = place == len(floors) - position
        rate = rate_of_leads(y[members], whose[members], level, together)
        said = float(chance[members].mean()) if members.any() else None
        found.append(
            {
                "grade": grade,
                "n": rate["snapshots"],
                "leads": rate["leads"],
                "converted": int(y[members].sum()),
                "rate": rate["rate"],
                "low": rate["low"],
                "high": rate["high"],
                "mean_probability": said,
                "holds": said is None or bool(rate["low"] <= said <= rate["high"]),
            }
        )
    return found
