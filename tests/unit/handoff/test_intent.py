"""Intent is what the agreed kinds moved, ranked among the leads of the batch."""

from typing import Any

import pyarrow as pa

from predictive_scoring.explain.reasons import REASON
from predictive_scoring.handoff.intent import intent_points, intent_scores


def reason(concept: str, points: float, code: str = "R001") -> dict[str, Any]:
    texts = {"value": "", "text_en": "", "text_es": ""}
    return {"code": code, "concept": concept, "group": "engagement", "points": points, **texts}


def scores(*reasons: list[dict[str, Any]]) -> pa.Table:
    return pa.table({"reasons": pa.array(reasons, pa.list_(REASON))})


def test_only_the_agreed_kinds_count_and_a_stage_or_channel_of_the_same_name_does_not() -> None:
    table = scores(
        [reason("demo_request", 0.25), reason("page_view", 0.5), reason("pricing_page", -0.125)],
        [],
        [reason("demo_request", 0.5, code="R005"), reason("pricing_page", 0.0625)],
    )
    assert intent_points(table, ("Demo request", "pricing_page")).tolist() == [0.125, 0.0, 0.0625]
    assert intent_points(table, ()).tolist() == [0.0, 0.0, 0.0]


def test_more_points_are_never_a_lower_score_and_equal_points_share_one() -> None:
    points = [0.3, -0.1, 0.0, 0.0, 0.2] * 30
    found = intent_scores(scores(*([reason("demo", value)] for value in points)), ("demo",))
    assert found.min() >= 1
    assert found.max() <= 100
    by_points = dict(zip(points, found.tolist(), strict=True))
    assert [by_points[value] for value in points] == found.tolist()
    assert by_points[-0.1] < by_points[0.0] < by_points[0.2] < by_points[0.3]
    assert by_points[0.0] == 41  # the middle of the ranks 20 to 60


def test_an_empty_batch_has_no_scores() -> None:
    assert intent_scores(scores(), ("demo",)).tolist() == []
