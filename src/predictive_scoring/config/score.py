"""When leads are scored."""

from datetime import UTC, date, datetime, time

from pydantic import Field, field_validator

from predictive_scoring.config.base import Block


class Score(Block):
    """The instant of scoring and the size of a batch."""

    as_of: str = Field(default="latest", description="An ISO date or instant, or 'latest': the end of the history.")
    batch_rows: int = Field(default=50_000, gt=0, description="Leads explained at a time: memory against speed.")

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
