"""about.json: what a folder of scores says of itself; publishing and scoring write it, the page reads it."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.regions import Tag
from predictive_scoring.contract.words import Language, Word
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


class Band(Block):
    """Leads that share a fact of one concept: how they went, and how the model sees them.

    `n` counts leads, however often each was looked at; rates are null where there are fewer than 30 of them.
    """

    word: Word
    n: int = Field(ge=0)
    rate: Share | None = None
    low: Share | None = None
    high: Share | None = None
    points: float | None = None  # the mean points of the band's leads, a difference in probability
    agrees: bool | None = None  # whether history and model lean the same way; null where it cannot be told
    is_missing: bool = False  # the band of those of whom the fact is not known, or who never did it


class Past(Block):
    """Which leads of the past the rates are counted on.

    rows: `unseen`, later than those that the model's trees were fitted to, or `mature`, all whose horizon was over.
    """

    rows: str
    n_leads: int = Field(ge=0)
    n_converting: int = Field(ge=0)
    base_rate: Share
    level: Share  # of the intervals
    first_as_of: datetime | None = None
    last_as_of: datetime | None = None


class ConceptWeight(Block):
    """How much a concept moves chances on average, and how leads went by what was known of it."""

    name: str
    group: Group
    word: Word
    mean_abs_points: float = Field(ge=0)
    bands: tuple[Band, ...] = ()
    family: str = ""  # concepts that say much the same of leads share it; "": alone


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
    regions: dict[Language, Tag] = Field(default_factory=dict)  # where the sentences are read; not named: as usual
    past: Past | None = None  # None: the bundle was made before there were rates

    @property
    def chances_hold(self) -> bool:
        """Whether chances may be shown: not if they failed against what happened."""
        return self.evaluation is None or self.evaluation.calibration_holds
