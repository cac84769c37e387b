"""Tables that end long before the others: a file that was cut, where a model would see interest that is lost."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.rules import table_of
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import Engine

MIN_SILENCE_DAYS: Final = 14
TIMES_THE_GAP: Final = 3  # of the longest that the table has had before
MIN_DAYS: Final = 20  # with a row: of fewer, no usual gap is told

DAYS = """
with days as (
  select 'leads' as name, cast(created_at as date) as day from {leads} where created_at is not null
  union select 'activities', cast(known_at as date) from {activities}
  union select 'outcomes', cast(known_at as date) from {outcomes}
), gaps as (select name, day, date_diff('day', lag(day) over (partition by name order by day), day) as gap from days)
select name, max(day) as latest, coalesce(max(gap), 0) as longest_gap_days, count(*) as n_days from gaps
group by name order by name
"""

WHAT_FOLLOWS = {
    "activities": "a model takes what is missing for lost interest",
    "outcomes": "leads that converted since then count as not converting",
}


def early_end_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield the tables of events that fall silent for good, far longer than ever before, while the others go on.

    Nothing is said of a history that ends as a whole before its export: the notes on its source do.
    """
    tables = {name: table_of(history, name) for name in ("leads", "activities", "outcomes")}
    rows = engine.sql(DAYS.format(**tables)).to_pylist()
    for row in rows:
        others = max((each["latest"] for each in rows if each is not row), default=row["latest"])
        end = min(others, history.facts.observed_until.date()) if history.facts.observed_until else others
        silence_days = (end - row["latest"]).days
        if row["name"] in WHAT_FOLLOWS and is_cut(row["n_days"], row["longest_gap_days"], silence_days):
            yield _finding(row, end, silence_days)


def is_cut(n_days: int, longest_gap_days: int, silence_days: int) -> bool:
    """Return whether a table's last silence is of another kind than those before it.

    Examples
    --------
    >>> is_cut(200, 3, 90), is_cut(200, 40, 90), is_cut(200, 3, 12)
    (True, False, False)
    """
    return n_days >= MIN_DAYS and silence_days > max(MIN_SILENCE_DAYS, TIMES_THE_GAP * longest_gap_days)


def _finding(row: dict[str, Any], end: date, silence_days: int) -> Finding:
    name, latest = row["name"], row["latest"]
    return Finding(
        id="time.table_ends_early", severity="warn", n=silence_days, table=name,
        what=f"{name}: nothing after {latest}, while other tables go on for {silence_days:,} days, until {end}; "
        f"before, no two days with a row lie more than {row['longest_gap_days']:,} apart: the file seems "
        f"cut, and {WHAT_FOLLOWS[name]}",
        examples=(str(latest),),
        fix=f"export {name} again, on the day of the other tables; if a tool was replaced, add what the new one has",
    )  # fmt: skip
