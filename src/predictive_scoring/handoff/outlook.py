"""How far the agreed calls reach tonight, in all and of each segment, and which line past weeks would have drawn."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.agreement.profile import known_values
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.handoff.budgets import Purses
from predictive_scoring.handoff.capacity import Capacity, Chances, Expected, expected, reach
from predictive_scoring.handoff.eligible import Position, obstacles
from predictive_scoring.handoff.qualified import Standing, calls_used, sales_have, standings
from predictive_scoring.handoff.question import Question
from predictive_scoring.handoff.segments import UNKNOWN, in_order, segment_of
from predictive_scoring.handoff.simulation import simulate_agreement
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.weeks import mondays
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.snapshots.instants import to_micros

Flags = NDArray[np.bool_]
_MOST_LOOKS: Final = 2_000_000  # some two minutes of computing


@dataclass(frozen=True)
class Part:
    """One value of a category: how far the calls reach among its people."""

    category: str
    value: str  # or UNKNOWN
    budget: int | None  # calls of its own, None: it has none
    found: Capacity


@dataclass(frozen=True)
class Outlook:
    """What the agreed capacity brings of those who may be called tonight, whatever their grade and chance."""

    as_of: datetime
    horizon_days: int | None
    level: float  # of the intervals
    terms: HandOff
    n_used: int  # calls of this week that are used already; the figures are of a full week
    agreed: Expected  # whom the agreement as it stands hands over
    whole: Capacity
    parts: tuple[Part, ...]
    past: dict[str, Any] | None  # what `Simulation.figures` returned, with from, until; None: no week to look at

    @property
    def recommended(self) -> float | None:
        """The least chance that filled the capacity of past weeks as the only line, None where none did."""
        line = None if self.past is None else self.past["without_a_line"]
        return None if line is None else float(line["least_probability"])


def outlook(found: Situation, category: str | None, past: dict[str, Any] | None) -> Outlook:
    """Return how far the calls reach among those who may be handed over, were it not for grade and chance.

    Parameters
    ----------
    category
        Of leads or accounts, to tell apart besides that of the agreement's budgets.
    past
        What `past_weeks` returned.
    """
    terms, as_of = found.version.hand_off, to_micros(found.as_of)
    lead_no = found.people["lead_no"].to_numpy()
    may = np.flatnonzero(_may_be_called(found, lead_no, as_of) & ~np.logical_or(*sales_have(found)))
    may = may[np.argsort(-found.people["probability"].to_numpy()[may], kind="stable")]
    chances = _chances(found, may)
    purses = Purses.of(found.history, terms.budgets, lead_no[may], as_of)
    is_called = np.zeros(len(may), bool)
    is_called[purses.best(np.arange(len(may)), terms.calls_per_week)] = True
    handed_over = np.flatnonzero(pc.equal(standings(found)["standing"], str(Standing.HANDED_OVER)).to_numpy())
    return Outlook(
        as_of=found.as_of,
        horizon_days=found.finished.about.horizon_days,
        level=chances.level,
        terms=terms,
        n_used=len(calls_used(found)),
        agreed=expected(_chances(found, handed_over)),
        whole=reach(chances, is_called, terms.calls_per_week),
        parts=tuple(_parts(found, category, lead_no[may], chances, is_called)),
        past=past,
    )


def _may_be_called(found: Situation, lead_no: NDArray[np.int64], as_of: int) -> Flags:
    at = np.full(len(lead_no), as_of)
    position = Position.of(found.lives, len(found.leads), lead_no, at)
    kept_back = obstacles(found.history, found.version, position, lead_no, at)
    return np.asarray(~np.logical_or.reduce(list(kept_back.values())))


def _chances(found: Situation, rows: NDArray[np.int64]) -> Chances:
    chance, low, high = (found.people[f"probability{end}"].to_numpy()[rows] for end in ("", "_low", "_high"))
    return Chances(chance, low, high, found.finished.about.interval_level)


def _parts(
    found: Situation, category: str | None, lead_no: NDArray[np.int64], chances: Chances, is_called: Flags
) -> Iterator[Part]:
    budgets, as_of = found.version.hand_off.budgets, to_micros(found.as_of)
    told: dict[str, NDArray[Any]] = {}
    if budgets is not None:
        wanted = [(budgets.table, budgets.by)]
        (values,) = known_values(found.history, wanted, lead_no, as_of, as_exported=True)
        told[budgets.by] = pc.fill_null(values.cast(pa.string()), UNKNOWN).to_numpy(zero_copy_only=False)
    if category is not None:
        told.setdefault(category, segment_of(found.history, category)[lead_no])
    for name, values in told.items():
        for value in in_order(map(str, values)):
            mine, own = values == value, None
            if budgets is not None and name == budgets.by:
                own = budgets.of(None if value == UNKNOWN else value)
            calls = int(is_called[mine].sum()) if own is None else own
            yield Part(name, value, own, reach(chances.part(mine), is_called[mine], calls))


def past_weeks(found: Situation, bundle: Bundle, n_weeks: int) -> dict[str, Any] | None:
    """Return what the agreement would have done in the last weeks, None where there is none to look at.

    Weeks from which the model learned look better than they would have been, and are left out. Each week costs as much
    as a night's scores: of very many open leads a stage of every night looks at fewer weeks, or at none.
    """
    learned = bundle.terms.trained_until
    before = -(-bundle.terms.snapshots.max_age_days // 7)  # weeks that hand over too, and are not counted
    affordable = _MOST_LOOKS // max(1, len(found.people)) - before
    start = found.as_of - timedelta(weeks=min(n_weeks, max(0, affordable)))
    if learned is not None:
        start = max(start, datetime.fromisoformat(learned))
    if learned is None or not len(mondays(to_micros(start), to_micros(found.as_of))):
        return None
    question = Question(bundle, found.version, start, found.as_of, found.desk.said, with_points=False)
    figures = simulate_agreement(found.history, question).figures()
    del figures["happened"]  # what came after the night is not looked at
    del figures["given"]  # the desk has it
    figures["forecast"] = figures["forecast"] and asdict(figures["forecast"])
    return {"from": start.isoformat(), "until": found.as_of.isoformat(), **figures}


def as_record(found: Outlook) -> dict[str, Any]:
    """Return an outlook as JSON can hold it."""
    return {
        "as_of": found.as_of.isoformat(),
        "horizon_days": found.horizon_days,
        "level": found.level,
        "agreed": {
            "calls_per_week": found.terms.calls_per_week,
            "used_this_week": found.n_used,
            "grades": list(found.terms.grades),
            "least_probability": found.terms.least_probability,
            "handed_over": asdict(found.agreed),
        },
        "by_chance_alone": found.whole.as_json(),
        "by": [
            {"category": part.category, "value": part.value, "budget": part.budget, **part.found.as_json()}
            for part in found.parts
        ],
        "recommended_least_probability": found.recommended,
        "past": found.past,
    }
