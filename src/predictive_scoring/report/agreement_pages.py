"""The pages of one night, beside the data that they are drawn from."""

from collections.abc import Sequence
from pathlib import Path

from predictive_scoring.contract.history import HistoryFacts
from predictive_scoring.contract.words import Language
from predictive_scoring.handoff.outlook import Outlook
from predictive_scoring.handoff.writing import Made
from predictive_scoring.report.brief_page import write_briefs_page
from predictive_scoring.report.funnel_page import write_funnel_page
from predictive_scoring.report.outlook_page import write_outlook_page


def write_agreement_pages(
    made: Made | None, facts: HistoryFacts, languages: Sequence[Language], folder: Path
) -> list[str]:
    """Write the hand-off and the funnel in each language, and return what was done as lines.

    Parameters
    ----------
    made
        What `write_agreement_folder` returned; None for a flat table, which has no pages.
    """
    if made is None:
        return [f"{folder}: a flat table has no life cycle, so nobody is handed over"]
    for language in languages:
        write_briefs_page(made.hand_offs[language], made.about, folder / f"hand-off.{language}.html")
        write_outlook_page(made.outlook, made.about, facts, language, folder / f"capacity.{language}.html")
        write_funnel_page(made.funnel, facts, language, folder / f"funnel.{language}.html")
    return [f"handed over: {made.n_handed_over:,}", *_recommended(made.outlook), f"{folder}"]


def _recommended(found: Outlook) -> list[str]:
    """Return the line that past weeks recommend, in words; nothing where there is none."""
    if found.recommended is None:
        return []
    return [
        f"past weeks would fill {found.terms.calls_per_week:,} calls with least_probability {found.recommended:.4f} as "
        f"the only line (now {found.terms.least_probability:g} and grades {', '.join(found.terms.grades)}); "
        "the agreement is not changed"
    ]
