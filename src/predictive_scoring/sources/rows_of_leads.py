"""Activities and outcomes joined to the leads and accounts they belong to."""

from collections.abc import Sequence

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.contract.history import ACTIVITIES, OUTCOMES
from predictive_scoring.contract.rules import LeftOut, Rule
from predictive_scoring.contract.source_file import ActivitiesTable, MergesTable, OutcomesTable, RowsOfLeads
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.automatic import settled_at
from predictive_scoring.sources.staging import Staged, reject
from predictive_scoring.sources.typing_sql import known_at

FINE = "t._rule is null and t._left_out is null"


def link_activities(
    engine: Engine, parts: Sequence[Staged], tables: Sequence[ActivitiesTable], rules: Automatic
) -> int:
    """Make `kept_activities` and return how many rows were copies of another.

    A row belongs to its lead's account; if its lead is not known, to the account it names itself.
    """
    mapped = {name for table in tables for name in table.mapped}
    has = {name: name in mapped for name in (*ACTIVITIES.names, "lead_id", "account_id", "recorded_at")}
    known = settled_at(known_at(has["recorded_at"]), rules)
    joins = "left join owners l on l.id = t.lead_id " if has["lead_id"] else ""
    joins += "left join account_numbers a on a.account_id = t.account_id " if has["account_id"] else ""
    places = (["l.account_no"] if has["lead_id"] else []) + (["a.account_no"] if has["account_id"] else [])
    account_no = f"coalesce({', '.join(places)})"
    direction = _direction_sql(tables, has_column=has["direction"])
    columns = (
        f"{account_no} as account_no, {'l.lead_no' if has['lead_id'] else 'cast(null as bigint)'} as lead_no, "
        f"t.occurred_at, {f'greatest({known}, l.since)' if has['lead_id'] else known} as known_at, t.kind, "
        f"{'t.topic' if has['topic'] else 'cast(null as varchar)'} as topic, {direction} as direction, "
        f"{'t.value' if has['value'] else 'cast(null as double)'} as value"
    )
    linked = f"from typed_activities t {joins} where {FINE}"
    rule = f"case when {account_no} is null then '{Rule.UNKNOWN_LEAD.value}' {_too_early(parts, tables)} end"
    engine.execute(f"create table kept_activities as select {columns} {linked} and ({rule}) is null")
    bad = f"select t._file_no, t._record, {rule} as _rule {linked} and ({rule}) is not null"
    refuse_unknown(engine, parts, tables, bad)
    return _drop_copies(engine, "kept_activities", ACTIVITIES.names)


def _too_early(parts: Sequence[Staged], tables: Sequence[ActivitiesTable]) -> str:
    """Return the branches for rows before their lead's creation, of the parts of the table that do not keep these."""
    strict = [
        part.has_row
        for part, table in zip(parts, tables, strict=True)
        if table.before_creation == "quarantine" and "lead_id" in table.mapped
    ]
    early = f"t.occurred_at < l.created_at and ({' or '.join(strict)})"
    return f"when {early} then '{Rule.ACTIVITY_BEFORE_CREATION.value}'" if strict else ""


def link_outcomes(engine: Engine, parts: Sequence[Staged], tables: Sequence[OutcomesTable]) -> int:
    """Make `kept_outcomes` and return how many rows were copies of another."""
    mapped = {name for table in tables for name in table.mapped}
    rule = (
        f"case when l.lead_no is null then '{Rule.UNKNOWN_LEAD.value}' "
        f"when t.occurred_at < l.created_at then '{Rule.OUTCOME_BEFORE_CREATION.value}' end"
    )
    columns = (
        f"l.lead_no, l.lead_id, t.occurred_at, greatest({known_at('recorded_at' in mapped)}, l.since) as known_at, "
        "t.stage, "
        f"{'t.amount' if 'amount' in mapped else 'cast(null as double)'} as amount, "
        f"{'t.reason' if 'reason' in mapped else 'cast(null as varchar)'} as reason"
    )
    linked = f"from typed_outcomes t left join owners l on l.id = t.lead_id where {FINE}"
    engine.execute(f"create table kept_outcomes as select {columns} {linked} and ({rule}) is null")
    bad = f"select t._file_no, t._record, {rule} as _rule {linked} and ({rule}) is not null"
    refuse_unknown(engine, parts, tables, bad)
    return _drop_copies(engine, "kept_outcomes", OUTCOMES.names)


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
        left_out = f"select '{staged.name}', '{LeftOut.OTHER_LEAD.value}' from ({here}) where {is_other}"
        engine.execute(f"insert into left_out {left_out}")
    engine.execute("drop table bad_rows")


def _direction_sql(tables: Sequence[ActivitiesTable], *, has_column: bool) -> str:
    directions = {kind: way for table in tables for kind, way in table.directions.items()}
    cases = " ".join(f"when {literal(kind)} then {literal(way)}" for kind, way in directions.items())
    by_kind = f"case t.kind {cases} end" if cases else "cast(null as varchar)"
    return f"coalesce(t.direction, {by_kind})" if has_column else by_kind


def activities_sql() -> str:
    """Return the query of the finished activities, in their order.

    What was known of a lead that became another is known of that one too, from the merge on.
    """
    order = ["account_no", "known_at", *(name for name in ACTIVITIES.names if name not in ("account_no", "known_at"))]
    own = f"select {', '.join(ACTIVITIES.names)} from kept_activities"
    changed = "h.account_no as account_no, h.lead_no as lead_no, greatest(k.known_at, h.since) as known_at"
    inherited = f"select k.* replace ({changed}) from kept_activities k join heirs h on h.of_no = k.lead_no"
    return f"{own} union all by name {inherited} order by {', '.join(order)}"


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
