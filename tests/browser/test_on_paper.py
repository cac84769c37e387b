"""What two teams take to a meeting, as paper: the page to sign, the briefs and the funnel, printed by a browser."""

import re
from pathlib import Path
from typing import Any

import pytest

import agreed_world
from agreed_world import TARGET
from predictive_scoring.config.snapshots import Snapshots
from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.funnel_report import Asked, funnel_report
from predictive_scoring.handoff.situation import situation
from predictive_scoring.report.agreement_page import Background, write_agreement_page
from predictive_scoring.report.brief_page import write_briefs_page
from predictive_scoring.report.funnel_page import write_funnel_page

_PAGE = re.compile(rb"/Type\s*/Page\b")  # and not /Pages, their list
N_BRIEFS = 4


_ALL_BUT_BRIEFS = "document.querySelectorAll('section, header, nav, aside').forEach((each) => each.remove())"


def n_sheets(page: Any, path: Path, *, briefs_only: bool = False) -> int:
    """Return on how many sheets of A4 a file is printed."""
    page.goto(path.as_uri())
    if briefs_only:
        page.evaluate(_ALL_BUT_BRIEFS)
        assert page.locator("article.brief").count() == N_BRIEFS
    return len(_PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True)))


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Write the three pages of one night in both languages, `N_BRIEFS` leads handed over."""
    history, scores = agreed_world.history(tmp_path / "history"), agreed_world.scores(tmp_path / "scores")
    agreement = agreed_world.agreed(questions=(), grades=("A", "D"))
    found = situation(history, scores, agreement, (TARGET, Snapshots()))
    report = funnel_report(history, agreement, found.lives, Asked(found.as_of, by=("channel", "origin")))
    (version,) = agreement.versions
    for language in LANGUAGES:
        listed = hand_off(found, language)
        assert len(listed.handed_over) == N_BRIEFS
        write_briefs_page(listed, found.finished.about, tmp_path / f"briefs.{language}.html")
        write_funnel_page(report, history.facts, language, tmp_path / f"funnel.{language}.html")
        background = Background(history.facts.name, history.facts.words)
        write_agreement_page(agreement, version, background, language, tmp_path / f"sheet.{language}.html")
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_a_brief_is_a_sheet_at_most_and_what_is_signed_and_looked_at_is_a_few(
    browser: Any, papers: Path, language: Language
) -> None:
    page = browser.new_page()
    sheets = {name: n_sheets(page, papers / f"{name}.{language}.html") for name in ("briefs", "sheet", "funnel")}
    assert n_sheets(page, papers / f"briefs.{language}.html", briefs_only=True) == N_BRIEFS  # a sheet each, and no more
    assert sheets["briefs"] == N_BRIEFS + 1  # the first says whom the list holds
    assert 1 <= sheets["sheet"] <= 3
    assert 1 <= sheets["funnel"] <= 4
    text = (papers / f"briefs.{language}.html").read_text(encoding="utf-8")
    place = text.index("<h3", text.index('<article class="brief"'))
    long = f"{text[:place]}<p>{'as long as a story ' * 900}</p>{text[place:]}"
    (papers / "long.html").write_text(long, encoding="utf-8")
    assert n_sheets(page, papers / "long.html", briefs_only=True) > N_BRIEFS  # the planted bug is seen
    page.close()
