"""What was spent where and when, and what one lead, MQL, SQL and customer of it cost."""

import re
from collections.abc import Iterator, Mapping
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
from predictive_scoring.handoff.segments import UNKNOWN, in_order, segment_of
from predictive_scoring.snapshots.instants import to_micros
from predictive_scoring.storage import read_parquet

COUNTED: Final = (State.LEAD, State.MQL, State.SQL, State.CUSTOMER)
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
ALL: Final = "*"
NOBODY: Final = "-"
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Spend:
    """What was spent: a category of leads, such as channel, and rows of value, month and amount."""

    category: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Cost:
    """What the people created in the months and channels that were paid for have become, and what each cost.

    `is_immature`: some of them have not had the time yet, so what a customer cost will still fall.
    """

    category: str  # what tells them apart, "" for all together
    value: str  # or ALL; NOBODY: what was spent in months in which nobody came, and no segment bears
    amount: float
    n_created: int
    n_reached: dict[str, int]  # by state: lead, mql, sql, customer
    is_immature: bool

    def per(self, state: str) -> float | None:
        """Return what one of them cost, None where there is none."""
        return self.amount / self.n_reached[state] if self.n_reached[state] else None


def read_spend(path: Path) -> Spend:
    """Return a table of channel, month (2025-03) and amount, one row each channel and month.

    The first column may be called by any category: campaign, for instance.

    Raises
    ------
    SourceUnreachableError
        If there is no such file.
    DataContractError
        If it is no CSV, its columns are others, a month or an amount is none, or a channel has a month twice.
    """
    if not path.is_file():
        raise SourceUnreachableError(f"{path}: no such file", fix="give a CSV of channel, month, amount")
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise DataContractError(
            f"{path}: not readable as CSV", found=type(error).__name__, fix="save channel, month, amount as UTF-8 CSV"
        ) from None
    others = [str(name) for name in rows.columns if name not in ("month", "amount")]
    if len(others) != 1 or len(rows.columns) != 3:
        raise DataContractError(
            f"{path}: other columns than it needs",
            found=list(rows.columns),
            expected=["channel", "month", "amount"],
            fix="name them so, with a comma between them; the first as the category of leads that was paid for",
        )
    amount = pd.to_numeric(rows["amount"], errors="coerce")
    rules = {
        "month is none": ~rows["month"].str.fullmatch(_MONTH.pattern),
        "amount is no number from 0 on": ~((amount >= 0) & np.isfinite(amount)),
        f"{others[0]} and month are there twice": rows.duplicated([others[0], "month"], keep=False),
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
    table = {"value": rows[others[0]], "month": rows["month"], "amount": amount}
    return Spend(others[0], pd.DataFrame(table))


def costs(
    history: History,
    lives: pa.Table,
    spend: Spend,
    by: Mapping[str, "np.ndarray[Any, Any]"],
    as_of: datetime,
    within: timedelta,
) -> Iterator[Cost]:
    """Yield the costs of all together, of each channel, and of the values of other categories.

    Who was created in a paid month and came by the channel is counted, with every state it reached before `as_of`. What
    was spent on a channel in a month is borne by those who came by it in that month, each alike: so the costs of the
    segments of a category add up to what was spent.

    Parameters
    ----------
    by
        By name, what else tells people apart: each lead's value (`segment_of`); the spend table's own is always there.

    Raises
    ------
    ConfigurationError
        If the spend table's category is none that is known at creation, a channel is none of its values, or a month
        begins at `as_of` or later: what is spent on people to come is no cost of those who came.
    """
    _refuse_strangers(history, spend, as_of)
    paid = _people(history, as_told(lives, as_of), spend, as_of)
    until, nobody = pd.Timestamp(as_of - within), paid["lead_no"] < 0
    yield _cost("", ALL, paid, until)
    for value in sorted(set(spend.rows["value"])):
        yield _cost(spend.category, value, paid[paid["value"] == value], until)
    for name in dict.fromkeys(each for each in by if each != spend.category):
        mine = np.where(nobody, NOBODY, by[name][paid["lead_no"]])
        for value in in_order(mine[~nobody]):
            yield _cost(name, value, paid[~nobody & (mine == value)], until)
        if paid["amount"][nobody].sum() > 0:
            yield _cost(name, NOBODY, paid[nobody], until)


def _refuse_strangers(history: History, spend: Spend, as_of: datetime) -> None:
    known = set(segment_of(history, spend.category)) - {UNKNOWN}
    if strangers := sorted(set(spend.rows["value"]) - known):
        raise ConfigurationError(
            f"spend: no values of {spend.category!r}: {strangers}",
            found=sorted(known),
            fix="write each as the leads do",
        )
    month = spend.rows["month"]
    if later := sorted(set(month[month > f"{as_of - _INSTANT:%Y-%m}"])):
        raise ConfigurationError(
            f"spend: months that begin at {as_of:%Y-%m-%d} or later have brought nobody yet",
            found=later,
            fix="take them out, or give a later --as-of",
        )


def _people(history: History, lives: pa.Table, spend: Spend, as_of: datetime) -> pd.DataFrame:
    """Return a row a person who was paid for with the amount that it bears, and one of lead_no -1 where nobody came."""
    leads = read_parquet(history.path("leads"), ["lead_no", "created_at"]).sort_by("lead_no").to_pandas()
    leads["value"] = segment_of(history, spend.category)
    early = leads[leads["created_at"] < pd.Timestamp(as_of)]
    dated = early.assign(month=early["created_at"].dt.strftime("%Y-%m"))
    paid = spend.rows.merge(dated, on=["value", "month"], how="left")
    paid["amount"] /= paid.groupby(["value", "month"])["amount"].transform("size")
    paid["lead_no"] = paid["lead_no"].fillna(-1).astype(np.int64)
    for state in COUNTED:
        people, since = entered(lives, state)
        paid[state.name.lower()] = np.isin(paid["lead_no"], people[since < to_micros(as_of)])
    return paid


def _cost(category: str, value: str, rows: pd.DataFrame, until: Any) -> Cost:
    names = [state.name.lower() for state in COUNTED]
    return Cost(
        category=category,
        value=value,
        amount=float(rows["amount"].sum()),
        n_created=int((rows["lead_no"] >= 0).sum()),
        n_reached={name: int(rows[name].sum()) for name in names},
        is_immature=bool((rows["created_at"] > until).any()),
    )
