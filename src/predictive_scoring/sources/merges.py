"""Ids that went on under another: whose rows they are, and since when.

What was known of the one id is known of the other from the merge on and never before it, so a past instant looks as
it did then. Chains are followed to their end.
"""

from collections.abc import Sequence
from typing import Final

from predictive_scoring.contract.rules import Rule
from predictive_scoring.contract.source_tables import MergesTable
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.addresses import PERSON, of_one_person_sql
from predictive_scoring.sources.contacts import LEADS, own_contacts
from predictive_scoring.sources.rows_of_leads import refuse_unknown
from predictive_scoring.sources.staging import Staged

FOLLOWED: Final = "from_id, into_id, merged_at"
SAME_ADDRESS: Final = (
    "select lead_id as from_id, first_value(lead_id) over same as into_id, created_at as merged_at "
    f"from ({of_one_person_sql('kept_leads')}) where created_at is not null "
    f"window same as (partition by {PERSON} order by created_at, lead_id)"
)


def follow_merges(
    engine: Engine, parts: Sequence[Staged], tables: Sequence[MergesTable], *, same_email_is_one: bool
) -> None:
    """Make `owners`, `heirs` and `merged_leads` from `kept_merges` and the leads.

    * `owners`: for each id that rows may name the lead they belong to, and for one that is no lead, since when.
    * `heirs`: for each lead that became another, that one, those it became in turn, and since when.
    * `merged_leads`: leads that became another, and since when.

    A merge that leads to no lead goes to quarantine.

    Parameters
    ----------
    parts, tables
        The merges table of the source; none if it has none.
    same_email_is_one
        Whether a lead with the address of an earlier one is that lead, from its creation on.

    Raises
    ------
    DataContractError
        If merges run in a circle.
    """
    given = (
        f"select {FOLLOWED} from kept_merges where from_id <> into_id and from_id in {LEADS} "
        "union all select id, lead_id, since from owned"
    )
    if parts:
        own_contacts(engine)
    none = "select null::varchar as from_id, null::varchar as into_id, null::timestamptz as merged_at where false"
    engine.execute(f"create table followed as {given if parts else none}")
    if same_email_is_one:
        _follow_addresses(engine)
    _refuse_circles(engine, same_email_is_one=same_email_is_one)
    engine.execute(
        "create table reach as with recursive steps as (select from_id, into_id, merged_at as since from followed "
        "union all select s.from_id, m.into_id, greatest(s.since, m.merged_at) from steps s "
        "join followed m on m.from_id = s.into_id) "
        "select from_id, into_id, min(since) as since from steps group by from_id, into_id"
    )
    if parts:
        _reject_lost(engine, parts, tables)
    engine.execute(
        "create table merged_leads as select l.lead_id, min(r.since) as merged_at from lead_numbers l "
        "join reach r on r.from_id = l.lead_id join lead_numbers o on o.lead_id = r.into_id group by l.lead_id"
    )
    engine.execute(
        "create view owners as select lead_id as id, *, cast(null as timestamptz) as since from lead_numbers union all "
        "select r.from_id, l.*, r.since from reach r join lead_numbers l on l.lead_id = r.into_id "
        "where r.from_id not in (select lead_id from lead_numbers) "
        "qualify row_number() over (partition by r.from_id order by r.since, l.lead_no) = 1"
    )
    engine.execute(
        "create table heirs as select l.lead_no as of_no, o.lead_no, o.account_no, r.since from reach r "
        "join lead_numbers l on l.lead_id = r.from_id join lead_numbers o on o.lead_id = r.into_id"
    )


def _follow_addresses(engine: Engine) -> None:
    """Add a merge for each lead with the address of an earlier one; what the export says of it, it says of that one."""
    engine.execute(f"create table alias as select * from ({SAME_ADDRESS}) where from_id <> into_id")
    engine.execute(
        "create or replace table followed as with renamed as (select coalesce(a.into_id, f.from_id) as from_id, "
        "coalesce(b.into_id, f.into_id) as into_id, f.merged_at from followed f "
        "left join alias a on a.from_id = f.from_id left join alias b on b.from_id = f.into_id) "
        "select from_id, min_by(into_id, (merged_at, into_id)) as into_id, min(merged_at) as merged_at from renamed "
        f"where from_id <> into_id group by from_id union all select {FOLLOWED} from alias"
    )


def make_kin(engine: Engine) -> None:
    """Make `kin`: leads with an outcome, each lead that became one with them, and since when.

    Two leads are one since both had become the same id. All pairs of many leads that became one would be the square of
    their number, so pairs are made of those alone that have an outcome to share. Needs `kept_outcomes`.
    """
    merging = "select from_id from reach union select into_id from reach"
    itself = f"select lead_id, lead_id, cast(null as timestamptz) from lead_numbers where lead_id in ({merging})"
    engine.execute(
        f"create table kin as with ways as (select from_id, into_id, since from reach union all {itself}) "
        "select l.lead_no as of_no, o.lead_no, o.lead_id, min(greatest(a.since, b.since)) as since "
        "from ways a join ways b on a.into_id = b.into_id and a.from_id <> b.from_id "
        "join lead_numbers l on l.lead_id = a.from_id join lead_numbers o on o.lead_id = b.from_id "
        "where l.lead_no in (select lead_no from kept_outcomes) "
        "group by l.lead_no, o.lead_no, o.lead_id"
    )


def _refuse_circles(engine: Engine, *, same_email_is_one: bool) -> None:
    if n := _n_in_circles(engine):
        raise DataContractError(
            f"table merges: {n:,} ids run in a circle",
            found="ids that, followed from merge to merge, lead back to themselves",
            expected="each id goes on under one other, until one that stays",
            fix="list each merge once, from the record that went away into the one that stayed"
            + (", or set extract.same_email: keep if addresses close the circle" if same_email_is_one else ""),
        )


def _n_in_circles(engine: Engine) -> int:
    """Return how many ids lead back to themselves.

    Each id goes on under one other, so each round leaps twice as far as the last. A way that ends is left out once it
    is leapt beyond; what is left after more steps than there are merges is where ways end that run in a circle.
    """
    engine.execute("create table leaps as select from_id, into_id from followed")
    n = engine.scalar("select count(*) from leaps")
    for _ in range(n.bit_length()):
        engine.execute(
            "create or replace table leaps as select a.from_id, b.into_id from leaps a "
            "join leaps b on b.from_id = a.into_id"
        )
        if not engine.scalar("select count(*) from leaps"):
            break
    found = engine.scalar("select count(distinct into_id) from leaps")
    engine.execute("drop table leaps")
    return found


def _reject_lost(engine: Engine, parts: Sequence[Staged], tables: Sequence[MergesTable]) -> None:
    found = "select r.from_id from reach r join lead_numbers l on l.lead_id = r.into_id"
    lost = f"from_id <> into_id and from_id not in ({found})"
    rule = f"'{Rule.UNKNOWN_LEAD.value}' as _rule"
    refuse_unknown(engine, parts, tables, f"select _file_no, _record, {rule} from kept_merges where {lost}")
    engine.execute(f"delete from kept_merges where {lost}")
