"""What is read of an e-mail address: its kind, its group, and pseudonyms to compare; the address itself is dropped."""

from collections.abc import Mapping, Sequence

from predictive_scoring.engine.duck import literal
from predictive_scoring.sources.domains import address_domain, email_kind
from predictive_scoring.sources.staging import TypedColumn

PERSON, COMPANY = "_person", "_company"  # in the scratch of a run only
MOST_OF_ONE_PERSON = (
    100  # leads with one address; of more, it is what somebody types who has none, or a mailbox of many
)


def address_columns(cell: str, groups: Mapping[str, Sequence[str]]) -> list[TypedColumn]:
    """Return the typed columns of a cell with an address; each is null where the cell holds none.

    * `email_kind`: business, free or disposable.
    * `email_group`: the first of `groups` that lists the domain or one that it lies under.
    * `_person` and `_company`: pseudonyms of the address and, if it is a business one, of its domain.
    """
    kind, domain = email_kind(cell), address_domain(cell)
    person = f"case when {kind} is not null then pseudonym(lower(trim({cell}))) end"
    company = f"case when {kind} = 'business' then pseudonym({domain}) end"
    return [
        TypedColumn("email_kind", cell, kind),
        TypedColumn("email_group", cell, _group_sql(domain, groups)),
        TypedColumn(PERSON, cell, person),
        TypedColumn(COMPANY, cell, company),
    ]


def of_one_person_sql(leads: str) -> str:
    """Return the query of the leads of a table whose address may be one person's: the first of each address.

    Those that come after them are leads of their own from the start: what is one stays one, whoever comes later.
    """
    return f"select * from {leads} where {PERSON} is not null qualify {_PLACE} <= {MOST_OF_ONE_PERSON}"


def crowd_sql(leads: str) -> str:
    """Return the query of the leads of a table that come after so many of the same address: it is that of a crowd."""
    return f"select * from {leads} where {PERSON} is not null qualify {_PLACE} > {MOST_OF_ONE_PERSON}"


_PLACE = f"row_number() over (partition by {PERSON} order by created_at, lead_id)"


def _group_sql(domain: str, groups: Mapping[str, Sequence[str]]) -> str:
    cases = [
        f"when {domain} = {literal(listed)} or ends_with({domain}, {literal('.' + listed)}) then {literal(name)}"
        for name, domains in groups.items()
        for listed in domains
    ]
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"
