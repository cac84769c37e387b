"""Ids that are no leads, such as contacts: which lead each belongs to, and since when.

A contact that a lead became is that lead's. Where two contacts became one, each is from then on whose the other was: a
CRM moves what happened to the record that stays and leaves the origin on the one that went. What came first is kept.
"""

from typing import Final

from predictive_scoring.engine.duck import Engine

LEADS: Final = "(select lead_id from lead_numbers)"
FINE: Final = "_rule is null and _left_out is null and from_id <> into_id"
PAIRS: Final = (
    "select from_id, into_id, merged_at from typed_merges "
    f"where {FINE} and from_id not in {LEADS} and into_id not in {LEADS}"
)
ON: Final = "select * from pairs"  # to the contact that stays, beside the way back to the one that went
FOUND: Final = (
    "select w.into_id as id, o.lead_id, greatest(o.since, w.merged_at) as since from reached o "
    "join ways w on w.from_id = o.id left join owned p on p.id = w.into_id "
    "where p.id is null or (greatest(o.since, w.merged_at), o.lead_id) < (p.since, p.lead_id) "
    "qualify row_number() over (partition by w.into_id order by greatest(o.since, w.merged_at), o.lead_id) = 1"
)


def own_contacts(engine: Engine) -> None:
    """Make `owned`: the lead of each id that is none, if it has one, and since when. Needs `typed_` and `kept_merges`.

    Each round goes one merge further from those that the last one reached.
    """
    engine.execute(
        "create table owned as select from_id as id, into_id as lead_id, merged_at as since from kept_merges "
        f"where from_id not in {LEADS} and into_id in {LEADS}"
    )
    back = "select into_id, from_id, merged_at from pairs"
    engine.execute(f"create table ways as with pairs as ({PAIRS}) {ON} union all {back}")
    engine.execute("create table reached as select * from owned")
    while engine.scalar("select count(*) from ways") and engine.scalar("select count(*) from reached"):
        engine.execute(f"create or replace table reached as {FOUND}")
        engine.execute("delete from owned where id in (select id from reached)")
        engine.execute("insert into owned select * from reached")
