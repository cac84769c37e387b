"""The instant of scoring that a person asked for: what is meant by it, and whether it can be answered."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pyarrow.compute as pc

from predictive_scoring.config.score import parse_as_of
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.storage import read_parquet

TOMORROW: Final = timedelta(days=1)  # it is tomorrow already in the east, and a job may score the coming day


def as_of_instant(as_of: str | date, history: History) -> datetime:
    """Return the instant meant by a date, an instant or "latest".

    Raises
    ------
    ConfigurationError
        If it is neither, or lies more than a day after the machine's clock.
    DataContractError
        If no lead of the history was created before it.
    """
    if as_of == "latest":
        return history.facts.observed_until or _today()
    instant = _meant(as_of)
    if instant > datetime.now(UTC) + TOMORROW:
        raise ConfigurationError(
            "as_of: an instant that has not come yet",
            found=f"{instant:%Y-%m-%d}",
            expected=f"at most a day after now, {datetime.now(UTC):%Y-%m-%d} by this machine's clock",
            fix='give a date that has come, or "latest" for the end of the history',
        )
    _refuse_before_all_leads(instant, history)
    return instant


def _meant(as_of: str | date) -> datetime:
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC) if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    if isinstance(as_of, date):
        return datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    try:
        return parse_as_of(as_of)
    except ValueError:
        raise ConfigurationError(
            "as_of: not a date or an instant",
            found=repr(as_of),
            expected="like 2025-04-01 or 2025-04-01T06:00:00+02:00",
        ) from None


def _refuse_before_all_leads(instant: datetime, history: History) -> None:
    first = pc.min(read_parquet(history.path("leads"), ["created_at"])["created_at"]).as_py()
    if first is not None and instant <= first:
        raise DataContractError(
            f"history '{history.facts.name}': no lead was created before {instant:%Y-%m-%d %H:%M} UTC",
            found=f"the first on {first:%Y-%m-%d}",
            fix="give a later --as-of, or an export that goes further back",
        )


def _today() -> datetime:
    """Return the day of scoring, for a table whose rows carry no time."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
