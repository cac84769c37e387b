"""What a history must keep as a whole, each rule declared as one query of what breaks it.

A query selects `n` and an `example`, the instant to look at, of each breach. Rules about single rows are applied while
they are read (`contract.rules`); docs/decisions/0008-rules-in-sql.md says why both are SQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from predictive_scoring.audit.finding import Finding, Severity
from predictive_scoring.contract.history import History, TableName
from predictive_scoring.engine.duck import Engine, path_literal, quoted
from predictive_scoring.errors import counted
from predictive_scoring.snapshots.instants import DAY

SILENCE_DAYS: Final = 31
LARGE_SHARE: Final = 0.2
FEW_LEADS: Final = 50  # below this, a large share of one account or instant is no wonder
FEW_ROWS: Final = 50
ALMOST_A_DAY_HOURS: Final = 22  # a day that the clock shortens has 23
MIDNIGHTS: Final = 2  # of a zone, in UTC: its clocks change
MAX_KINDS: Final = 5  # that are listed
SECOND: Final = 1_000_000  # in microseconds


@dataclass(frozen=True)
class HistoryRule:
    """One rule: its id, how grave it is to break it, what breaks it and what to say."""

    id: str
    severity: Severity
    column: str | None
    query: str  # over {leads}, {activities} and {outcomes}
    what: str  # with {n}
    fix: str
    flat: bool = False  # whether it holds for a table of one row a lead too


RULES: Final = (
    HistoryRule(
        id="key.near_duplicate_ids",
        severity="warn",
        column="lead_id",
        query="""
            select coalesce(sum(n), 0) as n, null as example
            from (select count(*) as n from {leads} group by lower(trim(lead_id)) having count(*) > 1)""",
        what="{n} lead ids differ from another one by case or outer spaces only; they count as different leads",
        fix="if they are one lead, spell them alike in the export",
        flat=True,
    ),
    HistoryRule(
        id="key.large_account",
        severity="warn",
        column="account_id",
        query=f"""
            select n, null as example
            from (select count(*) as n, sum(count(*)) over () as total
                  from {{leads}} where account_id is not null group by account_id)
            where total >= {FEW_LEADS} and n >= {LARGE_SHARE} * total""",
        what="one account holds {n} leads, a fifth or more of all that have one; what is learned is largely about it",
        fix="check that this account is one company, and not what the CRM writes where it knows none",
        flat=True,
    ),
    HistoryRule(
        id="time.one_day",
        severity="refuse",
        column="created_at",
        query="""
            select count(*) as n, any_value(created_at) as example
            from {leads} having count(distinct cast(created_at as date)) = 1""",
        what="every lead ({n}) was created on one day, so they cannot be split by time",
        fix="map the column that says when each lead was created; the day of an import is not it",
    ),
    HistoryRule(
        id="time.import_burst",
        severity="warn",
        column="created_at",
        query=f"""
            select n, created_at as example
            from (select count(*) as n, created_at, sum(count(*)) over () as total, count(*) over () as n_instants
                  from {{leads}} group by created_at)
            where total >= {FEW_LEADS} and n >= {LARGE_SHARE} * total and n_instants > 1""",
        what="{n} leads, a fifth or more, were created at one and the same instant: an import, not a creation",
        fix="map the column that says when each lead was created",
    ),
    HistoryRule(
        id="time.silence",
        severity="warn",
        column=None,
        query=f"""
            select date_diff('day', before, day) as n, before as example
            from (select day, lag(day) over (order by day) as before
                  from (select cast(created_at as date) as day from {{leads}}
                        union select cast(known_at as date) from {{activities}}
                        union select cast(known_at as date) from {{outcomes}}))
            where date_diff('day', before, day) > {SILENCE_DAYS} order by before""",
        what="for {n} days nothing at all is known to have happened; a model takes the silence for lost interest",
        fix="ask whether a part of the export is missing",
    ),
)


def history_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield a finding for each way in which a history breaks a rule."""
    tables = {name: table_of(history, name) for name in ("leads", "activities", "outcomes")}
    for rule in RULES:
        if rule.flat or not history.facts.flat:
            for row in engine.sql(rule.query.format(**tables)).to_pylist():
                if row["n"]:
                    yield _finding(rule, int(row["n"]), row["example"])
    yield from _day_findings(engine, history)
    yield from _attribute_day_findings(engine, history)
    yield from _duplicate_findings(history)
    yield from _value_findings(engine, history)


def _finding(rule: HistoryRule, n: int, example: object) -> Finding:
    return Finding(
        id=rule.id,
        severity=rule.severity,
        n=n,
        table="leads",
        column=rule.column,
        what=rule.what.format(n=f"{n:,}"),
        examples=() if example is None else (f"{example:%Y-%m-%d}",),
        fix=rule.fix,
    )


def table_of(history: History, name: TableName) -> str:
    """Return SQL that reads a table of a history."""
    return f"read_parquet({path_literal(history.path(name))})"


def _day_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield the kinds of activity whose instants are days: each row counts as known before it can have happened."""
    rows = engine.sql(
        f"select kind, count(*) as n from {table_of(history, 'activities')} group by kind "
        f"having count(*) >= {FEW_ROWS} and approx_count_distinct(epoch_us(occurred_at) % {DAY}) <= {MIDNIGHTS} "
        f"and min(known_at - occurred_at) < interval {ALMOST_A_DAY_HOURS} hour "
        "order by kind"
    ).to_pylist()
    if rows:
        kinds = ", ".join(repr(row["kind"]) for row in rows[:MAX_KINDS]) + (", …" if len(rows) > MAX_KINDS else "")
        yield Finding(
            id="time.days_only", severity="warn", n=sum(row["n"] for row in rows), table="activities",
            column="occurred_at", what=f"activities have no time of day ({kinds}); each counts as known from the start "
            "of its day on, before it can have happened",
            fix="map a column that has the time, or say `dates_known: end_of_day` on this part of the source file: "
            "then no look sees what its own day brought",
        )  # fmt: skip


def _attribute_day_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield the attributes that are known from a day on: from the start of it, before anybody can have known them."""
    for attribute in history.facts.attributes:
        if attribute.known != "at_instant":
            continue
        known = f"epoch_us({quoted(f'{attribute.name}__known_at')})"
        n = engine.scalar(
            f"select count({known}) from {table_of(history, attribute.table)} having count({known}) >= {FEW_ROWS} "
            f"and approx_count_distinct({known} % {DAY}) <= {MIDNIGHTS} "
            f"and count(*) filter ({known} % {SECOND} = {SECOND - 1}) = 0"  # that is the end of a day
        )
        if n:
            yield Finding(
                id="time.days_only", severity="warn", n=n, table=attribute.table, column=attribute.spoken,
                what=f"column {attribute.spoken!r} is known from a day without a time on, so from the start of that "
                "day, before it can have been written",
                fix="name a column that has the time under `known: {at: …}`, or say `dates_known: end_of_day` on this "
                "table of the source file",
            )  # fmt: skip


def _duplicate_findings(history: History) -> Iterator[Finding]:
    """Yield what was counted of addresses while they were read; none of them is kept."""
    words = {
        "same_email": (
            "with the e-mail address of an earlier one",
            "if they are one person, `extract: {same_email: one_lead}` in params.yaml makes them one lead",
        ),
        "same_company_other_account": (
            "of a company whose e-mail domain also stands under another account",
            "if they are one company, join the accounts in the CRM",
        ),
    }
    for name, (what, fix) in words.items():
        if n := history.facts.counts.get(name, 0):
            yield Finding(
                id=f"key.{name}", severity="warn", n=n, table="leads", what=f"{counted(n, 'lead')} {what}", fix=fix
            )


def _value_findings(engine: Engine, history: History) -> Iterator[Finding]:
    """Yield the attributes that say nothing: never filled, or the same for every lead."""
    for attribute in history.facts.attributes:
        table, name = table_of(history, attribute.table), quoted(attribute.name)
        row = engine.sql(
            f"select count(*) as n, count({name}) as n_filled, count(distinct {name}) as n_values from {table}"
        ).to_pylist()[0]
        if row["n"] and row["n_values"] <= (row["n_filled"] == row["n"]):
            empty = row["n_filled"] == 0
            yield Finding(
                id="value.empty_column" if empty else "value.constant_column", severity="warn", n=row["n"],
                table=attribute.table, column=attribute.spoken,
                what=f"column {attribute.spoken!r} is {'never filled' if empty else 'the same for every row'}; "
                "it becomes no feature", fix="take it out of the source file",
            )  # fmt: skip
