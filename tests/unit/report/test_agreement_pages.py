"""The briefs and the funnel as pages: whole in both languages, nothing from outside, nothing run, the young marked."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from agreed_world import LEADS, agreed, found
from predictive_scoring.contract.words import Language
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.funnel_report import Asked, FunnelReport, funnel_report
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.spend import ALL, NOBODY, Cost
from predictive_scoring.report.brief_page import render_briefs, write_briefs_page
from predictive_scoring.report.funnel_page import render_funnel, write_funnel_page
from predictive_scoring.scoring.about import Quality

OUTSIDE = re.compile(r"(?:src|href)\s*=\s*[\"'](?!#)|@import|url\(|<script", re.IGNORECASE)


def _funnel(here: Situation, within_days: int = 5) -> FunnelReport:
    asked = Asked(here.as_of, within_days, ("channel",))
    reached = {"lead": 8, "mql": 2, "sql": 1, "customer": 0}
    costs = (
        Cost("", ALL, 1200.0, 8, reached, is_immature=True),
        Cost("channel", "web", 1200.0, 8, reached, is_immature=True),
        Cost("industry", "software", 1000.0, 8, reached, is_immature=True),
        Cost("industry", NOBODY, 200.0, 0, dict.fromkeys(reached, 0), is_immature=False),
    )
    return funnel_report(here.history, agreed(), here.lives, asked, costs)


@pytest.mark.parametrize(
    ("language", "title", "missing"),
    [("en", "Hand-off to sales", "Needed before hand-off"), ("es", "Traspaso a ventas", "Falta para el traspaso")],
)
def test_the_briefs_are_whole_and_need_nothing_from_outside(
    tmp_path: Path, language: Language, title: str, missing: str
) -> None:
    here = found(tmp_path)
    page = render_briefs(hand_off(here, language), here.finished.about)
    assert f"<h1>{title}</h1>" in page
    assert missing in page
    assert page.count('<article class="brief"') == 1
    assert "ready" in page
    assert "silent" not in page
    assert "gone" not in page
    assert not OUTSIDE.search(page)
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize(("language", "place"), [("en", "Place 5 on the list"), ("es", "Puesto 5 de la lista")])
def test_a_model_whose_chances_did_not_hold_gives_a_place_and_no_chance(
    tmp_path: Path, language: Language, place: str
) -> None:
    here = found(tmp_path)
    assert place not in render_briefs(hand_off(here, language), here.finished.about)
    failed = Quality(n_leads=1, base_rate=0.1, auc=0.8, calibration_holds=False)
    about = here.finished.about.model_copy(update={"evaluation": failed})
    ranked = replace(here, finished=replace(here.finished, about=about))
    page = render_briefs(hand_off(ranked, language), about)
    assert place in page
    assert not re.search(r"(?:Chance|Probabilidad): ", page)
    assert [brief.probability for brief in hand_off(ranked, language).handed_over] == [None]


def test_what_users_wrote_is_shown_and_not_run(tmp_path: Path) -> None:
    here = found(tmp_path)
    listed = hand_off(here, "en")
    evil = replace(listed.handed_over[0], lead_id="<script>alert(1)</script>", why_now=("<b>bold</b>",))
    page = render_briefs(replace(listed, handed_over=(evil,)), here.finished.about)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;bold" in page


def test_nobody_to_hand_over_is_said(tmp_path: Path) -> None:
    here = found(tmp_path, least_probability=0.99)
    assert "Nobody meets the agreement today." in render_briefs(hand_off(here, "en"), here.finished.about)
    write_briefs_page(hand_off(here, "es"), here.finished.about, tmp_path / "briefs.html")
    assert "Nadie cumple el acuerdo hoy." in (tmp_path / "briefs.html").read_text()


@pytest.mark.parametrize(
    ("language", "title", "young", "nobody"),
    [
        ("en", "From contact to customer", "young", "months in which nobody came"),
        ("es", "De contacto a cliente", "recientes", "meses en los que no llegó nadie"),
    ],
)
def test_the_funnel_is_whole_in_each_language(
    tmp_path: Path, language: Language, title: str, young: str, nobody: str
) -> None:
    here = found(tmp_path)
    page = render_funnel(_funnel(here), here.history.facts, language)
    assert f"<h1>{title}</h1>" in page
    assert young in page
    assert page.count(nobody) == 1
    assert not OUTSIDE.search(page)
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    write_funnel_page(_funnel(here), here.history.facts, language, tmp_path / "funnel.html")
    assert (tmp_path / "funnel.html").read_text() == page


def test_too_few_people_make_no_share_and_a_young_cohort_is_hatched(tmp_path: Path) -> None:
    here = found(tmp_path)
    page = render_funnel(_funnel(here), here.history.facts, "en")
    assert "too few to say" in page
    assert '<td class="young">' not in page
    early = render_funnel(_funnel(here, within_days=90), here.history.facts, "en")
    assert "too young to say" in early
    assert '<td class="young">' in early
    assert f"{len(LEADS)} people known on April 1, 2025" in page


def test_a_cost_that_will_still_fall_is_marked(tmp_path: Path) -> None:
    here = found(tmp_path)
    page = render_funnel(_funnel(here), here.history.facts, "en")
    assert "<bdi>web</bdi> <small>(young)</small>" in page
    assert "125.00" in page
    assert "none yet" in page
