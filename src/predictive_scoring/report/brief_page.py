"""The page of briefs: one HTML file for sellers, a brief a lead, none longer than a printed page."""

from pathlib import Path

from predictive_scoring.contract.words import Words
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.brief import HandOffList
from predictive_scoring.handoff.qualified import Standing
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.page import environment
from predictive_scoring.scoring.about import About
from predictive_scoring.storage import write_text


def write_briefs_page(listed: HandOffList, about: About, path: Path) -> None:
    """Write the page, whole or not at all; see `render_briefs`."""
    write_text(path, render_briefs(listed, about))


def render_briefs(listed: HandOffList, about: About) -> str:
    """Return the page of a hand-off in its language, as HTML text.

    Parameters
    ----------
    about
        What the scores say of themselves: whose they are, and whether they are simulated.
    """
    voice = Voice(listed.language, Words())
    counts = [(voice.say(f"standing.{name}"), voice.number(listed.counts.get(name, 0))) for name in reversed(Standing)]
    return environment().get_template("briefs.html.j2").render(
        lang=listed.language, t=voice.say, voice=voice, listed=listed, counts=counts, shown=visible, about=about,
    )  # fmt: skip
