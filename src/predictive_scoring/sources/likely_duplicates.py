"""Records that may be the same in truth though their ids differ: counted and told, never joined by guess."""

from collections.abc import Mapping

from predictive_scoring.engine.duck import Engine
from predictive_scoring.sources.addresses import COMPANY, PERSON

FOLDED = "lower(trim(lead_id))"


def likely_duplicates(engine: Engine, *, has_email: bool) -> dict[str, int]:
    """Return how many leads, by the sign that they are another's double; signs that nobody shows are left out.

    * `near_duplicate_ids`: leads whose id differs from another's only by case or outer spaces.
    * `same_email`: leads with the address of an earlier one.
    * `same_company_other_account`: leads whose company's domain also stands under another account.
    """
    counts = {"near_duplicate_ids": _beyond_first(engine, FOLDED)}
    if has_email:
        counts["same_email"] = _beyond_first(engine, PERSON)
        counts["same_company_other_account"] = engine.scalar(
            f"select count(*) from kept_leads where {COMPANY} in (select {COMPANY} from kept_leads where {COMPANY} "
            f"is not null and account_id is not null group by {COMPANY} having count(distinct account_id) > 1)"
        )
    return {name: n for name, n in counts.items() if n}


def notes_of(counts: Mapping[str, int], *, same_email: str) -> list[str]:
    """Return the counts in plain words.

    Examples
    --------
    >>> notes_of({"near_duplicate_ids": 2}, same_email="keep")
    ["leads: 2 ids differ from another's only by case or outer spaces; they count as different leads"]
    """
    became = (
        "each is one lead with it" if same_email == "one_lead" else "`extract.same_email: one_lead` would join them"
    )
    words = {
        "near_duplicate_ids": "ids differ from another's only by case or outer spaces; they count as different leads",
        "same_email": f"have the e-mail address of an earlier one; {became}",
        "same_company_other_account": "have a company's e-mail domain that also stands under another account: "
        "accounts may be listed twice",
    }
    return [f"leads: {n:,} {words[name]}" for name, n in counts.items()]


def _beyond_first(engine: Engine, key: str) -> int:
    return engine.scalar(f"select count(*) - count(distinct {key}) from kept_leads where {key} is not null")
