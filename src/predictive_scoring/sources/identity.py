"""One row a lead and one row an account, and the integers that stand for them.

Rows with the same content are one row. Rows with the same id and other content contradict each other: the one that
`updated_at` says is the latest is kept; without it, or on a tie, all of them go to quarantine. Of merges the first is
kept, which no later one can take back, and the later ones are left out: two leads may become one contact. Of the
accounts of one domain the first is kept, made before any that a conversion made; the others are left out, and all of
them where none was the first. No rule looks at the order of rows, so a shuffled export gives the same history.
"""

from collections.abc import Sequence
from typing import Literal

from predictive_scoring.contract.rules import LeftOut, Rule
from predictive_scoring.engine.duck import Engine, quoted
from predictive_scoring.sources.staging import Staged, reject

Keep = Literal["latest", "first", "first_or_none"]  # the last: nobody is wrong, all others are left out
REST = {"first": LeftOut.LATER_MERGE.value, "first_or_none": LeftOut.SAME_DOMAIN.value}


def keep_one_row(
    engine: Engine, parts: list[Staged], key: str | None, *, by: str | None = None, keep: Keep = "latest"
) -> int:
    """Make `kept_<name>` from `typed_<name>` and return how many rows were copies of another.

    Parameters
    ----------
    key
        The column of ids; None keeps every row that breaks no rule.
    by
        The column that tells which of two rows is the later, if there is one.
    keep
        Which of these is kept.
    """
    typed, kept = f"typed_{parts[0].name}", f"kept_{parts[0].name}"
    fine = f"select * from {typed} where _rule is null and _left_out is null"
    if key is None:
        engine.execute(f"create table {kept} as {fine}")
        return 0
    instant, direction = by or "null", "desc" if keep == "latest" else "asc"
    copies = f"row_number() over (partition by {key}, _content order by _file_no, _record) as _copy"
    engine.execute(
        f"create table judged as select *, count(*) over ids as _n_rows, rank() over best as _place, "
        f"count(*) over (partition by {key}, {instant}) as _n_tied from (select *, {copies} from ({fine})) "
        f"where _copy = 1 window ids as (partition by {key}), "
        f"best as (partition by {key} order by {instant} {direction} nulls last)"
    )
    is_kept = "_n_rows = 1 or (_place = 1 and _n_tied = 1)"
    engine.execute(
        f"create table {kept} as select * exclude (_n_rows, _place, _n_tied, _copy) from judged where {is_kept}"
    )
    is_later = {"first": f"{key} in (select {key} from {kept})", "first_or_none": "true"}.get(keep, "false")
    rest = f"from judged where not ({is_kept}) and"
    reject(engine, parts, f"select _file_no, _record, '{Rule.DUPLICATE_KEY.value}' as _rule {rest} not ({is_later})")
    if keep in REST:
        left_out = f"select '{parts[0].name}', '{REST[keep]}', count(*) {rest} {is_later}"
        engine.execute(f"insert into left_out {left_out}")
    collapsed = engine.scalar(f"select count(*) from ({fine})") - engine.scalar("select count(*) from judged")
    engine.execute("drop table judged")
    return collapsed


def number_accounts_and_leads(engine: Engine, *, has_accounts: bool) -> None:
    """Make `account_numbers` and `lead_numbers`, and `kept_accounts` if the source has none.

    Accounts are numbered by id, then leads without one by theirs; leads by account and id.
    """
    if not has_accounts:
        engine.execute("create table kept_accounts (account_id varchar)")
    described = "select account_id, true from kept_accounts"
    engine.execute(
        "create table account_numbers as select account_id, bool_or(is_described) as is_described, "
        "row_number() over (order by account_id) - 1 as account_no from "
        f"({described} union all select account_id, false from kept_leads where account_id is not null) "
        "as ids(account_id, is_described) where account_id is not null group by account_id"
    )
    engine.execute(
        "create table lead_numbers as select *, row_number() over (order by account_no, lead_id) - 1 as lead_no from ("
        "select l.lead_id, l.created_at, coalesce(a.account_no, (select count(*) from account_numbers) + "
        "row_number() over (partition by l.account_id is null order by l.lead_id) - 1) as account_no "
        "from kept_leads l left join account_numbers a using (account_id))"
    )


def accounts_sql(attributes: Sequence[str]) -> str:
    """Return the query of the finished accounts, in their order, attributes last."""
    return (
        f"select n.account_no, n.account_id{_columns(attributes)} from account_numbers n "
        "left join kept_accounts t using (account_id) order by n.account_no"
    )


def leads_sql(attributes: Sequence[str]) -> str:
    """Return the query of the finished leads, in their order, attributes last."""
    return (
        "select n.lead_no, n.account_no, t.lead_id, t.account_id, t.created_at, t.row_number, t.email_kind, "
        f"t.email_group, m.merged_at, t.converted{_columns(attributes)} from kept_leads t "
        "join lead_numbers n using (lead_id) left join merged_leads m using (lead_id) order by n.lead_no"
    )


def _columns(attributes: Sequence[str]) -> str:
    return "".join(f", t.{quoted(attribute)}" for attribute in attributes)
