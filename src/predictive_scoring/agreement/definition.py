"""agreement.yaml: what each state means, dated, so that a past week is judged by the words of that week."""

from datetime import date
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from predictive_scoring.config.base import Block
from predictive_scoring.config.parse import parse_block, read_yaml


class Condition(Block):
    """So many actions of a person's own within so many days."""

    kinds: tuple[str, ...] = Field(min_length=1, description="Kinds of activity that count, each an own action.")
    at_least: int = Field(default=1, ge=1, le=10_000, description="How many of them, together.")
    within_days: int = Field(default=30, ge=1, le=3650, description="In the days up to the last of them.")


class Qualification(Block):
    """A definition that is met as soon as one of its conditions is."""

    any_of: tuple[Condition, ...] = ()


class Stages(Block):
    """Which stages of the history say that sales took a person to a state."""

    sql: tuple[str, ...] = Field(default=("sql",), description="Accepted by sales.")
    opportunity: tuple[str, ...] = Field(default=("opportunity",), description="An opportunity was opened.")
    customer: tuple[str, ...] = Field(default=("won",), description="Bought.")
    lost: tuple[str, ...] = Field(default=("lost",), description="Will not buy, as far as sales can tell.")

    @model_validator(mode="after")
    def _no_stage_means_two_states(self) -> "Stages":
        every = [stage for stages in (self.sql, self.opportunity, self.customer, self.lost) for stage in stages]
        twice = sorted({stage for stage in every if every.count(stage) > 1})
        if twice:
            raise ValueError(f"stages that mean two states: {twice}")
        return self


class Version(Block):
    """The definitions from a day on, until the next version."""

    valid_from: str = Field(description='A quoted ISO date, the first day of this version: "2025-01-01".')
    own_actions: tuple[str, ...] = Field(min_length=1, description="Kinds that a person does on their own initiative.")
    mql: Qualification = Qualification()
    pql: Qualification = Qualification()
    stages: Stages = Stages()

    @field_validator("valid_from")
    @classmethod
    def _is_a_date(cls, value: str) -> str:
        date.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _only_own_actions_qualify(self) -> "Version":
        asked = {kind for rule in (self.mql, self.pql) for one in rule.any_of for kind in one.kinds}
        others = sorted(asked - set(self.own_actions))
        if others:
            raise ValueError(f"kinds that qualify a person but are none of its own actions: {others}")
        return self


class Agreement(Block):
    """Every version of what the two teams agreed on, oldest first."""

    versions: tuple[Version, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_follow_each_other(self) -> "Agreement":
        days = [version.valid_from for version in self.versions]
        if days != sorted(set(days)):
            raise ValueError(f"versions must rise by valid_from, each with a day of its own (found {days})")
        return self


def load_agreement(path: Path) -> Agreement:
    """Return the parsed and checked agreement.

    Raises
    ------
    ConfigurationError
        If the file is missing, is not YAML, or breaks the schema; every problem is listed at once.
    """
    return parse_block(Agreement, read_yaml(path), where=str(path))
