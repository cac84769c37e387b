"""When leads are scored."""

from datetime import UTC, date, datetime, time
from typing import Literal

from pydantic import Field, field_validator

from predictive_scoring.config.base import Block
from predictive_scoring.config.regions import Tags

RankBy = Literal["probability", "expected_value"]


class Score(Block):
    """The instant of scoring, what is refused, the size of a batch, and whom to work."""

    as_of: str = Field(default="latest", description="An ISO date or instant, or 'latest': the end of the history.")
    batch_rows: int = Field(default=20_000, gt=0, description="Leads explained at a time: memory against speed.")
    n_threads: int | None = Field(
        default=None,
        ge=1,
        description="Threads that score; by default one a core, up to four. Scores do not depend on it.",
    )
    languages: Tags = Field(
        default=("en", "es"),
        description="In which reasons are said; the fewer, the smaller the file. A region decides how numbers, dates "
        "and a few words are written: es is for Spain, es-MX for Mexico.",
    )
    max_unseen_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="By how much the share of leads with a value that the model does not know may exceed what it was "
        "in training, for each category; above it nothing is scored. 1: never refused.",
    )
    max_skew_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Past snapshots that the model learned from are computed anew; above this share of them in which a "
        "feature differs from training, nothing is scored. 1: never refused.",
    )
    max_model_age_days: int | None = Field(
        default=None,
        ge=1,
        description="Nothing is scored if the leads that the model learned from end more days than this before the "
        "instant of scoring; by default a model is never too old.",
    )
    rank_by: RankBy = Field(
        default="probability",
        description="Who is called first within a batch: rank 1 has the highest chance, or the highest expected value "
        "where the model tells it (`value.enabled`). Chances, scores and grades stay what they are.",
    )
    worklist_length: int = Field(default=120, ge=0, description="Leads on the worklist by their rank.")
    explore_share: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="Share of the other leads that is drawn onto the worklist whatever their score, so that low grades "
        "keep having outcomes; 0: no worklist is written.",
    )
    explore_seed: int = Field(default=17, ge=0, description="Another seed draws other leads.")

    what_if_leads: int = Field(
        default=200,
        ge=0,
        le=5000,
        description="Leads, best first, of which is written what one more activity would go together with; 0: of none.",
    )
    actionable: tuple[str, ...] | None = Field(
        default=None,
        description="Kinds of activity that the team can bring about; by default those of call_made, demo_request, "
        "event_attended, meeting_held and webinar_attended that the model knows.",
    )

    context_leads: int = Field(
        default=5000,
        ge=0,
        le=50_000,
        description="Leads, best first, of which account, channel and latest activities are written beside the scores "
        "for the page; 0: of none.",
    )
    channel: str = Field(
        default="",
        description="The attribute that says how a lead came; by default the first category that is named so.",
    )
    segment: str = Field(
        default="",
        description="The attribute that says what kind of company a lead is of; by default its industry, or the "
        "account's first category.",
    )

    @field_validator("as_of")
    @classmethod
    def _is_an_instant(cls, value: str) -> str:
        if value != "latest":
            parse_as_of(value)
        return value


def parse_as_of(text: str) -> datetime:
    """Return the instant in UTC; a date means its first instant, an instant without offset is UTC.

    Examples
    --------
    >>> parse_as_of("2025-04-01").isoformat()
    '2025-04-01T00:00:00+00:00'
    >>> parse_as_of("2025-04-01T02:00:00+02:00").isoformat()
    '2025-04-01T00:00:00+00:00'
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.combine(date.fromisoformat(text), time())
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
