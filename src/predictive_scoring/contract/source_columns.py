"""The parts a source file is made of: how a file is written, which columns are mapped, when an attribute was known."""

from typing import Annotated, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BeforeValidator, Field, model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.contract.history import AttributeType

Header = Annotated[
    str, BeforeValidator(lambda name: clean_text(name) if isinstance(name, str) else name), Field(min_length=1)
]
Values = Annotated[tuple[str, ...], Field(min_length=1)]


class Read(Block):
    """How a file of text is written."""

    encoding: str = Field(default="utf-8", description="A Python codec, e.g. cp1252 for a Western Windows export.")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="Comma, or tab in a .tsv.")
    sheet: str | None = Field(default=None, min_length=1, description="Of a workbook; needed if it has several.")
    footer: str | None = Field(
        default=None, min_length=1, description='Lines at the end that are no rows, e.g. "^(Total|Copyright)".'
    )
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None

    @model_validator(mode="after")
    def _signs_differ(self) -> "Read":
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        try:
            pc.match_substring_regex("", pattern=self.footer or "")
        except pa.ArrowInvalid:
            raise ValueError(f"footer {self.footer!r} is no regular expression that RE2 reads") from None
        try:
            "".encode(self.encoding)
        except LookupError:
            raise ValueError(f"encoding {self.encoding!r} is not known; try utf-8, cp1252 or utf-16") from None
        return self


class KnownFrom(Block):
    """A value that is known from the instant in another column on."""

    at: Header


class SourceAttribute(Block):
    """A column that is read as an attribute, under a name of its own, and when its value was known."""

    name: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]*$")
    type: AttributeType
    known: Literal["at_creation", "at_export"] | KnownFrom
    min: float | None = Field(default=None, description="Of a number: rows with a smaller one go to quarantine.")
    max: float | None = Field(default=None, description="Of a number: rows with a larger one go to quarantine.")

    @model_validator(mode="after")
    def _has_bounds_that_hold(self) -> "SourceAttribute":
        if (self.min is not None or self.max is not None) and self.type != "number":
            raise ValueError(f"min and max bound a number, not a {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} lies above max {self.max:g}")
        return self


class Connection(Block):
    """A database: a PostgreSQL server by the environment variable that holds its address, or an SQLite file."""

    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Never the address itself.")
    sqlite: str | None = Field(default=None, min_length=1, description="A path, relative to the source file.")

    @model_validator(mode="after")
    def _is_one_database(self) -> "Connection":
        if (self.env is None) == (self.sqlite is None):
            raise ValueError("needs either `env` or `sqlite`")
        return self


class LeadColumns(Block):
    """Columns of the contract in the leads table."""

    lead_id: Header | None = None
    created_at: Header | None = None
    account_id: Header | None = None
    email: Header | None = None
    updated_at: Header | None = Field(default=None, description="Of rows with the same lead_id the latest is kept.")


class AccountColumns(Block):
    """Columns of the contract in the accounts table."""

    account_id: Header
    created_at: Header | None = Field(
        default=None, description="With `accounts_by: domain`: of the accounts of one domain the first is kept."
    )


class ActivityColumns(Block):
    """Columns of the contract in the activities table."""

    occurred_at: Header
    kind: Header | None = None
    lead_id: Header | None = None
    account_id: Header | None = None
    recorded_at: Header | None = None
    topic: Header | None = None
    value: Header | None = None
    direction: Header | None = None

    @model_validator(mode="after")
    def _somebody_acted(self) -> "ActivityColumns":
        if self.lead_id is None and self.account_id is None:
            raise ValueError("an activity needs lead_id or account_id")
        return self


class OutcomeColumns(Block):
    """Columns of the contract in the outcomes table."""

    lead_id: Header
    occurred_at: Header
    stage: Header | None = None
    recorded_at: Header | None = None
    amount: Header | None = None
    reason: Header | None = None


class MergeColumns(Block):
    """Columns of the contract in the merges table.

    Of two leads that became one, `from_id` is the one that went away. Of a lead that became a contact, `from_id` is the
    contact, whose activities go on, and `into_id` the lead.
    """

    from_id: Header
    into_id: Header
    merged_at: Header


class FlatOutcome(Block):
    """The column of a flat table that says whether the lead converted, and the values that mean yes."""

    column: Header
    converted: Values
    not_converted: Values | None = Field(
        default=None, description="The values that mean no; needed where there is more than one other value."
    )
    undecided: tuple[str, ...] = Field(default=(), description="Values of leads that may still convert: not known.")

    @model_validator(mode="after")
    def _each_value_means_one_thing(self) -> "FlatOutcome":
        lists = [*self.converted, *(self.not_converted or ()), *self.undecided]
        clean = [clean_text(value) for value in lists]
        twice = sorted({value for value in clean if clean.count(value) > 1})
        if twice:
            raise ValueError(f"values of the outcome that are listed more than once: {twice}")
        return self
