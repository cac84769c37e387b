"""The funnel report as JSON can hold it."""

from dataclasses import asdict
from typing import Any

from predictive_scoring.handoff.acceptance import Rate
from predictive_scoring.handoff.contacts import Work
from predictive_scoring.handoff.funnel_report import FunnelReport, Share
from predictive_scoring.handoff.spend import COUNTED, Cost


def as_record(found: FunnelReport) -> dict[str, Any]:
    """Return a report as plain values; `share` is null where nobody had the time, and never a loss."""
    return {
        "as_of": found.as_of.isoformat(),
        "within_days": found.within_days,
        "states": {state.name.lower(): n for state, n in found.states.items() if n},
        "steps": [_step(share) for share in found.steps],
        "by": {
            name: {value: [_step(share) for share in row] for value, row in values.items()}
            for name, values in found.groups.items()
        },
        "cohorts": {
            step: [{"month": f"{cohort.month:%Y-%m}", **_step(cohort.share)} for cohort in cohorts]
            for step, cohorts in found.cohorts.items()
        },
        "time_in_state": [{**asdict(stay), "state": stay.state.name.lower()} for stay in found.stays],
        "win_rate": _rate(found.win),
        "counted_from": str(found.clock),
        "contacted_in_time": {**_rate(found.contacted_in_time), "not_due_yet": found.n_not_due},
        "answered": _rate(found.answered),
        "work": {str(work): found.work.get(str(work), 0) for work in Work},
        "costs": [_cost(cost) for cost in found.costs],
    }


def _step(share: Share) -> dict[str, Any]:
    step = share.step
    return {
        "from": step.start.name.lower(), "to": step.end.name.lower(), "entered": step.n_entered,
        "mature": step.n_mature, "immature": step.n_immature, "went_on": step.n_went_on, "share": step.share,
        "low": share.low, "high": share.high, "median_days": step.median_days,
        "reached": step.n_reached, "around": step.n_around,
    }  # fmt: skip


def _rate(rate: Rate) -> dict[str, Any]:
    if not rate.n:
        return {"n": 0, "hits": 0, "share": None, "low": None, "high": None}
    return {"n": rate.n, "hits": rate.n_hits, "share": rate.share, "low": rate.low, "high": rate.high}


def _cost(cost: Cost) -> dict[str, Any]:
    names = [state.name.lower() for state in COUNTED]
    return {**asdict(cost), "cost_per": {name: cost.per(name) for name in names}}
