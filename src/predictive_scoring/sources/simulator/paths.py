"""Whole paths: the one history of every account, and the futures that its true probabilities are averages over."""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

import numba as nb
import numpy as np
import numpy.typing as npt

from predictive_scoring.sources.simulator import codes
from predictive_scoring.sources.simulator.compiled import compiled
from predictive_scoring.sources.simulator.kernel import step
from predictive_scoring.sources.simulator.state import Account, Rows, State, new_rows, new_state
from predictive_scoring.sources.simulator.stream import stream_of

Floats = npt.NDArray[np.float64]


class Plan(NamedTuple):
    """What is drawn: the seed, the length of the history, and when the truth is looked at."""

    seed: int
    n_days: int
    horizon_days: int
    n_rollouts: int
    max_age_days: int
    truth_days: npt.NDArray[np.int64]  # ascending, at most n_days


class Traits(NamedTuple):
    """The accounts of a world; see `state.Account` for the columns."""

    solo_day: npt.NDArray[np.int64]
    log_arrival: Floats
    fit_win: Floats
    fit_interest: Floats


Walk: TypeAlias = Callable[[Traits, Plan], tuple[npt.NDArray[np.int32], Floats, Floats]]


@compiled
def copy_rows(source: Any, target: Any, n: int) -> None:
    """Copy the first `n` rows; a plain loop compiles many times faster than a slice assignment."""
    for i in range(n):
        for k in range(source.shape[1]):
            target[i, k] = source[i, k]


@compiled
def futures(group: State, account: Account, day: int, plan: Plan) -> tuple[Floats, Floats]:
    """Return per future and lead the sum of its daily chances to be won, and whether it was won.

    The account is continued as a whole. A day's win is a draw with a chance that the path before it fixes, so the sum
    of the chances over the days on which the lead is open has the same mean as the win itself, and less spread.
    """
    n = int(group[codes.ACCOUNT, codes.N_LEADS])
    sums, wins = np.zeros((plan.n_rollouts, n)), np.zeros((plan.n_rollouts, n))
    future, rows = new_state(), new_rows(codes.MAX_ROWS_OF_AN_ACCOUNT)
    for r in range(plan.n_rollouts):
        copy_rows(group, future, n)
        copy_rows(group[codes.ACCOUNT :], future[codes.ACCOUNT :], 1)
        rows.stream[0] = stream_of(plan.seed, account.number, 1 + r + day * plan.n_rollouts)
        for ahead in range(plan.horizon_days):
            rows.stream[1] = np.uint64(0)
            step(rows, future, account, day + ahead)
            for i in range(n):
                sums[r, i] += future[i, codes.CHANCE]
        for i in range(n):
            is_won, was_won = future[i, codes.CLOSED] == codes.IS_WON, group[i, codes.CLOSED] == codes.IS_WON
            wins[r, i] = 1.0 if is_won and not was_won else 0.0
    return sums, wins


@compiled
def mean_and_error(values: Floats, column: int) -> tuple[float, float]:
    """Return the mean of a column and the standard error of that mean."""
    n, total, squares = values.shape[0], 0.0, 0.0
    for r in range(n):
        total += values[r, column]
    for r in range(n):
        squares += (values[r, column] - total / n) ** 2
    return total / n, np.sqrt(squares / (n - 1) / n)


@compiled
def look(group: State, account: Account, day: int, plan: Plan) -> Floats:
    """Return a row for each lead looked at: account, lead, day, probability, standard error, win share."""
    chosen = []
    for i in range(int(group[codes.ACCOUNT, codes.N_LEADS])):
        is_open = group[i, codes.CLOSED] == codes.STILL_OPEN
        if is_open and day - group[i, codes.BORN] <= plan.max_age_days:
            chosen.append(i)
    truth = np.empty((len(chosen), 6))
    if len(chosen) > 0:
        sums, wins = futures(group, account, day, plan)
        for j, i in enumerate(chosen):
            truth[j, 0], truth[j, 1], truth[j, 2] = account.number, i, day
            truth[j, 3], truth[j, 4] = mean_and_error(sums, i)
            truth[j, 5] = mean_and_error(wins, i)[0]
    return truth


@compiled
def with_room(rows: Rows) -> Rows:
    """Return the rows in a table that has room for one more day of an account."""
    n, capacity = int(rows.stream[1]), rows.table.shape[0]
    if n + codes.MAX_ROWS_OF_AN_ACCOUNT < capacity:
        return rows
    table = np.empty((2 * capacity, rows.table.shape[1]), dtype=np.int32)
    copy_rows(rows.table, table, n)
    return Rows(table, rows.stream)


@compiled
def stacked(parts: list[Floats]) -> Floats:
    """Return the arrays of a list below each other."""
    n = 0
    for part in parts:
        n += part.shape[0]
    whole = np.empty((n, parts[0].shape[1]))
    n = 0
    for part in parts:
        copy_rows(part, whole[n:], part.shape[0])
        n += part.shape[0]
    return whole


@compiled
def _walk(traits: Traits, plan: Plan) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
    """Return what `walk` returns; see there."""
    rows = new_rows(4 * codes.MAX_ROWS_OF_AN_ACCOUNT)
    leads, truths = [np.empty((0, codes.N_COLUMNS))], [np.empty((0, 6))]
    for a in range(traits.solo_day.size):
        account = Account(a, traits.solo_day[a], traits.log_arrival[a], traits.fit_win[a], traits.fit_interest[a])
        group = new_state()
        rows.stream[0] = stream_of(plan.seed, a, 0)
        for day in range(plan.n_days + 1):
            for looked_at in plan.truth_days:
                if looked_at == day and group[codes.ACCOUNT, codes.N_LEADS] > 0:
                    truths.append(look(group, account, day, plan))  # noqa: PERF401 (compiled)
            if day < plan.n_days:
                rows = with_room(rows)
                step(rows, group, account, day)
        leads.append(group[: int(group[codes.ACCOUNT, codes.N_LEADS])].copy())
    return rows.table[: int(rows.stream[1])], stacked(leads), stacked(truths)


def walk(traits: Traits, plan: Plan) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
    """Return the history of every account and the truth at the days of the plan.

    Returns
    -------
    events : int32, (n, 5): account, lead within it, day, kind, days until recorded
    leads : float64, a row a lead in the order of accounts and arrival, a column a quantity of `codes`, as of the end
    truth : float64, (m, 6): account, lead, day, probability, standard error, win share of the same futures
    """
    return _cached(_revision())(traits, plan)


def _revision() -> str:
    """Return a digest of every source file the compiled code is made of."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


@functools.cache
def _cached(revision: str) -> Walk:
    """Return `_walk` with a cache on disk, from which a later process loads it in place of compiling for many seconds.

    Numba looks at the file of the cached function alone, but also at what the function encloses: enclosing the revision
    makes a change in any of the files a change of the cached function.
    """

    def cached_walk(traits: Traits, plan: Plan) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
        if revision == "":
            raise ValueError("the revision must not be empty")
        return _walk(traits, plan)

    return cast(Walk, cast(Any, nb.njit)(cache=True, nogil=True)(cached_walk))
