"""Kinds and stages that only converting leads ever have, at any distance: they may be written back after the sale.

At the instant it is dated a lead that has one looks like any other, and months later like a certain sale. What tells
is the end of the history: where a stage is honest, some open leads are waiting between it and the outcome there.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from predictive_scoring.audit.finding import Finding
from predictive_scoring.audit.rules import table_of
from predictive_scoring.audit.separation import odds, wilson
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import Engine, literal

MIN_LEADS: Final = 30
ALL_BUT: Final = 0.95  # of the leads that have it convert; contracts that were sent may come near it
TIMES_THE_ODDS: Final = 10.0
MIN_EXPECTED: Final = 10.0  # leads that should be waiting at the end; by chance there are hardly ever none
MISSING: Final = 0.1  # of them, at most so many are

WAITING = """
with rows as (
  select lead_no, min(occurred_at) as first_at from {table} where {column} = {name} and lead_no is not null
  group by lead_no
), closed as (
  select lead_no, min(occurred_at) as closed_at, min(occurred_at) filter (stage = {stage}) as reached_at
  from {outcomes} where stage in ({closing}) group by lead_no
), known as (
  select first_at, reached_at, closed_at is null as is_open,
    created_at <= {then} and coalesce(closed_at > {then}, true) as was_open
  from {leads} left join rows using (lead_no) left join closed using (lead_no) where created_at <= {until}
)
select count(*) filter (is_open) as n_open, count(*) filter (is_open and first_at is not null) as n_waiting,
  count(*) filter (was_open) as n_open_then, count(*) filter (was_open and first_at <= {then}) as n_waiting_then,
  count(*) filter (first_at < reached_at) as n_before,
  median(date_diff('minute', first_at, reached_at)) filter (first_at < reached_at) / 1440 as days_before
from known
"""


@dataclass(frozen=True)
class Waiting:
    """Leads that have a kind or stage and no outcome yet, at the end of the history and one horizon before it."""

    n_open: int
    n_waiting: int
    n_open_then: int
    n_waiting_then: int
    n_before: int  # converting leads that have it before they convert
    days_before: float | None  # the median of theirs

    @property
    def expected(self) -> float:
        """Leads that should be waiting at the end, if as many of the open ones are as a horizon before it."""
        return self.n_waiting_then * min(1.0, self.n_open / max(self.n_open_then, 1))

    @property
    def is_written_back(self) -> bool:
        """Whether next to nobody waits where many should: it is dated before the outcome, and written with it."""
        return self.expected >= MIN_EXPECTED and self.n_waiting <= MISSING * self.expected


def is_only_theirs(row: dict[str, Any]) -> bool:
    """Return whether all but all leads that have a kind or stage convert, however long before, and few leads do."""
    if row["n_reached"] < MIN_LEADS or row["n_all_reached"] in (0, row["n_all"]):
        return False
    low, _ = wilson(row["n_reached"], row["n_leads"])
    average = row["n_all_reached"] / row["n_all"]
    return bool(row["n_reached"] >= ALL_BUT * row["n_leads"] and odds(low) >= TIMES_THE_ODDS * odds(average))


def written_back(engine: Engine, history: History, target: Target, row: dict[str, Any]) -> Finding | None:
    """Return what is to be said of a kind or stage that only converting leads have before they convert, or None.

    Parameters
    ----------
    row
        Its counts, as `audit.kinds` makes them.
    """
    waiting = waiting_leads(engine, history, target, row["table"], row["name"])
    if waiting.n_before < MIN_LEADS:
        return None
    what = "kind" if row["table"] == "activities" else "stage"
    n_others = row["n_all"] - row["n_all_reached"]
    told = (
        f"{what} {row['name']!r}: {row['n_reached']:,} of the {row['n_leads']:,} leads that have it reach "
        f"{target.stage!r}, a median of {waiting.days_before:.0f} days later; of the {n_others:,} leads that do not, "
        f"{row['n_leads'] - row['n_reached']:,} have it"
    )
    if waiting.is_written_back:
        told += (
            f"; and at the end of the history {waiting.n_waiting:,} of {waiting.n_open:,} open leads have it, where "
            f"about {waiting.expected:.0f} should: it seems to be written once the outcome is known, and dated back"
        )
    return Finding(
        id=f"leak.{what}_of_converted_only", severity="refuse" if waiting.is_written_back else "warn",
        n=row["n_rows"], table=row["table"], column=row["name"], what=told,
        fix=f"ask who writes {row['name']!r} and when, and whether the export has it of open leads; if it comes with "
        f"the outcome, leave it out of tables.{row['table']} (list the others under `{what}s` with only_listed: true); "
        f"if you know it to be honest, audit: {{accept: [{row['name']}]}} in params.yaml",
    )  # fmt: skip


def waiting_leads(engine: Engine, history: History, target: Target, table: str, name: str) -> Waiting:
    """Return how many leads have a kind or stage and wait for the outcome, at the end and a horizon before it."""
    until = f"timestamptz '{history.facts.observed_until}'"
    query = WAITING.format(
        table=table_of(history, "activities" if table == "activities" else "outcomes"),
        column="kind" if table == "activities" else "stage",
        name=literal(name),
        leads=table_of(history, "leads"),
        outcomes=table_of(history, "outcomes"),
        stage=literal(target.stage),
        closing=", ".join(literal(each) for each in (target.stage, *target.end_stages)),
        until=until,
        then=f"({until} - interval {target.horizon // timedelta(days=1)} day)",
    )
    return Waiting(**engine.sql(query).to_pylist()[0])
