"""Where on the way to buying each person is, by what they read and did."""

from datetime import datetime
from enum import IntEnum

import pyarrow as pa

from predictive_scoring.agreement.definition import Journey, Touches
from predictive_scoring.contract.history import INSTANT, History
from predictive_scoring.engine.duck import literal, open_engine, path_literal

JOURNEYS = pa.schema(
    [
        ("lead_no", pa.int64()),
        ("stage", pa.int8()),  # a BuyingStage
        ("since", INSTANT),  # when it was first touched, by the record's clock; null: nothing was
    ]
)


class BuyingStage(IntEnum):
    """The stages of buying, in their order."""

    UNKNOWN = 0  # touched nothing that the agreement names
    AWARENESS = 1
    CONSIDERATION = 2
    DECISION = 3


def journeys_at(history: History, journey: Journey, as_of: datetime) -> pa.Table:
    """Return the furthest stage that each person touched before an instant, and since when.

    A person's own activities count, by kind or by topic; what was sent or told to them does not.

    Returns
    -------
    pyarrow.Table
        The columns of `JOURNEYS`, one row a person created before the instant, in the order of lead_no.
    """
    until = f"timestamptz {literal(as_of.isoformat())}"
    places = " ".join(
        f"when {_touched(touches)} then {stage.value}"
        for stage, touches in (
            (BuyingStage.DECISION, journey.decision),
            (BuyingStage.CONSIDERATION, journey.consideration),
            (BuyingStage.AWARENESS, journey.awareness),
        )
    )
    touched = (
        f"select lead_no, case {places} end as stage, min(known_at) as first_at "
        f"from read_parquet({path_literal(history.path('activities'))}) "
        f"where lead_no is not null and direction is distinct from 'outbound' and known_at < {until} group by all"
    )
    with open_engine() as engine:
        found = engine.sql(
            f"select p.lead_no, coalesce(f.stage, {BuyingStage.UNKNOWN.value}) as stage, f.since "
            f"from read_parquet({path_literal(history.path('leads'))}) p left join "
            f"(select lead_no, max(stage) as stage, arg_max(first_at, stage) as since from ({touched}) "
            "where stage is not null group by lead_no) f using (lead_no) "
            f"where p.created_at < {until} order by p.lead_no"
        )
    return found.cast(JOURNEYS)


def _touched(touches: Touches) -> str:
    """Return the condition that an activity is one of these."""
    either = [
        f"{column} in ({', '.join(map(literal, names))})"
        for column, names in (("kind", touches.kinds), ("topic", touches.topics))
        if names
    ]
    return " or ".join(either) or "false"
