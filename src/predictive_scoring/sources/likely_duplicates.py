"""Leads that may be the same in truth though their ids differ: counted by their addresses, never joined by guess."""

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.addresses import COMPANY, PERSON


def likely_duplicates(engine: Engine, *, same_email_is_one: bool) -> dict[str, int]:
    """Return how many leads, by the sign that they are another's double; signs that nobody shows are left out.

    * `same_email`: leads with the address of an earlier one, unless that makes them one lead.
    * `same_company_other_account`: leads whose company's domain also stands under another account.
    """
    counts = {
        "same_company_other_account": engine.scalar(
            f"select count(*) from kept_leads where {COMPANY} in (select {COMPANY} from kept_leads where {COMPANY} "
            f"is not null and account_id is not null group by {COMPANY} having count(distinct account_id) > 1)"
        )
    }
    if not same_email_is_one:
        counts["same_email"] = engine.scalar(f"select count({PERSON}) - count(distinct {PERSON}) from kept_leads")
    return {name: n for name, n in counts.items() if n}
