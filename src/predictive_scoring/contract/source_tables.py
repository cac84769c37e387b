"""The tables of a source file: where each lies, how its columns map, and which rows count."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.contract.attribute_names import RESERVED, attribute_name
from predictive_scoring.contract.history import TableName
from predictive_scoring.contract.source_columns import (
    AccountColumns,
    ActivityColumns,
    Connection,
    FlatOutcome,
    Header,
    KnownFrom,
    LeadColumns,
    MergeColumns,
    OutcomeColumns,
    Read,
    SourceAttribute,
    Values,
)


class SourceTable(Block):
    """What every table of a source states."""

    path: str | None = Field(default=None, min_length=1, description="A file or a glob, relative to the source file.")
    query: str | None = None
    connection: Connection | None = None
    min_rows: int = Field(default=0, ge=0, description="Fewer rows than this refuse the run: the export is not whole.")
    read: Read = Read()
    formats: dict[str, str] = Field(
        default={}, description="By column of the contract or attribute: strptime, excel, or epoch_s/ms/us."
    )
    blanks: dict[Header, Values] = Field(
        default={}, description="By header: what stands for an empty cell, e.g. n/a or 1900-01-01."
    )
    attributes: dict[Header, SourceAttribute] = Field(default={}, description="By header; no other column is read.")
    only: dict[Header, Values] = Field(
        default={}, description="Rows are left out unless each column has a listed value."
    )
    only_filled: tuple[Header, ...] = Field(default=(), description="Rows are left out where one of these is blank.")
    dates_known: Literal["start_of_day", "end_of_day"] = Field(
        default="start_of_day",
        description="When something counts as known whose instant is a date without a time of day: a row of "
        "activities, outcomes or merges, an attribute with `known: {at: …}`.",
    )

    @model_validator(mode="after")
    def _lies_somewhere(self) -> "SourceTable":
        if (self.path is None) == (self.query is None):
            raise ValueError("needs either `path` or `query` with `connection`")
        if (self.query is None) != (self.connection is None):
            raise ValueError("`query` and `connection` go together")
        names = list(self.attribute_names.values())
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"attributes with the same name: {twice}; tell them apart with `as`")
        reserved = sorted(set(names) & RESERVED)
        if reserved:
            raise ValueError(f"attribute names that mean a column of the contract: {reserved}; rename them with `as`")
        known = {*self.mapped, *names, *(f"{name}__known_at" for name in names)}
        unknown = sorted(set(self.formats) - known)
        if unknown:
            raise ValueError(f"formats of what is no column of the contract and no attribute: {unknown}")
        unread = sorted(set(self.blanks) - set(self.headers))
        if unread:
            raise ValueError(f"blanks of columns that are not read: {unread}")
        return self

    @property
    def attribute_names(self) -> dict[str, str]:
        """Names of the attributes in the history, by the header they are read from."""
        return {header: given.name or attribute_name(header) for header, given in self.attributes.items()}

    @property
    def mapped(self) -> dict[str, str]:
        """Headers by column of the contract."""
        columns: Block | None = getattr(self, "columns", None)
        return {} if columns is None else columns.model_dump(exclude_none=True)

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header that is read, once each, in a fixed order; no other column of the file is."""
        wanted = [*self.mapped.values(), *self.attributes, *self.only, *self.only_filled]
        wanted += [given.known.at for given in self.attributes.values() if isinstance(given.known, KnownFrom)]
        outcome: FlatOutcome | None = getattr(self, "outcome", None)
        return tuple(dict.fromkeys([*wanted, *([outcome.column] if outcome else [])]))


class LeadsTable(SourceTable):
    """One row a lead."""

    columns: LeadColumns = LeadColumns()
    outcome: FlatOutcome | None = None
    order: Literal["rows", "none"] | None = Field(default=None, description="Of a flat table without created_at.")
    lead_ids: Literal["rows", "content"] | None = Field(
        default=None, description="Without a column of ids: each row is a lead, or equal rows are one lead."
    )

    @model_validator(mode="after")
    def _leads_can_be_told_apart(self) -> "LeadsTable":
        if (self.columns.lead_id is None) == (self.lead_ids is None):
            raise ValueError("needs either columns.lead_id or lead_ids: rows | content")
        if self.columns.created_at is None and (self.order is None or self.outcome is None):
            raise ValueError("without columns.created_at it needs `outcome` and `order: rows | none`")
        if self.columns.created_at is not None and self.order is not None:
            raise ValueError("`order` is for a table without columns.created_at")
        if self.outcome is not None and self.outcome.column in self.attributes:
            raise ValueError(
                f"the outcome's column {self.outcome.column!r} is listed as an attribute: it would give itself away"
            )
        return self


class AccountsTable(SourceTable):
    """One row an account."""

    columns: AccountColumns


class RowsOfLeads(SourceTable):
    """Rows that belong to leads by their ids."""

    several_leads: str | None = Field(
        default=None, min_length=1, max_length=1,
        description="The sign between several ids in one cell of lead_id: the row then counts for each of them.",
    )  # fmt: skip
    only_known: bool = Field(default=False, description="Leave out rows of leads and accounts that the source has not.")


class ActivitiesTable(RowsOfLeads):
    """One row for each thing a lead or somebody at its account did, or that was done to them."""

    columns: ActivityColumns
    kind_is: str | None = Field(default=None, min_length=1, description="The kind of rows that have none of their own.")
    kinds: dict[str, str] = Field(default={}, description="Theirs: ours; a kind that is not listed keeps its name.")
    directions: dict[str, Literal["inbound", "outbound"]] = Field(
        default={}, description="Of a kind (by our name), where the row itself has none."
    )
    only_listed: bool = Field(default=False, description="Leave out rows whose kind is not in `kinds`.")
    before_creation: Literal["keep", "quarantine"] = Field(
        default="keep", description="Of rows before their lead was created: web visits found later, or mistakes."
    )

    @model_validator(mode="after")
    def _says_the_kind(self) -> "ActivitiesTable":
        if self.columns.kind is None and self.kind_is is None:
            raise ValueError("needs columns.kind, or kind_is for rows of one kind")
        if self.columns.kind is None and (self.kinds or self.only_listed):
            raise ValueError("`kinds` and `only_listed` are for a column of kinds: name it under columns.kind")
        return self


class OutcomesTable(RowsOfLeads):
    """One row for each stage a lead reached."""

    columns: OutcomeColumns
    stage_is: str | None = Field(default=None, min_length=1, description="The stage of rows without one of their own.")
    stages: dict[str, str] = Field(default={}, description="Theirs: ours; a stage that is not listed keeps its name.")
    only_listed: bool = Field(default=False, description="Leave out rows whose stage is not in `stages`.")

    @model_validator(mode="after")
    def _says_the_stage(self) -> "OutcomesTable":
        if self.columns.stage is None and self.stage_is is None:
            raise ValueError("needs columns.stage, or stage_is for rows of one stage")
        if self.columns.stage is None and (self.stages or self.only_listed):
            raise ValueError("`stages` and `only_listed` are for a column of stages: name it under columns.stage")
        return self


class MergesTable(SourceTable):
    """One row for each id that went on under another: from `merged_at` on its rows belong to the lead `into_id` too."""

    columns: MergeColumns
    only_known: bool = Field(default=False, description="Leave out merges into leads that the source has not.")


def _as_parts(given: Any) -> Any:
    """Return one table as a tuple of one; each part of a table has files, columns and words of its own."""
    return _frozen([given] if isinstance(given, dict) else given or [])


def _frozen(value: Any) -> Any:
    """Return lists as tuples at every depth: what a validator hands on is no JSON any more, and checked as Python."""
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    return {key: _frozen(each) for key, each in value.items()} if isinstance(value, dict) else value


class Tables(Block):
    """The tables of a source; leads and some source of outcomes are required.

    Activities, outcomes and merges may come in parts, for instance calls and meetings from two files: a list of them.
    """

    leads: LeadsTable
    accounts: AccountsTable | None = None
    activities: Annotated[tuple[ActivitiesTable, ...], BeforeValidator(_as_parts)] = ()
    outcomes: Annotated[tuple[OutcomesTable, ...], BeforeValidator(_as_parts)] = ()
    merges: Annotated[tuple[MergesTable, ...], BeforeValidator(_as_parts)] = ()

    @model_validator(mode="after")
    def _outcomes_come_from_one_place(self) -> "Tables":
        if bool(self.outcomes) == (self.leads.outcome is not None):
            raise ValueError("needs either an outcomes table or `outcome` in leads")
        if self.leads.outcome is not None and self.activities:
            raise ValueError("a flat table (`outcome` in leads) has no activities")
        return self

    @property
    def given(self) -> dict[TableName, tuple[SourceTable, ...]]:
        """The parts of each table that the source has, by name."""
        every: dict[TableName, tuple[SourceTable, ...]] = {
            "leads": (self.leads,), "accounts": (self.accounts,) if self.accounts else (),
            "activities": self.activities, "outcomes": self.outcomes, "merges": self.merges,
        }  # fmt: skip
        return {name: parts for name, parts in every.items() if parts}
