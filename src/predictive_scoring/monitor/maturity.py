"""What became of the leads that past runs scored, once the horizon has passed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from predictive_scoring.config.monitor import Monitor
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.evaluate.metrics import ranking_metrics
from predictive_scoring.evaluate.ranking import Ranked
from predictive_scoring.evaluate.uncertainty import Draws, estimate, means_of_draws, ranking_draws
from predictive_scoring.evaluate.whose import Whose
from predictive_scoring.monitor.runs import PastRun
from predictive_scoring.publish.terms import Terms
from predictive_scoring.snapshots.instants import Micros, micros_of, to_datetime, to_micros
from predictive_scoring.snapshots.openness import openness
from predictive_scoring.storage import read_parquet

Vector = NDArray[np.float64]
_LATEST_SHARE = 0.99  # of the outcomes are recorded so soon after they occurred; the rest is not waited for
_BEST_FIFTH = 0.20


@dataclass(frozen=True)
class Outcomes:
    """When each lead reached the target, and until when that is known."""

    lead_id: NDArray[Any]  # (n,) sorted
    account_no: NDArray[np.int64]  # (n,)
    reached: Micros  # (n,) `NEVER` where it did not
    ended: Micros  # (n,) by an end stage, `NEVER` where it was not
    complete_until: datetime  # outcomes before it are on record, but for the odd late one

    @classmethod
    def of(cls, history: History, terms: Terms) -> "Outcomes":
        """Return the outcomes of a history.

        Outcomes are recorded with a delay: the history is taken to be complete up to its end less the delay that 99 in
        100 of its outcomes kept.
        """
        held = openness(history, terms.target, terms.snapshots)
        ids = read_parquet(history.path("leads"), ["lead_id"])["lead_id"].to_numpy(zero_copy_only=False)
        order = np.argsort(ids)
        end = history.facts.observed_until or to_datetime(int(held.created.max(initial=0)))
        return cls(
            ids[order],
            held.account_no[order],
            held.reached[order],
            held.ended[order],
            end - recording_delay(history, terms),
        )


def recording_delay(history: History, terms: Terms) -> timedelta:
    """Return how long after it occurred an outcome is recorded, at most, for 99 in 100 of them."""
    rows = read_parquet(history.path("outcomes"), ["occurred_at", "known_at", "stage"])
    rows = rows.filter(pc.equal(rows["stage"], terms.target.stage))
    if not rows.num_rows:
        return timedelta(0)
    delay = micros_of(rows["known_at"]) - micros_of(rows["occurred_at"])
    return timedelta(microseconds=int(np.quantile(delay, _LATEST_SHARE, method="higher")))


@dataclass(frozen=True)
class Matured:
    """Scored leads whose horizon has passed: one row a lead and run; each array has shape (n,)."""

    chance: Vector
    converted: Vector
    lead_id: NDArray[Any]
    account_no: NDArray[np.int64]
    grade: NDArray[Any]
    explored: NDArray[np.bool_]
    n_gone: int = 0  # scored leads that the history no longer has
    n_decided: int = 0  # had converted before they were scored, on record only later
    n_unjudged: int = 0  # of a target with `only_judged`: nobody said yes or no within the horizon

    @classmethod
    def of(cls, run: PastRun, outcomes: Outcomes, target: Target) -> "Matured":
        """Return the leads of a run with what became of them in ``[as_of, as_of + horizon)``."""
        there = np.isin(run.lead_id.astype(str), outcomes.lead_id.astype(str))
        rows = np.flatnonzero(there)
        place = np.searchsorted(outcomes.lead_id, run.lead_id[rows])
        reached = outcomes.reached[place]
        until = to_micros(run.as_of + target.horizon)
        decided = reached < to_micros(run.as_of)
        ended = outcomes.ended[place]
        judged = (reached < until) | ((ended >= to_micros(run.as_of)) & (ended < until))
        unjudged = ~decided & ~judged & target.only_judged
        kept = ~decided & ~unjudged
        rows, place, reached = rows[kept], place[kept], reached[kept]
        return cls(
            chance=run.chance[rows],
            converted=(reached < until).astype(np.float64),
            lead_id=run.lead_id[rows],
            account_no=outcomes.account_no[place],
            grade=run.grade[rows],
            explored=run.explored[rows],
            n_gone=int((~there).sum()),
            n_decided=int(decided.sum()),
            n_unjudged=int(unjudged.sum()),
        )

    @classmethod
    def joined(cls, parts: list["Matured"]) -> "Matured":
        """Return the rows of several runs together."""
        arrays = ("chance", "converted", "lead_id", "account_no", "grade", "explored")
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays},
            n_gone=sum(part.n_gone for part in parts),
            n_decided=sum(part.n_decided for part in parts),
            n_unjudged=sum(part.n_unjudged for part in parts),
        )


def is_mature(run: PastRun, outcomes: Outcomes, horizon: timedelta) -> bool:
    """Return whether everything that can become of a run's leads within the horizon is on record."""
    return run.as_of + horizon <= outcomes.complete_until


def realised(rows: Matured, settings: Monitor, level: float) -> dict[str, Any]:
    """Return what was said and what happened: AUC, lift of the best fifth, calibration, Brier score.

    Returns
    -------
    dict
        leads, converted, said, happened, n_gone, n_decided, n_unjudged; roc_auc, lift_at_20pct, brier,
        said_minus_happened, each {value, low, high}, intervals over redraws of accounts.
    """
    y, chance = rows.converted, rows.chance
    draws = Draws.of(
        Whose(rows.lead_id, rows.account_no), settings.bootstrap_samples, np.random.default_rng(settings.seed)
    )
    asked = {name: ranking_metrics((_BEST_FIFTH,))[name] for name in ("roc_auc", "lift_at_20pct")}
    drawn = ranking_draws(y, chance, draws, asked)
    whole = Ranked.of(y, chance, np.ones((1, len(y))))
    means = {"brier": (chance - y) ** 2, "said_minus_happened": chance - y}
    return {
        "leads": len(y),
        "converted": int(y.sum()),
        "said": float(chance.mean()),
        "happened": float(y.mean()),
        "n_gone": rows.n_gone,
        "n_decided": rows.n_decided,
        "n_unjudged": rows.n_unjudged,
        **{name: estimate(float(metric(whole)[0]), drawn[name], level) for name, metric in asked.items()},
        **{name: estimate(float(each.mean()), means_of_draws(each, draws), level) for name, each in means.items()},
    }
