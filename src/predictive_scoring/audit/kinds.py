"""Activity kinds and stages that come with the outcome or after it: a look between the two would read the answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.audit.rules import table_of
from predictive_scoring.audit.separation import odds, wilson
from predictive_scoring.audit.written_back import is_only_theirs, written_back
from predictive_scoring.config.targets import Target
from predictive_scoring.contract.history import History
from predictive_scoring.engine.duck import Engine, literal

MIN_LEADS: Final = 30
NEAR_DAYS: Final = 3
MOSTLY: Final = 0.8  # of the leads that have the kind reach the outcome; of their rows lie just before it or later
TIMES_THE_ODDS: Final = 10.0

COUNT = """
with leads as (select lead_no from {leads} where created_at + {horizon} <= {until}),
reached as (select lead_no, min(occurred_at) as reached_at from {outcomes} where stage = {stage} group by lead_no),
rows as (
  select lead_no, kind as name, 'activities' as "table", occurred_at from {activities} where lead_no is not null
  union all select lead_no, stage, 'outcomes', occurred_at from {outcomes} where stage not in ({closing})
)
select "table", name, count(*) as n_rows, count(distinct lead_no) as n_leads,
  count(distinct lead_no) filter (reached_at is not null) as n_reached,
  count(*) filter (reached_at is not null) as n_rows_reached,
  count(*) filter (occurred_at >= reached_at) as n_after,
  count(*) filter (occurred_at >= reached_at - interval {near} day) as n_near,
  (select count(*) from leads) as n_all, (select count(*) from leads join reached using (lead_no)) as n_all_reached
from rows join leads using (lead_no) left join reached using (lead_no) group by "table", name order by "table", name
"""


def kind_findings(engine: Engine, history: History, target: Target) -> Iterator[Finding]:
    """Yield the kinds of activity and the other stages, that come with the target's stage or with an end stage.

    One that comes with a lost deal only warns: it keeps a model from scoring the lost, not from finding the won.
    """
    if history.facts.flat or history.facts.observed_until is None:
        return
    for stage in (target.stage, *target.end_stages):
        severity: Severity = "refuse" if stage == target.stage else "warn"
        for row in _counts(engine, history, target, stage):
            if comes_with(row):
                yield _finding(row, stage, severity)
            elif (
                stage == target.stage and is_only_theirs(row) and (found := written_back(engine, history, target, row))
            ):
                yield found


def _counts(engine: Engine, history: History, target: Target, stage: str) -> list[dict[str, Any]]:
    tables = {name: table_of(history, name) for name in ("leads", "activities", "outcomes")}
    until = f"timestamptz '{history.facts.observed_until}'"
    horizon = f"interval {target.horizon // timedelta(days=1)} day"
    closing = ", ".join(literal(name) for name in (target.stage, *target.end_stages))
    query = COUNT.format(**tables, until=until, horizon=horizon, near=NEAR_DAYS, stage=literal(stage), closing=closing)
    counts: list[dict[str, Any]] = engine.sql(query).to_pylist()
    return counts


def comes_with(row: dict[str, Any]) -> bool:
    """Return whether the rows of a kind come with an outcome or after it, and with hardly any other lead."""
    if row["n_reached"] < MIN_LEADS or row["n_all_reached"] in (0, row["n_all"]):
        return False
    low, _ = wilson(row["n_reached"], row["n_leads"])
    average = row["n_all_reached"] / row["n_all"]
    only_theirs = row["n_reached"] >= MOSTLY * row["n_leads"] and odds(low) >= TIMES_THE_ODDS * odds(average)
    return bool(only_theirs and row["n_near"] >= MOSTLY * row["n_rows_reached"])


def _finding(row: dict[str, Any], stage: str, severity: Severity) -> Finding:
    after, near = row["n_after"] / row["n_rows_reached"], row["n_near"] / row["n_rows_reached"]
    is_after = after >= MOSTLY
    when = f"{after:.0%} at it or later" if is_after else f"{near:.0%} less than {NEAR_DAYS} days before it or later"
    what = "kind" if row["table"] == "activities" else "stage"
    return Finding(
        id=f"leak.{what}_{'after' if is_after else 'with'}_outcome", severity=severity, n=row["n_rows"],
        table=row["table"], column=row["name"],
        what=f"{what} {row['name']!r}: {row['n_reached']:,} of the {row['n_leads']:,} leads that have it reach "
        f"{stage!r} (of all, {row['n_all_reached'] / row['n_all']:.1%}), and of their rows {when}",
        fix=f"leave {row['name']!r} out of tables.{row['table']} (list the others under `{what}s` with only_listed: "
        "true); "
        f"if you know it to be honest, audit: {{accept: [{row['name']}]}} in params.yaml",
    )  # fmt: skip
