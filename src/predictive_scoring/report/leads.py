"""The leads of the list, as the template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.wording import Wording

N_EACH = 3  # reasons for and against that are read at a glance
_LONGEST_REASON = 300


@dataclass(frozen=True)
class ShownReason:
    """One reason: a fact, and how far it moves the chance."""

    text: str
    code: str
    raises: bool
    points: str
    width: int  # of its bar, 0-100, 100 the lead's strongest


@dataclass(frozen=True)
class Bar:
    """A chance and its range on an axis of 0 to 100."""

    chance: float
    low: float
    high: float


@dataclass(frozen=True)
class ShownLead:
    """One row of the list."""

    rank: int
    lead_id: str
    grade: str
    chance: str
    chance_range: str
    bar: Bar
    score: int
    fit: int
    engagement: int
    raising: tuple[ShownReason, ...]
    lowering: tuple[ShownReason, ...]
    reasons: tuple[ShownReason, ...]  # all that round to something
    n_smaller: int
    smaller: str  # points of the others together
    base: str
    total: str
    is_explained: bool


def shown_leads(scores: pa.Table, n_explained: int, wording: Wording) -> list[ShownLead]:
    """Return the rows of a slice of the scores, the first `n_explained` with all of their reasons."""
    rows = scores.to_pylist()
    return [_lead(row, place < n_explained, wording) for place, row in enumerate(rows)]


def _lead(row: dict[str, Any], is_explained: bool, wording: Wording) -> ShownLead:
    reasons = row["reasons"] if is_explained else []
    least = 0.5 * 10.0**-wording.decimals / 100
    large = [reason for reason in reasons if abs(reason["points"]) >= least]
    small = [reason["points"] for reason in reasons if abs(reason["points"]) < least]
    shown = _reasons(large, wording)
    return ShownLead(
        rank=row["rank"],
        lead_id=visible(row["lead_id"]),
        grade=row["grade"],
        chance=wording.chance(row["probability"]),
        chance_range=wording.chances(row["probability_low"], row["probability_high"]),
        bar=Bar(*(round(100 * row[name], 1) for name in ("probability", "probability_low", "probability_high"))),
        score=row["score"],
        fit=row["fit"],
        engagement=row["engagement"],
        raising=tuple(reason for reason in shown if reason.raises)[:N_EACH],
        lowering=tuple(reason for reason in shown if not reason.raises)[:N_EACH],
        reasons=shown,
        n_smaller=len(small),
        smaller=wording.points(sum(small)),
        base=wording.level(row["base_probability"]),
        total=wording.level(row["probability"]),
        is_explained=is_explained,
    )


def _reasons(reasons: Sequence[dict[str, Any]], wording: Wording) -> tuple[ShownReason, ...]:
    strongest = max((abs(reason["points"]) for reason in reasons), default=1.0)
    return tuple(
        ShownReason(
            text=visible(_sentence(reason, wording.language), _LONGEST_REASON),
            code=visible(reason["code"]),
            raises=reason["points"] > 0,
            points=wording.points(reason["points"]),
            width=max(round(100 * abs(reason["points"]) / strongest), 1),
        )
        for reason in reasons
    )


def _sentence(reason: dict[str, Any], language: Language) -> str:
    text: str | None = reason[f"text_{language}"]
    if text is None:
        raise ConfigurationError(
            f"the reasons of these scores are not said in {language!r}",
            fix=f"score again with {language!r} among score.languages in params.yaml",
        )
    return text
