"""SQL of the domain that an e-mail address or a website names, and of whether a company stands behind it.

A cell is the SQL of a text column; what names no domain is null.
"""

from collections.abc import Iterable
from typing import Final

from predictive_scoring.engine.duck import literal
from predictive_scoring.sources.email_domains import disposable_domains, free_domains

ADDRESS: Final = r"[^@\s]+@[^@\s]+[.][^@\s.]+"
NAME: Final = r"(?:[\p{L}\p{N}_-]+[.])+\p{L}[\p{L}\p{N}-]*"  # the last part begins with a letter: no machine's number
BEFORE: Final = r"(?:mailto:|[a-z][a-z0-9+.-]*://|//)?(?:[^/?#\s@]*@)?(?:www[.])?"
AFTER: Final = r"[.]?(?::\d+)?(?:[/?#][^@]*)?"  # behind an @ would stand the domain, and here what names the person


def address_domain(cell: str) -> str:
    """Return what stands behind the @ of an address."""
    return f"lower(split_part(trim({cell}), '@', 2))"


def email_kind(cell: str) -> str:
    """Return what an address's domain says: disposable, free or business; null for what is no address."""
    return (
        f"case when regexp_full_match(trim({cell}), {literal(ADDRESS)}) is not true then null "
        f"when {address_domain(cell)} in {_listed(disposable_domains())} then 'disposable' "
        f"when {address_domain(cell)} in {_listed(free_domains())} then 'free' else 'business' end"
    )


def company_domain(cell: str) -> str:
    """Return the domain of an address or a website, null where anybody may have an address at it.

    Lower case, without scheme, `www.`, port and path; of an address nothing is left that names the person. Three
    patterns without groups cost a fifteenth of one with a group.
    """
    text = f"lower(trim({cell}))"
    place = f"regexp_full_match({text}, {literal(BEFORE + NAME + AFTER)})"
    domain = f"regexp_extract(regexp_replace({text}, {literal('^' + BEFORE)}, ''), {literal('^' + NAME)})"
    everybodys = _listed((*free_domains(), *disposable_domains(), ""))
    return f"case when {place} and {domain} not in {everybodys} then {domain} end"


def _listed(domains: Iterable[str]) -> str:
    return "(" + ", ".join(literal(domain) for domain in domains) + ")"
