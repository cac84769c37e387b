"""Whom marketing hands over, how many sales can take, how soon they promise to call, and what each grade gets."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, field_validator, model_validator

from predictive_scoring.config.base import Block, Distinct
from predictive_scoring.contract.attribute_names import clean_text

Grade = Literal["A", "B", "C", "D"]
Action = Literal["call_today", "follow_up", "nurture", "leave"]
CALLS: Final = ("call_today", "follow_up")  # what a seller does; the others are marketing's, or nobody's
Qualified = Literal["lead", "mql", "pql", "recycled"]


class Recycle(Block):
    """When a lead that sales rejected, or that was handed over before, may be handed over again."""

    after_days: int | None = Field(
        default=None, ge=1, le=3650, description="So many days later, whatever it did; null: time alone is not enough."
    )
    on_own_action: bool = Field(
        default=True,
        description="A rejected lead: as soon as it has acted of its own accord since. One that was handed over: once "
        "it was lost and has come back.",
    )


class Budgets(Block):
    """How many calls a week each segment gets, or each seller; whom a budget does not name only the whole bounds."""

    by: str = Field(description="A category: of leads, for instance owner, or of accounts, for instance region.")
    table: Literal["accounts", "leads"] = "leads"
    calls: dict[str, int] = Field(default={}, description="Calls a week by value; 0: none.")
    each: int | None = Field(default=None, ge=1, description="Calls a week of every value that `calls` does not name.")

    @field_validator("calls")
    @classmethod
    def _spelt_as_the_history_does(cls, calls: dict[str, int]) -> dict[str, int]:
        return {clean_text(value): n for value, n in calls.items()}

    @model_validator(mode="after")
    def _bounds_somebody(self) -> "Budgets":
        if not self.calls and self.each is None:
            raise ValueError(f"budgets by {self.by}: needs calls, by value, or each")
        if below := sorted(value for value, calls in self.calls.items() if calls < 0):
            raise ValueError(f"budgets by {self.by}: calls below 0: {below}")
        return self

    def of(self, value: str | None) -> int | None:
        """Return the calls a week of a value, None where only the whole bounds it."""
        return None if value is None else self.calls.get(value, self.each)


def _usual_actions(given: dict[str, Any]) -> dict[Grade, Action]:
    """Return what each grade gets where nobody says it: whoever is handed over is called, and nobody else."""
    handed_over = given.get("grades", ())
    called: dict[Grade, Action] = {"A": "call_today", "B": "follow_up", "C": "follow_up", "D": "follow_up"}
    others: dict[Grade, Action] = {"A": "nurture", "B": "nurture", "C": "nurture", "D": "leave"}
    return {grade: (called if grade in handed_over else others)[grade] for grade in get_args(Grade)}


class HandOff(Block):
    """Whom marketing hands over, how many sales can take, and how soon they promise to call."""

    grades: Annotated[tuple[Grade, ...], Distinct] = Field(
        default=("A", "B"), min_length=1, description="Grades that are handed over, each to be called."
    )
    states: Annotated[tuple[Qualified, ...], Distinct] = Field(
        default=get_args(Qualified), min_length=1, description="Who may be handed over, by the state of the life cycle."
    )
    least_probability: float = Field(default=0.0, ge=0, lt=1, description="The chance that is needed.")
    questions: Annotated[tuple[str, ...], Distinct] = Field(
        default=(), description="Attributes of leads to be known before, e.g. budget."
    )
    calls_per_week: int = Field(default=100, ge=1, le=1_000_000, description="How many sales can take, per week.")
    budgets: Budgets | None = Field(default=None, description="How the calls are shared out; null: the best get them.")
    first_contact_hours: int = Field(default=24, ge=1, le=2_000, description="Promised time to the first contact.")
    contact_kinds: Annotated[tuple[str, ...], Distinct] = Field(
        default=("call_made", "email_sent"), description="Activities of ours that are a first contact."
    )
    recycle: Recycle | None = Field(default=None, description="When a rejected lead comes again; null: once it acts.")
    actions: dict[Grade, Action] = Field(default_factory=_usual_actions, description="What each grade gets.")

    @model_validator(mode="after")
    def _whom_it_hands_over_is_called_and_nobody_else(self) -> "HandOff":
        idle = {grade: self.actions.get(grade, "nothing") for grade in self.grades}
        if idle := {grade: action for grade, action in idle.items() if action not in CALLS}:
            raise ValueError(
                f"grades that are handed over, and that `actions` gives nobody to call: {_named(idle)}; let their "
                f"action be one of {list(CALLS)}, or take them out of `grades`"
            )
        kept = {grade: does for grade, does in self.actions.items() if grade not in self.grades and does in CALLS}
        if kept:
            raise ValueError(
                f"grades that are not handed over, and that `actions` has called: {_named(kept)}; no seller is told "
                "of them: let their action be nurture or leave, or add them to `grades`"
            )
        return self

    @property
    def comes_again(self) -> Recycle:
        """When a rejected lead may be handed over again, by default as soon as it has acted since."""
        return self.recycle or Recycle()


def _named(actions: Mapping[Grade, str]) -> str:
    return ", ".join(f"{grade} ({action})" for grade, action in actions.items())
