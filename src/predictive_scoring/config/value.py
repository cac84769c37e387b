"""Whether leads are also told by what their conversion would bring."""

from pydantic import Field

from predictive_scoring.config.base import Block


class Value(Block):
    """Expected value: the chance of a lead times the amount that its conversion would bring."""

    enabled: bool = Field(
        default=False,
        description="Write `expected_amount` and `expected_value` beside each chance. The amounts of the outcomes "
        "teach what a conversion brings; where unseen leads do not show better, it is the mean for everybody.",
    )
    amount: str = Field(
        default="",
        description="The attribute of leads, a number, that is the deal's own amount as known at the time; where it is "
        "known it is taken as it is. By default no attribute is.",
    )
