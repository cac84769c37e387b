"""How long better settings of the model are looked for."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Search(Block):
    """A seeded search over the settings of trees, regression and weights; what helps everywhere is kept."""

    minutes: float = Field(
        default=0.0, ge=0, description="No further trial begins after so many. 0: the defaults, which are good ones."
    )
    trials: int = Field(default=60, ge=2, le=10_000, description="At most so many trials, the defaults among them.")
    max_rows: int = Field(
        default=20_000, ge=500, description="Snapshots that trials learn from; of more, some looks at each lead."
    )
