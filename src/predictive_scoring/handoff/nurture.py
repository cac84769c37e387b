"""Whom to keep warm: leads below the line whose engagement rises, and what others like them did before they bought."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import Version
from predictive_scoring.agreement.journey import BuyingStage, journeys_at
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import literal, open_engine, path_literal
from predictive_scoring.handoff.qualified import Standing
from predictive_scoring.handoff.situation import Situation

BETWEEN_DAYS = 14  # between the two looks
HALF_LIFE_DAYS = 14
LEAST_RISE = 1.0  # as much as one action today
N_NEXT = 3
NURTURED = (Standing.NOT_QUALIFIED, Standing.BELOW_LINE, Standing.MISSING_ANSWERS, Standing.BEYOND_CAPACITY)


@dataclass(frozen=True)
class NextAction:
    """An action that people took next after they first came to a stage of the journey."""

    kind: str
    n: int  # of the converters of that stage, for how many it was the next
    of: int  # converters that came to that stage and did something after it
    share_of_others: float | None  # the same share among those who have not converted; None: nobody


@dataclass(frozen=True)
class Warming:
    """A lead below the line whose engagement rises."""

    lead_id: str
    rank: int
    grade: str
    standing: str
    stage: BuyingStage
    before: float  # own actions, each halved every HALF_LIFE_DAYS, at the look before
    now: float
    probability: float | None  # None: the model's chances did not hold


def warming(found: Situation, standings: pa.Table) -> list[Warming]:
    """Return leads below the line by how much their engagement has risen in `BETWEEN_DAYS`, most first.

    Engagement is the number of own actions known by then, each counted half as much every `HALF_LIFE_DAYS`.
    """
    standing = standings["standing"]
    below = pc.is_in(standing, pa.array([str(name) for name in NURTURED]))
    people = found.people.append_column("standing", standing).filter(below)
    kinds, history = found.version.own_actions, found.history
    earlier = found.as_of - timedelta(days=BETWEEN_DAYS)
    number = people["lead_no"].to_numpy()
    before = decayed(history, kinds, earlier, len(found.leads))[number]
    now = decayed(history, kinds, found.as_of, len(found.leads))[number]
    stage = np.zeros(len(found.leads), np.int8)
    journeys = journeys_at(history, found.version.journey, found.as_of)
    stage[journeys["lead_no"].to_numpy()] = journeys["stage"].to_numpy()
    rises = np.flatnonzero(now - before >= LEAST_RISE)
    order = rises[np.argsort(-(now - before)[rises], kind="stable")]
    rows = people.select(["lead_id", "rank", "grade", "standing", "probability"]).take(pa.array(order)).to_pylist()
    if not found.finished.about.chances_hold:
        rows = [{**row, "probability": None} for row in rows]
    return [
        Warming(**row, stage=BuyingStage(int(stage[number[place]])), before=float(before[place]), now=float(now[place]))
        for row, place in zip(rows, order, strict=True)
    ]


def decayed(
    history: History, kinds: tuple[str, ...], as_of: datetime, n_leads: int
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return each lead's own actions known before an instant, each halved every `HALF_LIFE_DAYS`; shape (n_leads,)."""
    until = f"timestamptz '{as_of.isoformat()}'"
    with open_engine() as engine:
        found = engine.sql(
            f"select lead_no, sum(pow(0.5, epoch({until} - occurred_at) / {86_400 * HALF_LIFE_DAYS})) as weight "
            f"from read_parquet({path_literal(history.path('activities'))}) where lead_no is not null "
            f"and kind in ({', '.join(map(literal, kinds))}) and direction is distinct from 'outbound' "
            f"and known_at < {until} and occurred_at < {until} group by lead_no order by lead_no"
        )
    weights = np.zeros(n_leads)
    weights[found["lead_no"].to_numpy()] = found["weight"].to_numpy()
    return weights


def next_actions(history: History, version: Version, as_of: datetime) -> dict[BuyingStage, list[NextAction]]:
    """Return by stage of the journey the most frequent next own actions of those who went on to buy.

    For each person and stage it is the first own action of another kind after the first touch of that stage, and
    before the purchase. Whoever has not bought by `as_of` is shown beside: an action that everybody takes tells little.
    It is what went together, not what made anybody buy.
    """
    found = {}
    for stage in (BuyingStage.AWARENESS, BuyingStage.CONSIDERATION, BuyingStage.DECISION):
        touches = getattr(version.journey, stage.name.lower())
        if touches.kinds or touches.topics:
            found[stage] = _ranked(_next(history, version, (touches.kinds, touches.topics), as_of))
    return found


def _ranked(rows: pa.Table) -> list[NextAction]:
    bought = {row["kind"]: row["n"] for row in rows.to_pylist() if row["bought"]}
    others = {row["kind"]: row["n"] for row in rows.to_pylist() if not row["bought"]}
    of, n_others = sum(bought.values()), sum(others.values())
    frequent = sorted(bought.items(), key=lambda item: (-item[1], item[0]))[:N_NEXT]
    return [NextAction(kind, n, of, others.get(kind, 0) / n_others if n_others else None) for kind, n in frequent]


def _next(
    history: History, version: Version, touched: tuple[tuple[str, ...], tuple[str, ...]], as_of: datetime
) -> pa.Table:
    """Return kind, bought and n: how many people did which kind next."""
    until = f"timestamptz '{as_of.isoformat()}'"
    columns = zip(("kind", "topic"), touched, strict=True)
    at_stage = " or ".join(f"{name} in ({', '.join(map(literal, values))})" for name, values in columns if values)
    stages = ", ".join(map(literal, version.stages.customer)) or "null"
    with open_engine() as engine:
        return engine.sql(
            "with won as (select lead_no, min(least(occurred_at, known_at)) as won_at "
            f"from read_parquet({path_literal(history.path('outcomes'))}) where stage in ({stages}) "
            f"and known_at < {until} group by lead_no), "
            "own as (select a.lead_no, a.kind, a.topic, a.occurred_at, w.won_at "
            f"from read_parquet({path_literal(history.path('activities'))}) a left join won w on w.lead_no = a.lead_no "
            f"where a.kind in ({', '.join(map(literal, version.own_actions))}) "
            f"and a.direction is distinct from 'outbound' and a.known_at < {until} "
            f"and a.occurred_at < coalesce(w.won_at, {until})), "
            "opened as (select lead_no, min(occurred_at) as opened_at, arg_min(kind, occurred_at) as kind "
            f"from own where {at_stage} group by lead_no), "
            "followed as (select o.lead_no, arg_min(o.kind, o.occurred_at) as kind, "
            "any_value(o.won_at) is not null as bought from own o join opened f "
            "on o.lead_no = f.lead_no and o.occurred_at > f.opened_at and o.kind <> f.kind group by o.lead_no) "
            "select kind, bought, count(*) as n from followed group by all order by bought, kind"
        )
