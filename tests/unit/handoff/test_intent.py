"""Intent is what the agreed kinds moved in log-odds, ranked within the batch; silence is one lowest value."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictive_scoring.explain.points import probability_points
from predictive_scoring.explain.reasons import REASON
from predictive_scoring.handoff import intent as module
from predictive_scoring.handoff.intent import NO_INTENT, intent_log_odds, intent_scores, log_odds_per_point

BASE = 0.1
ALL = ("demo",)


class Logistic:
    def probability(self, raw: Any) -> Any:
        return 1 / (1 + np.exp(-np.asarray(raw)))


def reason(concept: str, points: float, code: str = "R001") -> dict[str, Any]:
    texts = {"value": "", "text_en": "", "text_es": ""}
    return {"code": code, "concept": concept, "group": "engagement", "points": points, **texts}


def scores(*reasons: list[dict[str, Any]], base: float = BASE) -> pa.Table:
    chances = [base + sum(one["points"] for one in these) for these in reasons]
    return pa.table(
        {
            "reasons": pa.array(reasons, pa.list_(REASON)),
            "probability": pa.array(chances, pa.float64()),
            "base_probability": pa.array([base] * len(reasons), pa.float64()),
        }
    )


def told(contributions: list[tuple[float, float]]) -> pa.Table:
    """Return scores of leads by what a demo and what all else contribute in log-odds, as the explanation tells them."""
    points, _ = probability_points(np.array(contributions), math.log(BASE / (1 - BASE)), Logistic())
    return scores(*([reason("demo", demo), reason("firm", firm, "R009")] for demo, firm in points.tolist()))


def by_a_loop(contributions: list[tuple[float, float]], acted: list[bool]) -> list[int]:
    """Rank those who acted by their contribution in log-odds: the hundredths below, and half of those they share."""
    n, values = len(acted), [demo if did else -math.inf for (demo, _), did in zip(contributions, acted, strict=True)]
    ordered, ranks = sorted(values), []
    cuts = [ordered[math.ceil(n * k / 100 - 1e-9) - 1] for k in range(1, 100)]
    for value, did in zip(values, acted, strict=True):
        shared = sum(cut < value for cut in cuts) + sum(cut <= value for cut in cuts)
        ranks.append(max(2, 1 + shared // 2) if did else 1)
    return ranks


# Of four who asked for a demo it moved each one's log-odds by 0.5, 1, 1.5 or 2; the less it did, the hotter they are
# otherwise. Three did nothing of intent, which the model holds against them alike.
WORLD = [(0.5, 3.0), (1.0, 1.0), (1.5, -1.0), (2.0, -5.0), (-0.5, 3.0), (-0.5, 0.0), (-0.5, -3.0)]
ACTED = [True] * 4 + [False] * 3


def test_points_lead_back_to_the_contributions_in_log_odds() -> None:
    assert intent_log_odds(told(WORLD), ALL) == pytest.approx([demo for demo, _ in WORLD], rel=1e-9)


def test_the_scores_are_those_of_a_plain_loop_in_log_odds_and_silence_is_one_lowest_value() -> None:
    found = intent_scores(told(WORLD), ALL, np.array(ACTED))
    assert found.tolist() == by_a_loop(WORLD, ACTED)
    assert np.all(np.diff(found[:4]) > 0)  # the keener, the higher, however hot they are
    assert found[4:].tolist() == [NO_INTENT] * 3


def test_points_of_probability_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "log_odds_per_point", lambda probability, base: np.ones(len(probability)))
    by_points = intent_scores(told(WORLD), ALL, np.array(ACTED))
    assert by_points.tolist() != by_a_loop(WORLD, ACTED)
    assert by_points[0] > by_points[3]  # the coldest of them, whom the demo moved most, would be the least keen
    of_the_silent = intent_log_odds(told(WORLD), ALL)[4:]
    assert np.all(np.diff(of_the_silent) > 0)  # and among those without any act, the hotter the lower


@given(
    st.lists(
        st.tuples(st.integers(-3000, 3000), st.integers(-3000, 3000), st.booleans()),
        min_size=1,
        max_size=150,
        unique_by=lambda one: one[0],
    )
)
def test_any_batch_is_ranked_as_by_the_loop(people: list[tuple[int, int, bool]]) -> None:
    world = [(demo / 1000, firm / 1000) for demo, firm, _ in people]
    acted = [did for *_, did in people]
    assert intent_scores(told(world), ALL, np.array(acted)).tolist() == by_a_loop(world, acted)


def test_at_the_base_the_quotient_is_its_limit_and_near_it_close_to_that() -> None:
    limit = 1 / (BASE * (1 - BASE))
    near = BASE + np.array([0.0, 1e-15, 1e-12, -1e-9, 1e-7])
    assert log_odds_per_point(near, np.full(5, BASE)) == pytest.approx([limit] * 5, rel=1e-5)
    assert np.isfinite(log_odds_per_point(np.array([0.0, 1.0]), np.full(2, BASE))).all()


def test_only_the_agreed_kinds_count_and_a_stage_or_channel_of_the_same_name_does_not() -> None:
    table = scores(
        [reason("demo_request", 0.25), reason("page_view", 0.5), reason("pricing_page", -0.125)],
        [],
        [reason("demo_request", 0.5, code="R005"), reason("pricing_page", 0.0625)],
    )
    per_point = log_odds_per_point(table["probability"].to_numpy(), np.full(3, BASE))
    found = intent_log_odds(table, ("Demo request", "pricing_page"))
    assert found == pytest.approx(per_point * [0.125, 0.0, 0.0625])
    assert intent_log_odds(table, ()).tolist() == [0.0, 0.0, 0.0]


def test_equal_log_odds_share_one_score_and_an_act_that_lowers_is_still_an_act() -> None:
    points = [0.3, -0.05, 0.0, 0.0, 0.2] * 30
    acted = np.array([True, True, False, False, True] * 30)
    found = intent_scores(scores(*([reason("demo", value)] for value in points)), ALL, acted)
    by_points = dict(zip(points, found.tolist(), strict=True))
    assert [by_points[value] for value in points] == found.tolist()
    assert by_points[0.0] == NO_INTENT < by_points[-0.05] < by_points[0.2] < by_points[0.3] <= 100


def test_an_empty_batch_has_no_scores_and_where_nobody_acted_all_are_the_lowest() -> None:
    assert intent_scores(scores(), ALL, np.zeros(0, bool)).tolist() == []
    assert intent_scores(scores([], []), ALL, np.zeros(2, bool)).tolist() == [NO_INTENT] * 2
