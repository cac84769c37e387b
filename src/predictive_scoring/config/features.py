"""What the catalogue spans: windows, what counts as an answer or as use, and which families of features there are."""

from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from predictive_scoring.config.base import Block, Distinct

Days = Annotated[int, Field(gt=0, le=3650)]
Family = Literal[
    "kinds", "decay", "engagement", "bursts", "direction", "answers", "touches", "sequences", "rhythm", "topics",
    "groups", "usage", "colleagues", "account", "account_history", "stages", "age", "calendar", "email", "attributes",
    "bands", "interactions", "region", "completeness",
]  # fmt: skip
FAMILIES: tuple[Family, ...] = get_args(Family)
Names = Annotated[tuple[str, ...], Distinct]


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; give one like Europe/Madrid") from error
    return name


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    if list(values) != sorted(set(values)):
        raise ValueError(f"must rise: {list(values)}")
    return values


Cuts = Annotated[tuple[float, ...], Field(min_length=1), AfterValidator(_rising)]


class Sequence(Block):
    """One thing after another: days from the first touch to `then`, or whether it came after the first `first`."""

    then: str = Field(description="Kind that comes second.")
    first: str | None = Field(default=None, description="Kind that comes first; none: the first touch, whatever kind.")


class Features(Block):
    """Windows and time constants in days, and what the source's words mean."""

    windows_days: Annotated[tuple[Days, ...], Distinct] = Field(
        default=(7, 30, 90), min_length=1, description="Windows that activities are counted in."
    )
    decay_days: Annotated[tuple[Days, ...], Distinct] = Field(
        default=(7, 30), min_length=1, description="Days after which an activity weighs 1/e of a fresh one."
    )
    min_kind_rows: int = Field(
        default=50, ge=1, description="A kind or stage rarer than this before training ends has no features."
    )
    max_kinds: int = Field(default=40, ge=1, le=500, description="At most so many kinds, the most frequent.")
    max_levels: int = Field(
        default=1000,
        ge=2,
        description="A category with more values than this, and fewer than five rows a value, is refused: an id.",
    )
    leave_out: Annotated[tuple[Family, ...], Distinct] = Field(
        default=(), description="Families of features to do without; docs/features.md says which there are."
    )
    answer_days: Days = Field(default=7, description="What follows a message of ours within so many days answers it.")
    answer_kinds: Names = Field(
        default=(), description="Kinds that answer a message; none: everything inbound is an answer."
    )
    sequences: tuple[Sequence, ...] = Field(
        default=(
            Sequence(then="pricing_page_view"),
            Sequence(then="demo_request"),
            Sequence(then="demo_request", first="webinar_attended"),
        ),
        description="What comes after what, e.g. {then: demo_request, first: webinar_attended}; without `first`, after "
        "the first touch. Those of kinds that are rare or unknown are left out.",
    )
    usage_kinds: Names = Field(
        default=("product_login", "feature_used", "trial_login"),
        description="Kinds that mean use of the product; their topics are its features.",
    )
    groups: dict[str, Names] = Field(default={}, description="Kinds that are also counted together, by a name.")
    rising: Names = Field(
        default=(), description="Kinds of which more, or fresher ones, may only raise the chance, other things equal."
    )
    falling: Names = Field(
        default=(), description="Kinds of which more, or fresher ones, may only lower the chance, other things equal."
    )
    topics: dict[str, Names] = Field(default={}, description="Topics that are counted together, by a name.")
    frequent_topics: int = Field(
        default=0, ge=0, le=50, description="So many of the most frequent topics are counted too, each for itself."
    )
    timezone: Annotated[str, AfterValidator(_is_zone)] = Field(
        default="UTC", description="Zone whose clock tells working hours (Monday to Friday, 9 to 18) and weekends."
    )
    bands: dict[str, Cuts] = Field(
        default=dict.fromkeys(("employees", "headcount", "company_size"), (10, 50, 250, 1000)),
        description="Numbers that are also given in bands: attribute and where each next band begins.",
    )
    interactions: tuple[tuple[str, str], ...] = Field(
        default=(), description="Pairs of categories, or of numbers with bands, that are also given as one."
    )
    min_countries: int = Field(
        default=12, ge=2, description="From so many countries on, regions of the world are features too."
    )
