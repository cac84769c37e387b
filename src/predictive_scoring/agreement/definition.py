"""agreement.yaml: what each state means, dated, so that a past week is judged by the words of that week."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from predictive_scoring.agreement.terms import Grade, HandOff
from predictive_scoring.config.base import Block, Distinct
from predictive_scoring.config.parse import parse_block, read_yaml
from predictive_scoring.contract.attribute_names import clean_text
from predictive_scoring.errors import ConfigurationError

Names = Annotated[tuple[str, ...], Distinct]
_ROUNDING = 1e-9


class Condition(Block):
    """So many actions of a person's own within so many days."""

    kinds: Names = Field(min_length=1, description="Kinds of activity that count, each an own action.")
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


class Criterion(Block):
    """One line of the ideal customer's profile: an attribute and the values that fit."""

    attribute: str = Field(description="The attribute's name in the history.")
    table: Literal["accounts", "leads"] = "accounts"
    any_of: Names = Field(default=(), description="Categories that fit.")
    separator: str | None = Field(
        default=None, min_length=1, description="What stands between the values of a cell of several; any of them fits."
    )
    at_least: float | None = Field(default=None, description="Numbers from here on fit.")
    at_most: float | None = Field(default=None, description="Numbers up to here fit.")
    essential: bool = Field(default=False, description="Without it a person is not handed over.")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Criterion":
        has_bounds = self.at_least is not None or self.at_most is not None
        if bool(self.any_of) == has_bounds:
            raise ValueError(f"{self.attribute}: needs either any_of or at_least and at_most")
        if self.separator is not None and not self.any_of:
            raise ValueError(f"{self.attribute}: a separator needs any_of")
        if not all(clean_text(value) for value in self.any_of):
            raise ValueError(f"{self.attribute}: any_of has an empty value; whose value is not known fits nobody's")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"{self.attribute}: at_least {self.at_least:g} lies above at_most {self.at_most:g}")
        return self

    @property
    def asked(self) -> tuple[object, ...]:
        """What it asks of whom, however it is spelt and however much is made of it: two that ask one thing are one."""
        values = frozenset(map(clean_text, self.any_of))
        return self.table, self.attribute, values, self.separator, self.at_least, self.at_most

    def values_in(self, cell: str) -> list[str]:
        """Return the values of a cell: one, or as many as the separator divides it into.

        Examples
        --------
        >>> Criterion(attribute="technologies", any_of=("Spark",), separator=";").values_in("Kafka; Spark")
        ['Kafka', 'Spark']
        """
        return [cell] if self.separator is None else [clean_text(part) for part in cell.split(self.separator)]


def _exclude_each_other(criteria: list[Criterion]) -> bool:
    """Return whether no value of their one attribute meets all of some criteria."""
    allowed = [set(map(clean_text, one.any_of)) for one in criteria if one.any_of and one.separator is None]
    lows = [one.at_least for one in criteria if one.at_least is not None]
    highs = [one.at_most for one in criteria if one.at_most is not None]
    return (bool(allowed) and not set.intersection(*allowed)) or (bool(lows and highs) and max(lows) > min(highs))


class Approached(Block):
    """By which category of a lead, known at its creation, we know that we approached it."""

    attribute: str = Field(description="A category of leads that is known at creation, e.g. channel.")
    any_of: Names = Field(min_length=1, description="Its values of whom we approached.")


class Origin(Block):
    """What a lead's own record says of how it came; of the others the first contact says it."""

    outbound: Approached


class Touches(Block):
    """Activities by kind, or by topic; either is enough."""

    kinds: Names = ()
    topics: Names = ()


class Journey(Block):
    """What a person reads and does at each stage of buying; the furthest that was touched is where they are."""

    awareness: Touches = Touches()
    consideration: Touches = Touches()
    decision: Touches = Touches()


class Grading(Block):
    """What it takes to be an A, a B or a C; the rest is D. New letters need new scores, and no training."""

    by: Literal["share", "probability", "calls"] = Field(
        description="share: of the model's reference leads, as publish.grades has it; probability: a least chance; "
        "calls: so many leads, the best of those who are scored that day."
    )
    A: float = Field(gt=0, description="An A: this share or better, this chance or more, among so many.")
    B: float = Field(gt=0, description="A or B.")
    C: float = Field(gt=0, description="A, B or C.")

    @property
    def letters(self) -> dict[str, float]:
        """The three letters, best first."""
        return {"A": self.A, "B": self.B, "C": self.C}

    def chance_below(self, grade: Grade) -> float:
        """Return the chance that no lead of a grade has, as far as the agreement alone says it.

        Examples
        --------
        >>> grading = Grading(by="probability", A=0.2, B=0.08, C=0.02)
        >>> grading.chance_below("A"), grading.chance_below("B")
        (1.0, 0.2)
        """
        if self.by != "probability" or grade == "A":
            return 1.0
        return {"B": self.A, "C": self.B, "D": self.C}[grade]

    @model_validator(mode="after")
    def _mean_something(self) -> "Grading":
        found = f"(found {self.A:g}, {self.B:g}, {self.C:g})"
        if self.by == "probability":
            if not 1 > self.A > self.B > self.C:
                raise ValueError(f"by probability: A, B and C must fall, below 1 {found}")
        elif not self.A < self.B < self.C:
            raise ValueError(f"by {self.by}: A, B and C must rise, each holds the letters above it {found}")
        elif self.by == "share" and not all(0.01 <= share <= 0.99 for share in self.letters.values()):
            raise ValueError(f"by share: from 0.01 to 0.99 {found}")
        elif self.by == "share" and any(abs(100 * s - round(100 * s)) > _ROUNDING for s in self.letters.values()):
            raise ValueError(f"by share: whole hundredths, a model knows its reference leads no finer {found}")
        elif self.by == "calls" and any(n != int(n) for n in self.letters.values()):
            raise ValueError(f"by calls: whole numbers of leads {found}")
        return self


class Version(Block):
    """The definitions from a day on, until the next version."""

    valid_from: str = Field(description='A quoted ISO date, the first day of this version: "2025-01-01".')
    own_actions: Names = Field(min_length=1, description="Kinds that a person does on their own initiative.")
    intent: Names = Field(default=(), description="Kinds that tell of the wish to buy; own actions too.")
    mql: Qualification = Qualification()
    pql: Qualification = Qualification()
    stages: Stages = Stages()
    origin: Origin | None = Field(default=None, description="Whom we approached, by their record; null: nobody.")
    profile: tuple[Criterion, ...] = Field(default=(), description="The ideal customer, criterion by criterion.")
    journey: Journey = Journey()
    grades: Grading | None = Field(default=None, description="What the letters mean; else publish.grades says it.")
    hand_off: HandOff = HandOff()

    @field_validator("valid_from")
    @classmethod
    def _is_a_date(cls, value: str) -> str:
        if (
            date.fromisoformat(value).isoformat() != value
        ):  # 20250101 is a date too, and versions are put in order as text
            raise ValueError("a date is written with dashes, like 2025-01-01")
        return value

    @field_validator("profile")
    @classmethod
    def _asks_nothing_twice(cls, profile: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        asked = [criterion.asked for criterion in profile]
        twice = sorted({one.attribute for one in profile if asked.count(one.asked) > 1})
        if twice:
            raise ValueError(f"criteria that stand there twice: {twice}; each needs one line")
        needed = [criterion for criterion in profile if criterion.essential]
        of_one = [[one for one in needed if one.asked[:2] == each.asked[:2]] for each in needed]
        if never := sorted({these[0].attribute for these in of_one if _exclude_each_other(these)}):
            raise ValueError(f"essential criteria that nobody can meet together: {never}; write one line for each")
        return profile

    @model_validator(mode="after")
    def _only_own_actions_qualify(self) -> "Version":
        asked = {kind for rule in (self.mql, self.pql) for one in rule.any_of for kind in one.kinds}
        others = sorted((asked | set(self.intent)) - set(self.own_actions))
        if others:
            raise ValueError(f"kinds that qualify a person but are none of its own actions: {others}")
        return self

    @model_validator(mode="after")
    def _every_grade_can_be_handed_over(self) -> "Version":
        least = self.hand_off.least_probability
        below = (
            {} if self.grades is None else {grade: self.grades.chance_below(grade) for grade in self.hand_off.grades}
        )
        if void := {grade: chance for grade, chance in below.items() if least >= chance}:
            named = ", ".join(f"{grade} (chances below {chance:g})" for grade, chance in void.items())
            raise ValueError(
                f"grades that are handed over, and that hand_off.least_probability {least:g} leaves nobody: {named}; "
                "lower it, or take them out of hand_off.grades"
            )
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

    def on(self, day: date) -> Version:
        """Return the version in force on a day; before the first, the first."""
        begun = [version for version in self.versions if version.valid_from <= day.isoformat()]
        return begun[-1] if begun else self.versions[0]


def load_agreement(path: Path) -> Agreement:
    """Return the parsed and checked agreement.

    Raises
    ------
    ConfigurationError
        If the file is missing, is not YAML, or breaks the schema; every problem is listed at once.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: no agreement lies here",
            expected="a file that says what lead, MQL, SQL and customer mean",
            fix="name it with --agreement, or write one: docs/agreement.md shows a whole one and what each part is for",
        )
    return parse_block(Agreement, read_yaml(path), where=str(path))
