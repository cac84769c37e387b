"""Outcomes joined to the leads they belong to."""

from collections.abc import Collection, Sequence

from predictive_scoring.contract.history import OUTCOMES
from predictive_scoring.contract.rules import LeftOut, Rule
from predictive_scoring.contract.source_file import Source
from predictive_scoring.contract.source_tables import MergesTable, RowsOfLeads
from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.columns import days_end_in
from predictive_scoring.sources.staging import Staged, reject
from predictive_scoring.sources.typing_sql import known_at

FINE = "t._rule is null and t._left_out is null"


def link_outcomes(engine: Engine, parts: Sequence[Staged], source: Source) -> int:
    """Make `kept_outcomes` and return how many rows were copies of another."""
    tables = source.tables.outcomes
    mapped = {name for table in tables for name in table.mapped}
    rule = (
        f"case when l.lead_no is null then '{Rule.UNKNOWN_LEAD.value}' "
        f"when t.occurred_at < l.created_at then '{Rule.OUTCOME_BEFORE_CREATION.value}' end"
    )
    columns = (
        f"l.lead_no, l.lead_id, t.occurred_at, greatest({_known_sql(parts, source, mapped)}, l.since) as known_at, "
        "t.stage, "
        f"{'t.amount' if 'amount' in mapped else 'cast(null as double)'} as amount, "
        f"{'t.reason' if 'reason' in mapped else 'cast(null as varchar)'} as reason"
    )
    linked = f"from typed_outcomes t left join owners l on l.id = t.lead_id where {FINE}"
    engine.execute(f"create table kept_outcomes as select {columns} {linked} and ({rule}) is null")
    bad = f"select t._file_no, t._record, {rule} as _rule {linked} and ({rule}) is not null"
    refuse_unknown(engine, parts, tables, bad)
    return _drop_copies(engine, "kept_outcomes", OUTCOMES.names)


def _known_sql(parts: Sequence[Staged], source: Source, mapped: Collection[str]) -> str:
    """Return SQL for when an outcome came to be known, by the part of the table that it stands in."""
    has_recorded_at = "recorded_at" in mapped
    zones = [days_end_in(source, table) for table in source.tables.outcomes]
    cases = " ".join(
        f"when {part.has_row} then {known_at(has_recorded_at, zone)}"
        for part, zone in zip(parts, zones, strict=True)
        if zone
    )
    return f"case {cases} else {known_at(has_recorded_at)} end" if cases else known_at(has_recorded_at)


def _drop_copies(engine: Engine, table: str, names: Sequence[str]) -> int:
    """Leave one of the rows of a table that are equal, and return how many went.

    Hashes are compared first: few rows have a twin, and `distinct` over all columns of a large table costs more than
    reading it.
    """
    digest = f"hash({', '.join(names)})"
    engine.execute(
        f"create table twins as select digest from (select {digest} as digest from {table}) "
        "group by digest having count(*) > 1"
    )
    alike = f"from {table} where {digest} in (select digest from twins)"
    n_alike = engine.scalar(f"select count(*) {alike}") if engine.scalar("select count(*) from twins") else 0
    n_left = 0
    if n_alike:
        engine.execute(f"create table one_of_each as select distinct * {alike}")
        n_left = engine.scalar("select count(*) from one_of_each")
        engine.execute(f"delete {alike}")
        engine.execute(f"insert into {table} select * from one_of_each")
        engine.execute("drop table one_of_each")
    engine.execute("drop table twins")
    return n_alike - n_left


def refuse_unknown(
    engine: Engine, parts: Sequence[Staged], tables: Sequence[RowsOfLeads | MergesTable], bad: str
) -> None:
    """Quarantine bad rows, except those of unknown leads in a part that says to leave these out."""
    engine.execute(f"create table bad_rows as {bad}")
    for staged, table in zip(parts, tables, strict=True):
        here = f"select * from bad_rows where {staged.has_row}"
        is_other = f"_rule = '{Rule.UNKNOWN_LEAD.value}'" if table.only_known else "false"
        reject(engine, [staged], f"{here} and not ({is_other})")
        left_out = f"select '{staged.name}', '{LeftOut.OTHER_LEAD.value}', count(*) from ({here}) where {is_other}"
        engine.execute(f"insert into left_out {left_out}")
    engine.execute("drop table bad_rows")


def outcomes_sql() -> str:
    """Return the query of the finished outcomes, in their order.

    Leads that became one share their outcomes: each knows of the others' from the merge on, and what one reached
    later says how the other's looks turned out.
    """
    order = ["lead_no", "occurred_at", "stage", "known_at", "amount", "reason"]
    own = f"select {', '.join(OUTCOMES.names)} from kept_outcomes"
    changed = "n.lead_no as lead_no, n.lead_id as lead_id, greatest(k.known_at, n.since) as known_at"
    shared = f"select k.* replace ({changed}) from kept_outcomes k join kin n on n.of_no = k.lead_no"
    return f"{own} union all by name {shared} order by {', '.join(order)}"
