"""What was spent where and when, and what one lead, MQL, SQL and customer of it cost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from predictive_scoring.agreement.held import as_told
from predictive_scoring.agreement.life import entered
from predictive_scoring.agreement.states import State
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError, DataContractError, SourceUnreachableError, counted
from predictive_scoring.handoff.attributes import refuse_later_category
from predictive_scoring.snapshots.instants import to_micros
from predictive_scoring.storage import read_parquet

COLUMNS: Final = ("channel", "month", "amount")
COUNTED: Final = (State.LEAD, State.MQL, State.SQL, State.CUSTOMER)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])$")
ALL = "*"
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cost:
    """What the people created in the months and channels that were paid for have become, and what each cost.

    `is_immature`: some of them have not had the time yet, so what a customer cost will still fall.
    """

    channel: str  # or ALL
    amount: float
    n_created: int
    n_reached: dict[str, int]  # by state: lead, mql, sql, customer
    is_immature: bool

    def per(self, state: str) -> float | None:
        """Return what one of them cost, None where there is none."""
        return self.amount / self.n_reached[state] if self.n_reached[state] else None


def read_spend(path: Path) -> pd.DataFrame:
    """Return a table of channel, month (2025-03) and amount, one row each channel and month.

    Raises
    ------
    SourceUnreachableError
        If there is no such file.
    DataContractError
        If it is no CSV, a column is missing, a month or an amount is none, or a channel has a month twice.
    """
    if not path.is_file():
        raise SourceUnreachableError(f"{path}: no such file", fix="give a CSV of channel, month, amount")
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise DataContractError(
            f"{path}: not readable as CSV", found=type(error).__name__, fix="save channel, month, amount as UTF-8 CSV"
        ) from None
    if missing := [name for name in COLUMNS if name not in rows.columns]:
        raise DataContractError(
            f"{path}: columns are missing: {missing}",
            found=list(rows.columns),
            expected=list(COLUMNS),
            fix="name the columns so, with a comma between them",
        )
    amount = pd.to_numeric(rows["amount"], errors="coerce")
    rules = {
        "month is none": ~rows["month"].str.fullmatch(_MONTH.pattern.rstrip("$")),
        "amount is no number from 0 on": ~(amount >= 0),
        "channel and month are there twice": rows.duplicated(["channel", "month"], keep=False),
    }
    if problems := [
        f"{rule}: lines {(np.flatnonzero(bad)[:5] + 2).tolist()}" for rule, bad in rules.items() if bad.any()
    ]:
        raise DataContractError(
            f"{path}: {counted(len(problems), 'rule')} broken",
            found=problems,
            expected="webinar,2025-03,1200.50",
            fix="mend the lines, or take them out",
        )
    return rows.assign(amount=amount)[list(COLUMNS)]


def costs(
    history: History, lives: pa.Table, spend: pd.DataFrame, by: str, as_of: datetime, within: timedelta
) -> Iterator[Cost]:
    """Yield the costs of each channel, and of all together first.

    Who was created in a paid month and came by the channel is counted, with every state it reached before `as_of`.

    Raises
    ------
    ConfigurationError
        If `by` is no category of leads that is known at creation, a channel is none of its values, or a month
        begins at `as_of` or later: what is spent on people to come is no cost of those who came.
    """
    lives, leads = as_told(lives, as_of), _created(history, by, as_of)
    known = set(leads["channel"].dropna())
    if strangers := sorted(set(spend["channel"]) - known):
        raise ConfigurationError(
            f"spend: no values of {by!r}: {strangers}", found=sorted(known), fix="write each as the leads do"
        )
    if later := sorted(set(spend["month"][spend["month"] > f"{as_of - _INSTANT:%Y-%m}"])):
        raise ConfigurationError(
            f"spend: months that begin at {as_of:%Y-%m-%d} or later have brought nobody yet",
            found=later,
            fix="take them out, or give a later --as-of",
        )
    paid = leads.merge(spend[["channel", "month"]], on=["channel", "month"])
    until = pd.Timestamp(as_of - within)
    for channel in (ALL, *sorted(set(spend["channel"]))):
        rows = paid if channel == ALL else paid[paid["channel"] == channel]
        budget = spend if channel == ALL else spend[spend["channel"] == channel]
        reached = {state.name.lower(): _n_reached(lives, state, rows["lead_no"], as_of) for state in COUNTED}
        yield Cost(channel, float(budget["amount"].sum()), len(rows), reached, bool((rows["created_at"] > until).any()))


def _created(history: History, by: str, as_of: datetime) -> pd.DataFrame:
    refuse_later_category(history, by)
    leads = read_parquet(history.path("leads"), ["lead_no", "created_at", by]).to_pandas().dropna(subset=["created_at"])
    early = leads[leads["created_at"] < pd.Timestamp(as_of)]
    dated: pd.DataFrame = early.assign(
        month=early["created_at"].dt.strftime("%Y-%m"), channel=early[by].astype("object")
    )
    return dated


def _n_reached(lives: pa.Table, state: State, lead_no: Any, as_of: datetime) -> int:
    people, since = entered(lives, state)
    return int(np.isin(lead_no, people[since < to_micros(as_of)]).sum())
