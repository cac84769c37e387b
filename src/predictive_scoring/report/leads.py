"""The leads of the list, as the template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.shortlist import N_EACH
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.backdrop import Backdrop, Behind
from predictive_scoring.report.privacy import Pii, shown_id, shown_text
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording

LONGEST_REASON = 300
_UNQUOTED: Final = "!'()*~"  # what JavaScript's encodeURIComponent leaves


@dataclass(frozen=True)
class ShownReason:
    """One reason: a fact, and how far it moves the chance."""

    text: str
    code: str
    raises: bool
    points: str
    width: int  # of its bar, 0-100, 100 the lead's strongest
    evidence: str = ""  # how such leads went
    stands: bool = True  # the history does not contradict it


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
    anchor: str
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
    behind: Behind


def shown_leads(folder: ScoreFolder, n_leads: int, backdrop: Backdrop) -> list[ShownLead]:
    """Return the first leads with all of their reasons and what stands behind them."""
    scores = folder.scores.slice(0, n_leads)
    behind = folder.context_of(scores)
    return [_lead(row, backdrop, about) for row, about in zip(scores.to_pylist(), behind, strict=True)]


def _lead(row: dict[str, Any], backdrop: Backdrop, behind: dict[str, Any] | None) -> ShownLead:
    reasons, wording = row["reasons"], backdrop.wording
    least = 0.5 * 10.0**-wording.decimals / 100
    large = [reason for reason in reasons if abs(reason["points"]) >= least]
    small = [reason["points"] for reason in reasons if abs(reason["points"]) < least]
    shown = _reasons(large, wording, backdrop.pii)
    lead_id = visible(shown_id(row["lead_id"], backdrop.pii))
    return ShownLead(
        rank=row["rank"],
        lead_id=lead_id,
        anchor=anchor(lead_id),
        grade=row["grade"],
        chance=wording.chance(row["probability"]),
        chance_range=wording.chances(row["probability_low"], row["probability_high"]),
        bar=Bar(*(round(100 * row[name], 1) for name in ("probability", "probability_low", "probability_high"))),
        score=row["score"],
        fit=row["fit"],
        engagement=row["engagement"],
        raising=tuple(reason for reason in shown if reason.raises and reason.stands)[:N_EACH],
        lowering=tuple(reason for reason in shown if not reason.raises and reason.stands)[:N_EACH],
        reasons=shown,
        n_smaller=len(small),
        smaller=wording.points(sum(small)),
        base=wording.level(row["base_probability"]),
        total=wording.level(row["probability"]),
        behind=backdrop.behind(behind),
    )


def _reasons(reasons: Sequence[dict[str, Any]], wording: Wording, pii: Pii) -> tuple[ShownReason, ...]:
    strongest = max((abs(reason["points"]) for reason in reasons), default=1.0)
    return tuple(
        ShownReason(
            text=visible(shown_text(_sentence(reason, wording.language), pii), LONGEST_REASON),
            code=visible(reason["code"]),
            raises=reason["points"] > 0,
            points=wording.points(reason["points"]),
            width=max(round(100 * abs(reason["points"]) / strongest), 1),
            evidence=_evidence(reason, wording),
            stands=reason.get("agrees") is not False,
        )
        for reason in reasons
    )


def _sentence(reason: dict[str, Any], language: Language) -> str:
    text: str | None = reason[f"text_{language}"]
    refuse_unsaid(int(text is None), language)
    return text or ""


def refuse_unsaid(n_unsaid: int, language: Language) -> None:
    """Refuse reasons without a sentence in the page's language.

    Raises
    ------
    ConfigurationError
        If there is one.
    """
    if n_unsaid:
        raise ConfigurationError(
            f"the reasons of these scores are not said in {language!r}",
            fix=f"score again with {language!r} among score.languages in params.yaml",
        )


def _evidence(reason: dict[str, Any], wording: Wording) -> str:
    if reason.get("rate") is None:
        return ""
    return evidence_said(reason["n"], (reason["rate"], reason["low"], reason["high"]), wording)


def evidence_said(n: int, rates: tuple[float, float, float], wording: Wording) -> str:
    """Return how leads of the past went of whom the same was true: their rate, its low and its high end."""
    rate, low, high = rates
    past = {"number": wording.number(n), "frequency": wording.chance(rate), "range": wording.chances(low, high)}
    return wording.say("list.evidence", n=n, **past)


def anchor(lead_id: str) -> str:
    """Return what a link to a lead ends with, as a browser writes it.

    Examples
    --------
    >>> anchor("a/b 1")
    'lead-a%2Fb%201'
    """
    return f"lead-{quote(lead_id, safe=_UNQUOTED)}"
