"""How the model is trained."""

from pydantic import Field

from predictive_scoring.config.base import Block
from predictive_scoring.config.search import Search
from predictive_scoring.config.segments import Segments


class Train(Block):
    """Settings of the model, chosen for weak signals; the seed fixes every draw."""

    seed: int = Field(default=7, ge=0, description="Fixes every draw.")
    learning_rate: float = Field(default=0.05, gt=0, le=1, description="How much of its correction each tree adds.")
    max_trees: int = Field(default=800, gt=0, le=20000, description="At most so many trees.")
    early_stopping_rounds: int = Field(
        default=50, gt=0, description="Trees without a gain on leads that are left out before growing stops."
    )
    num_leaves: int = Field(default=8, ge=2, le=4096, description="Few leaves and large ones: signals are weak.")
    min_leaf_rows: int = Field(default=300, ge=1, description="Snapshots that a leaf must hold.")
    feature_share: float = Field(default=1.0, gt=0, le=1, description="Share of the features that each tree may use.")
    row_share: float = Field(default=0.7, gt=0, le=1, description="Share of the snapshots that each tree sees.")
    l2: float = Field(default=40.0, ge=0, description="Ridge penalty of the leaves' values.")
    extra_trees: bool = Field(
        default=True,
        description="Of each feature a split weighs one threshold drawn at random (extremely randomised trees, Geurts "
        "et al. 2006), in place of all of them: thresholds are not learned by heart.",
    )
    larger_trees: bool = Field(
        default=True,
        description="Where each row is a lead of its own, try trees of LightGBM's own size too (31 leaves of 20 rows, "
        "all rows, a light penalty); held-out leads decide.",
    )
    linear_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of the logistic regression in the blend; held-out leads move it, but for 0 and 1.",
    )
    linear_l2: float = Field(
        default=10.0,
        gt=0,
        description="Ridge penalty of the logistic regression, times the root of the mean number of looks at a lead; "
        "where columns have penalties of their own, the least of them.",
    )
    linear_knots: int = Field(
        default=3,
        ge=0,
        le=20,
        description="Quantiles where a number's line may bend, if leads that are left out say so: where there is no "
        "calibration window.",
    )
    refit: bool = Field(
        default=True,
        description="Once the calibrator is fitted, fit both halves anew with its window and the gap before it.",
    )
    lead_weight_power: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="How far a later look at a lead counts less: the k-th counts one over k to this power.",
    )
    max_rows: int = Field(
        default=130_000,
        ge=1000,
        description="Of more snapshots every second, third … look at each lead is learned from, and counts for the "
        "others; at least one of each lead. As many again may be calibrated on.",
    )
    min_level_leads: int = Field(default=20, ge=1, description="A category level that fewer leads share is 'other'.")
    max_levels: int = Field(
        default=1000,
        ge=1,
        le=1000,
        description="Levels kept of a category; the rest is 'other'. The regression tells the commonest 60 apart.",
    )
    n_folds: int = Field(
        default=4,
        ge=2,
        le=20,
        description="Folds of leads, which say how many trees there are and how the halves are weighted.",
    )
    n_replicas: int = Field(default=200, ge=20, le=5000, description="Redraws of leads behind each lead's interval.")
    n_threads: int = Field(default=2, ge=1, description="Threads of the training.")
    search: Search = Search()
    segments: Segments = Field(
        default={},
        description="Parts of the leads for which a model of their own is tried, e.g. `iberia: {country: [ES, PT]}`; "
        "it speaks of them where it measures better than the shared one beyond chance.",
    )
    min_converting_leads: int = Field(default=20, ge=5, description="Fewer than this in training: the run is refused.")
