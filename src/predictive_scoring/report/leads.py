"""The leads of the list, as the template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from predictive_scoring.contract.words import Language
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.shortlist import N_EACH, shortlist
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.alike import Alike
from predictive_scoring.report.backdrop import Backdrop, Behind
from predictive_scoring.report.outlook import Outlook, Outlooks
from predictive_scoring.report.privacy import shown_id, shown_text
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
    also: str = ""  # at a glance: with which other facts it is counted
    alike: str = ""  # in full: what stands above the facts of its family, '' where it is alone
    together: str = ""  # in full: the points of its family


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
    raising: tuple[ShownReason, ...]  # at a glance; each with the points of its whole family
    lowering: tuple[ShownReason, ...]
    reasons: tuple[ShownReason, ...]  # all that round to something, those of a family together
    n_smaller: int
    smaller: str  # points of the others together
    base: str
    total: str
    behind: Behind
    outlook: Outlook
    value: str = ""  # expected value; "" where the scores have none


@dataclass(frozen=True)
class Told:
    """Who speaks of leads in one language: of their background, of families of facts, of changes."""

    backdrop: Backdrop
    families: Alike
    outlooks: Outlooks


def shown_leads(folder: ScoreFolder, n_leads: int, told: Told) -> list[ShownLead]:
    """Return the first leads with all of their reasons and what stands behind them."""
    scores = folder.scores.slice(0, n_leads)
    rows = zip(
        scores.to_pylist(), folder.context_of(scores), folder.changes_of(scores), folder.what_if_of(scores), strict=True
    )
    return [
        _lead(row, told, told.backdrop.behind(behind), told.outlooks.of(row["rank"], change, possible))
        for row, behind, change, possible in rows
    ]


def _lead(row: dict[str, Any], told: Told, behind: Behind, outlook: Outlook) -> ShownLead:
    reasons, wording, pii = row["reasons"], told.backdrop.wording, told.backdrop.pii
    least = 0.5 * 10.0**-wording.decimals / 100
    large = [reason for reason in reasons if abs(reason["points"]) >= least]
    small = [reason["points"] for reason in reasons if abs(reason["points"]) < least]
    lead_id = visible(shown_id(row["lead_id"], pii))
    raising, lowering = _few(reasons, large, least, told)
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
        raising=raising,
        lowering=lowering,
        reasons=_by_family(large, told),
        n_smaller=len(small),
        smaller=wording.points(sum(small)),
        base=wording.level(row["base_probability"]),
        total=wording.level(row["probability"]),
        behind=behind,
        outlook=outlook,
        value=wording.money(row["expected_value"]) if row.get("expected_value") is not None else "",
    )


def _few(
    reasons: Sequence[dict[str, Any]], large: Sequence[dict[str, Any]], least: float, told: Told
) -> tuple[tuple[ShownReason, ...], tuple[ShownReason, ...]]:
    """Return what is read at a glance on each side, one of each family, with what else it is counted."""
    raising, lowering = shortlist(reasons, N_EACH, least)
    strongest = max((abs(reason["points"]) for reason in (*raising, *lowering)), default=1.0)

    def shown(reason: dict[str, Any]) -> ShownReason:
        others = [e["concept"] for e in large if _family(e) == _family(reason) and e["concept"] != reason["concept"]]
        return _reason(reason, strongest, told, also=told.families.also(sorted(others)))

    return tuple(map(shown, raising)), tuple(map(shown, lowering))


def _by_family(large: Sequence[dict[str, Any]], told: Told) -> tuple[ShownReason, ...]:
    """Return all reasons, those of a family together under its first; what moves most first."""
    strongest = max((abs(reason["points"]) for reason in large), default=1.0)
    members: dict[str, list[dict[str, Any]]] = {}
    for reason in large:
        members.setdefault(_family(reason), []).append(reason)
    shown: list[ShownReason] = []
    for family in sorted(members.values(), key=lambda each: -abs(sum(reason["points"] for reason in each))):
        family.sort(key=lambda reason: -abs(reason["points"]))
        together = sum(reason["points"] for reason in family)
        heading = told.families.heading(sorted(reason["concept"] for reason in family)) if len(family) > 1 else ""
        shown += [
            _reason(reason, strongest, told, alike=heading, together=told.backdrop.wording.points(together))
            for reason in family
        ]
    return tuple(shown)


def _family(reason: dict[str, Any]) -> str:
    return str(reason.get("family") or reason["concept"])


def _reason(reason: dict[str, Any], strongest: float, told: Told, **also: str) -> ShownReason:
    wording, pii = told.backdrop.wording, told.backdrop.pii
    return ShownReason(
        text=visible(shown_text(_sentence(reason, wording.language), pii), LONGEST_REASON),
        code=visible(reason["code"]),
        raises=reason["points"] > 0,
        points=wording.points(reason["points"]),
        width=max(round(100 * abs(reason["points"]) / strongest), 1),
        evidence=_evidence(reason, wording),
        **also,
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
    sure = past["range"] == past["frequency"]  # said once
    return wording.say("list.evidence_sure" if sure else "list.evidence", n=n, **past)


def anchor(lead_id: str) -> str:
    """Return what a link to a lead ends with, as a browser writes it.

    Examples
    --------
    >>> anchor("a/b 1")
    'lead-a%2Fb%201'
    """
    return f"lead-{quote(lead_id, safe=_UNQUOTED)}"
