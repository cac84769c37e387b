"""The recipe tried on the past: trained to a date, judged on the leads open then, once their horizon was over."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from predictive_scoring.config.split import Split
from predictive_scoring.evaluate.retraining import Recipe, brief_figures, judged_rows, retrained
from predictive_scoring.features.dataset import Dataset
from predictive_scoring.model.lessons import labels
from predictive_scoring.snapshots.instants import micros_of, to_datetime, to_micros
from predictive_scoring.snapshots.past import Past, past_of

LEAST_CONVERTING = 40  # leads, in what an origin learns from; with fewer the origin says nothing of the recipe
MONTH = timedelta(days=365.25 / 12)
WHY_NOT = {
    "flat": "one row a lead, without instants: there is no past to go back to",
    "short": "the history before the last window is too short",
    "off": "switched off (evaluate.backtest.origins: 0)",
}


@dataclass(frozen=True)
class Clock:
    """Whether there is time for another training."""

    started: float
    max_minutes: float | None

    @classmethod
    def started_now(cls, max_minutes: float | None) -> "Clock":
        """Return a clock that begins now."""
        return cls(time.monotonic(), max_minutes)

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.max_minutes is not None and time.monotonic() - self.started > 60 * self.max_minutes


@dataclass(frozen=True)
class Trial:
    """One training on a past and the rows that it is judged on."""

    past: Past
    rows: pa.Table


def backtest(dataset: Dataset, split: Split, recipe: Recipe, clock: Clock) -> dict[str, Any]:
    """Return how the recipe did at several dates before the last window.

    At each origin the model is trained on what was known then, divided as the last training divides it, and judged on
    every look at every open lead in the `cohort_days` after it. Leads that were learned from at an earlier look are
    judged too, as a nightly job scores them too; the last window holds none of them.

    Returns
    -------
    dict
        cohort_days, origins (a list: origin, known_snapshots, known_converting_leads, windows, and the fields of
        `brief_figures`), left_out, why_none.
    """
    settings = recipe.judge.backtest
    dates, why = origins(dataset, settings.origins, timedelta(days=settings.cohort_days))
    cohort = timedelta(days=settings.cohort_days)
    trials = [
        Trial(past_of(dataset.table, date, _horizon(dataset), split), _between(dataset, date, date + cohort))
        for date in dates
    ]
    figures = _tried(dataset, trials, recipe, clock)
    found = [
        {"origin": date.date().isoformat(), **each}
        for date, each in zip(dates, figures, strict=True)
        if each is not None
    ]
    return {
        "cohort_days": settings.cohort_days,
        "origins": found,
        "left_out": len(dates) - len(found),
        "why_none": why if not found else None,
    }


def staleness(dataset: Dataset, split: Split, recipe: Recipe, clock: Clock) -> dict[str, Any]:
    """Return how models that end some months before the last window do on it: what not training anew would cost.

    Returns
    -------
    dict
        models (a list: months_back, trained_until, known_…, and the fields of `brief_figures`), left_out, why_none.
    """
    start = dataset.windows.windows["test"].start
    if start is None or dataset.windows.horizon_days is None:
        return {"models": [], "left_out": 0, "why_none": WHY_NOT["flat"]}
    table = dataset.rows("test")
    back = recipe.judge.backtest.months_back
    ends = [start - months * MONTH for months in back]
    trials = [Trial(past_of(dataset.table, end, _horizon(dataset), split), table) for end in ends]
    figures = _tried(dataset, trials, recipe, clock)
    found = [
        {"months_back": months, "trained_until": end.date().isoformat(), **each}
        for months, end, each in zip(back, ends, figures, strict=True)
        if each is not None
    ]
    left_out = len(back) - len(found)
    return {"models": found, "left_out": left_out, "why_none": None if found else WHY_NOT["short"]}


def random_split(dataset: Dataset, recipe: Recipe, clock: Clock) -> dict[str, Any]:
    """Return what two splits at random would have said of the recipe; only the split by time says what will be.

    Every labelled look is dealt out to training or test, whole leads or single looks, the test part as large as in the
    split by time.

    Returns
    -------
    dict
        by_lead and, where leads are looked at more than once, by_look: the fields of `brief_figures`; None if the time
        was over.
    """
    table = dataset.table
    usable = np.flatnonzero(np.isin(table["state"].to_numpy(zero_copy_only=False), ["mature"]))
    parts = dataset.windows.windows
    share = min(0.5, max(0.1, parts["test"].snapshots / max(1, sum(part.snapshots for part in parts.values()))))
    leads = table["lead_id"].take(pa.array(usable)).to_numpy(zero_copy_only=False)
    generator = np.random.default_rng(recipe.judge.seed)
    codes = np.unique(leads, return_inverse=True)[1]
    deals: dict[str, NDArray[np.bool_]] = {"by_lead": (generator.random(int(codes.max()) + 1) < share)[codes]}
    if int(codes.max()) + 1 < len(usable):
        deals["by_look"] = generator.random(len(usable)) < share
    n_rows = parts["test"].snapshots
    trials = [
        Trial(Past({"train": usable[~held]}), table.take(pa.array(_at_most(usable[held], n_rows, generator))))
        for held in deals.values()
    ]
    return dict(zip(deals, _tried(dataset, trials, recipe, clock), strict=True))


def _at_most(rows: NDArray[np.int64], n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return as many rows as the split by time is judged on, so that both intervals are as wide."""
    return np.sort(generator.permutation(rows)[: max(n, 1)])


def origins(dataset: Dataset, n: int, cohort: timedelta) -> tuple[list[datetime], str | None]:
    """Return up to `n` dates, evenly spread, from the first with enough to learn from to the last window; and why none.

    The first has `LEAST_CONVERTING` leads that are known to have converted; the cohort of the last ends before the
    last window begins. Two dates lie a cohort apart at least: no look is judged twice.
    """
    start, horizon_days = dataset.windows.windows["test"].start, dataset.windows.horizon_days
    if start is None or horizon_days is None:
        return [], WHY_NOT["flat"]
    if n == 0:
        return [], WHY_NOT["off"]
    first, last = _first_origin(dataset), start - cohort
    if first is None or first > last:
        return [], WHY_NOT["short"]
    span, step = to_micros(last) - to_micros(first), cohort // timedelta(microseconds=1)
    n = min(n, 1 + span // step)
    dates = [to_datetime(to_micros(last) - place * (span // max(1, n - 1))) for place in range(n)]
    return dates[::-1], None


def _first_origin(dataset: Dataset) -> datetime | None:
    """Return when so many converting leads were known, one horizon after the looks at them."""
    mature = dataset.table.filter(pc.equal(dataset.table["state"], "mature"))
    converted = labels(mature).astype(bool)
    leads, at = mature["lead_id"].to_numpy(zero_copy_only=False)[converted], micros_of(mature["as_of"])[converted]
    order = np.argsort(at, kind="stable")
    _, firsts = np.unique(leads[order], return_index=True)
    if len(firsts) < LEAST_CONVERTING:
        return None
    enough = int(at[order][np.sort(firsts)[LEAST_CONVERTING - 1]])
    return to_datetime(enough) + _horizon(dataset)


def _tried(dataset: Dataset, trials: list[Trial], recipe: Recipe, clock: Clock) -> list[dict[str, Any] | None]:
    """Return the figures of each trial, None where the time was over or one class is all there is.

    Each trains on one thread, side by side with the others: small samples gain nothing from more.
    """
    with threadpool_limits(1), ThreadPoolExecutor(recipe.train.n_threads) as pool:
        return list(pool.map(lambda trial: None if clock.is_over else _judged(dataset, trial, recipe), trials))


def _judged(dataset: Dataset, trial: Trial, recipe: Recipe) -> dict[str, Any] | None:
    """Return the figures of a model of the past on some rows; None where one of the two holds one class alone."""
    past, rows = trial.past, trial.rows
    known = dataset.table.take(pa.array(past.rows["train"]))
    if rows.num_rows == 0 or not 0 < labels(known).sum() < known.num_rows or not 0 < labels(rows).sum() < rows.num_rows:
        return None
    model = retrained(dataset, past, recipe)
    chance = model.predict_proba(dataset.frame(rows))[:, 1]
    whole = dataset.table.take(pa.array(past.all))
    converting = whole["lead_id"].to_numpy(zero_copy_only=False)[labels(whole).astype(bool)]
    return {
        "known_snapshots": whole.num_rows,
        "known_converting_leads": len(np.unique(converting)),
        "windows": len(past.rows) > 1,
        **brief_figures(judged_rows(rows), chance, recipe.judge),
    }


def _between(dataset: Dataset, start: datetime, end: datetime) -> pa.Table:
    position = micros_of(dataset.table["as_of"])
    mature = np.asarray(pc.equal(dataset.table["state"], "mature"))
    inside = mature & (position >= to_micros(start)) & (position < to_micros(end))
    return dataset.table.filter(pa.array(inside))


def _horizon(dataset: Dataset) -> timedelta:
    return timedelta(days=dataset.windows.horizon_days or 0)
