"""What is read of an e-mail address: its kind, its group, and pseudonyms to compare; the address itself is dropped."""

from collections.abc import Mapping, Sequence

from predictive_scoring.engine.duck import literal
from predictive_scoring.sources import typing_sql
from predictive_scoring.sources.email_domains import disposable_domains, free_domains
from predictive_scoring.sources.staging import TypedColumn

PERSON, COMPANY = "_person", "_company"  # in the scratch of a run only


def address_columns(cell: str, groups: Mapping[str, Sequence[str]]) -> list[TypedColumn]:
    """Return the typed columns of a cell with an address; each is null where the cell holds none.

    * `email_kind`: business, free or disposable.
    * `email_group`: the first of `groups` that lists the domain or one that it lies under.
    * `_person` and `_company`: pseudonyms of the address and, if it is a business one, of its domain.
    """
    kind = typing_sql.email_kind(cell, free_domains(), disposable_domains())
    domain = f"lower(split_part(trim({cell}), '@', 2))"
    person = f"case when {kind} is not null then pseudonym(lower(trim({cell}))) end"
    company = f"case when {kind} = 'business' then pseudonym({domain}) end"
    return [
        TypedColumn("email_kind", cell, kind),
        TypedColumn("email_group", cell, _group_sql(domain, groups)),
        TypedColumn(PERSON, cell, person),
        TypedColumn(COMPANY, cell, company),
    ]


def _group_sql(domain: str, groups: Mapping[str, Sequence[str]]) -> str:
    cases = [
        f"when {domain} = {literal(listed)} or ends_with({domain}, {literal('.' + listed)}) then {literal(name)}"
        for name, domains in groups.items()
        for listed in domains
    ]
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"
