"""The source file: whose tables a history is read from, and what holds for all of them; parsed, nothing read yet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.config.parse import parse_block, read_yaml
from predictive_scoring.contract.source_columns import Header
from predictive_scoring.contract.source_tables import Tables
from predictive_scoring.contract.words import Words

Domain = Annotated[str, Field(pattern=r"^[^@\sA-Z]+[.][^@\sA-Z.]+$")]


class Source(Block):
    """A whole source file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    description: str = ""
    licence: str
    timezone: str | None = Field(default=None, description="Of instants that carry no offset, e.g. Europe/Madrid.")
    ids: Literal["text", "salesforce"] = Field(
        default="text", description="As they are written; of Salesforce, 15 characters mean the same id as its 18."
    )
    accounts_by: Literal["id", "domain"] = Field(
        default="id",
        description="What account_id holds: ids; or addresses and websites, whose company's domain is the account.",
    )
    headers: dict[Header, tuple[Header, ...]] = Field(
        default={}, description="What else a header may be called, e.g. in another language of the product."
    )
    email_groups: dict[str, tuple[Domain, ...]] = Field(
        default={}, description="Domains of addresses under a name, e.g. own_staff: params.yaml may leave these out."
    )
    simulated: bool = False
    exported_at: str | None = Field(
        default=None, description="A quoted ISO date or instant: the end of the history; later rows are not believed."
    )
    tables: Tables
    words: Words = Words()
    truth: str | None = Field(
        default=None, description="Of a simulated history: a Parquet file with lead_id, as_of and true probability."
    )

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("not a time zone; give a name such as Europe/Madrid or UTC")
        return value

    @field_validator("exported_at")
    @classmethod
    def _is_an_instant(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _has_what_accounts_go_by(self) -> "Source":
        accounts = self.tables.accounts
        if self.accounts_by == "domain" and self.tables.leads.columns.account_id is None:
            raise ValueError(
                "accounts_by: domain needs account_id among the columns of leads: the header of their e-mail address"
            )
        if self.accounts_by == "id" and accounts is not None and accounts.columns.created_at is not None:
            raise ValueError("created_at of accounts is for accounts_by: domain, where a domain may have several rows")
        return self

    @property
    def ends_at(self) -> datetime | None:
        """`exported_at` in UTC; without an offset it is in the source's time zone, or else in UTC."""
        if self.exported_at is None:
            return None
        zone = ZoneInfo(self.timezone) if self.timezone else UTC
        given = datetime.fromisoformat(self.exported_at)
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def load_source(path: Path) -> Source:
    """Return the parsed and checked source file.

    Raises
    ------
    ConfigurationError
        If the file is missing, breaks the schema; every problem is listed at once.
    """
    return parse_block(Source, read_yaml(path), where=str(path))
