"""How the model is trained."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Train(Block):
    """Settings of the boosted model, chosen for weak signals; the seed fixes every draw."""

    seed: int = Field(default=7, ge=0)
    learning_rate: float = Field(default=0.03, gt=0, le=1)
    max_trees: int = Field(default=1500, gt=0, le=20000)
    early_stopping_rounds: int = Field(default=60, gt=0)
    num_leaves: int = Field(default=12, ge=2, le=4096)
    min_leaf_rows: int = Field(default=100, ge=1)
    feature_share: float = Field(default=0.5, gt=0, le=1)
    row_share: float = Field(default=0.7, gt=0, le=1)
    l2: float = Field(default=20.0, ge=0)
    n_threads: int = Field(default=2, ge=1)
    min_converting_leads: int = Field(default=20, ge=5, description="Fewer than this in training and the run is refused.")
