"""about.json: what a folder of scores says of itself; publishing and scoring write it, the page reads it."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.contract.words import Word
from predictive_scoring.features.definition import Group

Share = Annotated[float, Field(ge=0, le=1)]


class GradeRate(Block):
    """How the leads of one grade went in the test window."""

    grade: str
    n: int = Field(ge=0)
    converted: int = Field(ge=0)
    rate: Share
    low: Share
    high: Share


class Quality(Block):
    """How the model did on leads that it had never seen, later than those it learned from."""

    window_from: date | None = None
    window_until: date | None = None
    n_leads: int = Field(ge=0)
    base_rate: Share
    auc: Share
    auc_low: Share | None = None
    auc_high: Share | None = None
    lift: float | None = None  # conversions among the top `lift_share`, against calling at random
    lift_share: Share | None = None
    caught: Share | None = None  # share of all conversions that were among the top `lift_share`
    by_grade: tuple[GradeRate, ...] = ()
    calibration_holds: bool = True  # False: the page shows the order and no chances
    findings: tuple[Word, ...] = ()


class ConceptWeight(Block):
    """How much a concept moves chances on average."""

    name: str
    group: Group
    word: Word
    mean_abs_points: float = Field(ge=0)


class About(Block):
    """Everything on the page that is not a lead."""

    target: str
    stage: str = ""  # "": the target's name
    stage_word: Word | None = None
    horizon_days: int | None = Field(default=None, gt=0)  # None: a flat table, whose outcomes have no date
    source_name: str
    source_description: str
    licence: str
    simulated: bool
    flat: bool = False  # one row a lead, no history of activities
    model_version: str
    trained_until: datetime | None = None
    as_of: datetime | None = None
    observed_until: datetime | None = None
    interval_level: Share
    grades: dict[str, Share]  # least probability of each grade, best first; below the last: D
    quarantined: int = Field(default=0, ge=0)
    evaluation: Quality | None = None
    concepts: tuple[ConceptWeight, ...] = ()
