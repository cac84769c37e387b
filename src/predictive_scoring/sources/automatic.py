"""Opens and clicks that no person can have done are left out before they count.

Whether a row is one of them is decided by the rows that are known at most `settle_seconds` later, and from then on the
row itself counts as known. So a score as of any instant is the same with and without the rows that came after it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.contract.rules import LeftOut
from predictive_scoring.contract.source_file import ActivitiesTable
from predictive_scoring.engine.duck import Engine, literal
from predictive_scoring.sources.staging import Staged
from predictive_scoring.sources.typing_sql import known_at

SECOND: Final = 1_000_000  # instants are compared as whole microseconds


def settled_at(known: str, rules: Automatic) -> str:
    """Return SQL for when an activity `t` counts as known: opens and clicks once it can be told who did them."""
    if not rules.click_kinds:
        return known
    judged = _listed((*rules.click_kinds, *rules.open_kinds))
    return f"case when t.kind in {judged} then {known} + interval {rules.settle_seconds} second else {known} end"


def leave_out_automatic(
    engine: Engine, parts: Sequence[Staged], tables: Sequence[ActivitiesTable], rules: Automatic
) -> None:
    """Mark the rows of `typed_activities` that a machine made as left out."""
    if not rules.click_kinds:
        return
    mapped = {name for table in tables for name in table.mapped}
    kinds = {"sent": rules.sent_kinds, "open": rules.open_kinds, "click": rules.click_kinds}
    part = " ".join(f"when t.kind in {_listed(names)} then '{name}'" for name, names in kinds.items() if names)
    engine.execute(
        f"create table mails as select t._file_no, t._record, {_whose(mapped)} as who, case {part} end as part, "
        f"epoch_us(t.occurred_at) as us, epoch_us({known_at('recorded_at' in mapped)}) as known, "
        f"{'t.topic' if 'topic' in mapped else 'null::varchar'} as topic from typed_activities t "
        f"where t._rule is null and t._left_out is null and case {part} end is not null"
    )
    engine.execute(f"create table machines as {_bursts(rules)} union ({_scanners(rules)})")
    for staged, table in zip(parts, tables, strict=True):
        engine.execute(
            f"update {staged.typed} t set _left_out = '{LeftOut.AUTOMATIC.value}' from machines m "
            f"where t._file_no = m._file_no and t._record = m._record and {_whose(table.mapped)} = m.who"
        )
    engine.execute("drop table mails")
    engine.execute("drop table machines")


def _whose(mapped: Iterable[str]) -> str:
    return f"coalesce({', '.join(f't.{name}' for name in ('lead_id', 'account_id') if name in mapped)})"


def _bursts(rules: Automatic) -> str:
    """Return the query of clicks with many others about them; a first count without regard to records spares a join."""
    near = rules.burst_seconds * SECOND
    about = f"partition by who order by us range between {near} preceding and {near} following"
    many = f"select * from mails where part = 'click' qualify count(*) over ({about}) >= {rules.burst_clicks}"
    return (
        f"select i._file_no, i._record, i.who from ({many}) i join mails j on j.who = i.who and j.part = 'click' "
        f"and j.us between i.us - {near} and i.us + {near} and j.known <= i.known + {rules.settle_seconds * SECOND} "
        "group by i._file_no, i._record, i.who having count(distinct (j.us, j.topic)) >= " + str(rules.burst_clicks)
    )


def _scanners(rules: Automatic) -> str:
    """Return the query of opens and clicks just after an e-mail went out that was opened and clicked at once."""
    soon, settle = rules.scanner_seconds * SECOND, rules.settle_seconds * SECOND
    return (
        "with hasty as (select e.* from (select * from mails where part <> 'sent') e asof join "
        "(select who, us from mails where part = 'sent') s on e.who = s.who and e.us >= s.us "
        f"where e.us - s.us <= {soon}), "
        "tried as (select i._file_no, i._record, i.who, i.known, s.us from hasty i join mails s on s.part = 'sent' "
        f"and s.who = i.who and i.us between s.us and s.us + {soon} and s.known <= i.known + {settle}) "
        "select i._file_no, i._record, i.who from tried i join hasty j on j.who = i.who "
        f"and j.us between i.us and i.us + {soon} and j.known <= i.known + {settle} "
        "group by i._file_no, i._record, i.who, i.us having bool_or(j.part = 'open') "
        f"and count(distinct (j.us, j.topic)) filter (j.part = 'click') >= {rules.scanner_clicks}"
    )


def _listed(names: Iterable[str]) -> str:
    return "(" + ", ".join(literal(name) for name in names) + ")"
