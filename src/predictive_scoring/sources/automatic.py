"""Opens and clicks that no person can have done are left out before they count.

Whether a row is one of them is decided by the rows that are known at most `settle_seconds` later, and from then on the
row itself counts as known. So a score as of any instant is the same with and without the rows that came after it.
"""

from collections.abc import Iterable
from typing import Final

from predictive_scoring.config.automatic import Automatic
from predictive_scoring.engine.duck import Engine, literal

SECOND: Final = 1_000_000  # instants are compared as whole microseconds


def settled_at(known: str, rules: Automatic) -> str:
    """Return SQL for when an activity counts as known: opens and clicks once it can be told who did them."""
    if not rules.click_kinds:
        return known
    judged = _listed((*rules.click_kinds, *rules.open_kinds))
    return f"case when kind in {judged} then {known} + interval {rules.settle_seconds} second else {known} end"


def is_mail_sql(rules: Automatic) -> str:
    """Return SQL for whether an activity has to do with an e-mail, if machines' clicks are looked for at all."""
    if not rules.click_kinds:
        return "false"
    return f"kind in {_listed((*rules.sent_kinds, *rules.open_kinds, *rules.click_kinds))}"


def leave_out_automatic(engine: Engine, rules: Automatic) -> int:
    """Delete the rows of `shelf` that a machine made, and return how many.

    The exact rules are asked of those alone who ever opened and clicked fast enough.
    """
    if not rules.click_kinds:
        return 0
    engine.execute(f"create or replace table suspects as {_suspects(rules)}")
    if not engine.scalar("select count(*) from suspects"):
        return 0
    kinds = {"sent": rules.sent_kinds, "open": rules.open_kinds, "click": rules.click_kinds}
    part = " ".join(f"when kind in {_listed(names)} then '{name}'" for name, names in kinds.items() if names)
    engine.execute(
        f"create or replace table mails as select rowid as row_no, _whose as who, case {part} end as part, topic, "
        "epoch_us(occurred_at) as us, epoch_us(known_at) as known from shelf where _whose in (select who from suspects)"
    )
    engine.execute(f"create or replace table machines as {_bursts(rules)} union ({_scanners(rules)})")
    engine.execute("delete from shelf where rowid in (select row_no from machines)")
    return engine.scalar("select count(*) from machines")


def _suspects(rules: Automatic) -> str:
    """Return the query of who may be a machine: every span of the rules lies in two slots, and half of it in one."""
    slots = [
        (rules.click_kinds, 2 * rules.burst_seconds, rules.burst_clicks),
        ((*rules.click_kinds, *rules.open_kinds), rules.scanner_seconds, rules.scanner_clicks + 1),
    ]
    return " union ".join(
        f"select _whose as who from shelf where kind in {_listed(kinds)} "
        f"group by _whose, epoch_us(occurred_at) // {seconds * SECOND} having count(*) >= {(least + 1) // 2}"
        for kinds, seconds, least in slots
    )


def _bursts(rules: Automatic) -> str:
    """Return the query of clicks with many others about them; a first count without regard to records spares a join."""
    near = rules.burst_seconds * SECOND
    about = f"partition by who order by us range between {near} preceding and {near} following"
    many = f"select * from mails where part = 'click' qualify count(*) over ({about}) >= {rules.burst_clicks}"
    return (
        f"select i.row_no from ({many}) i join mails j on j.who = i.who and j.part = 'click' "
        f"and j.us between i.us - {near} and i.us + {near} and j.known <= i.known + {rules.settle_seconds * SECOND} "
        "group by i.row_no having count(distinct (j.us, j.topic)) >= " + str(rules.burst_clicks)
    )


def _scanners(rules: Automatic) -> str:
    """Return the query of opens and clicks just after an e-mail went out that was opened and clicked at once."""
    soon, settle = rules.scanner_seconds * SECOND, rules.settle_seconds * SECOND
    return (
        "with hasty as (select e.* from (select * from mails where part <> 'sent') e asof join "
        "(select who, us from mails where part = 'sent') s on e.who = s.who and e.us >= s.us "
        f"where e.us - s.us <= {soon}), "
        "tried as (select i.row_no, i.who, i.known, s.us from hasty i join mails s on s.part = 'sent' "
        f"and s.who = i.who and i.us between s.us and s.us + {soon} and s.known <= i.known + {settle}) "
        "select i.row_no from tried i join hasty j on j.who = i.who "
        f"and j.us between i.us and i.us + {soon} and j.known <= i.known + {settle} "
        "group by i.row_no, i.us having bool_or(j.part = 'open') "
        f"and count(distinct (j.us, j.topic)) filter (j.part = 'click') >= {rules.scanner_clicks}"
    )


def _listed(names: Iterable[str]) -> str:
    return "(" + ", ".join(literal(name) for name in names) + ")"
