"""The page for those who see it otherwise than its makers: axe-core, computed contrast, dark, forced colours, paper."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from browser.opened_page import Opened

AXE = files("axe_playwright_python").joinpath("axe.min.js")
SERIOUS = {"serious", "critical"}
CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found if each["impact"] in SERIOUS]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_L10_and_L12_axe_finds_nothing_serious_and_every_text_has_contrast(
    opened: Opened, report: Path, language: str, scheme: str
) -> None:
    opened.page.emulate_media(color_scheme=scheme)
    page = opened.goto(report.with_name(f"report.{language}.html"))
    page.locator("#leads details.more summary").first.click()
    assert violations(page) == []
    assert page.evaluate(CONTRASTS) == []


def test_L12_planted_a_pale_text_is_found_by_both(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    page.evaluate("document.querySelector('.lede').style.color = '#bbbbbb'")
    assert any("color-contrast" in found for found in violations(page))
    assert page.evaluate(CONTRASTS)


def test_L10_targets_are_large_enough(opened: Opened, report: Path) -> None:
    """WCAG 2.5.8: 24 by 24 pixels, but for links within a sentence."""
    page = opened.goto(report)
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input, summary, nav a')].filter((e) => e.checkVisibility())"
        ".map((e) => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"
    )
    assert small == []


def test_L10_forced_colours_and_reduced_motion_leave_the_page_usable(browser: Any, report: Path) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")
    page = Opened(context.new_page()).goto(report)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    bar = page.locator("#leads .up .bar i").first
    assert bar.evaluate("element => getComputedStyle(element).forcedColorAdjust") == "none"
    assert page.locator("#leads tbody tr").count() == 25
    context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_L11_paper_holds_every_reason_at_a_glance_and_nothing_to_press(
    opened: Opened, report: Path, tmp_path: Path, paper: str
) -> None:
    page = opened.goto(report)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#leads tbody tr.lead").count() == 120
    reasons = page.locator("#leads tbody tr.lead").first.locator(".sides .reasons li")
    assert reasons.count() == 6
    assert all(reasons.nth(i).is_visible() for i in range(6))
    for gone in (".filters", ".dt-buttons", ".slider", "nav", ".languages"):
        assert page.locator(gone).first.is_hidden()
    wide = page.evaluate(
        "[...document.querySelectorAll('#leads tr.lead')].filter((e) => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert wide == 0
    made = page.pdf(path=str(tmp_path / "page.pdf"), format=paper)
    assert made.startswith(b"%PDF")
    n_pages = len(re.findall(rb"/Type /Page\b", made))
    assert 5 <= n_pages <= 40


def test_L11_grades_and_directions_are_told_without_colour(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    page.emulate_media(media="print")
    first = page.locator("#leads tbody tr.lead").first
    assert first.locator(".grade").inner_text() == "A"
    assert "▲ Raises the chance" in first.inner_text()
    assert re.search(r"[+−]\d", first.locator(".points").first.inner_text())


@pytest.mark.parametrize("language", ["en", "es"])
def test_L11_on_paper_no_cell_of_a_lead_lies_on_another(opened: Opened, report: Path, language: str) -> None:
    page = opened.goto(report.with_name(f"report.{language}.html"))
    page.set_viewport_size({"width": 694, "height": 1000})  # A4 less its margins
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    overlapping = """[...document.querySelectorAll('#leads tr.lead')].filter((row) => {
        const shown = [...row.querySelector('.chance').children].filter((each) => each.checkVisibility());
        const ends = Math.max(...shown.map((each) => each.getBoundingClientRect().right));
        return ends > row.querySelector('.ranks').getBoundingClientRect().left;
    }).length"""
    assert page.evaluate(overlapping) == 0
    page.add_style_tag(content="@media print { .leads tr { grid-template-columns: 7mm 100mm 9mm 20mm auto } }")
    assert page.evaluate(overlapping) > 0  # planted


@pytest.mark.parametrize("language", ["en", "es"])
def test_at_a_desk_no_table_is_cut(opened: Opened, report: Path, language: str) -> None:
    page = opened.goto(report.with_name(f"report.{language}.html"))
    page.set_viewport_size({"width": 1440, "height": 900})
    cut = (
        "[...document.querySelectorAll('.wide')].filter((e) => e.scrollWidth > e.clientWidth)"
        ".map((e) => e.getAttribute('aria-label') ?? e.getAttribute('aria-labelledby'))"
    )
    assert page.evaluate(cut) == []
    page.add_style_tag(content=".pair > .wide { max-width: 30rem }")
    assert page.evaluate(cut)  # planted


def test_the_account_is_named_as_such_and_every_reason_has_its_code(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    page.locator("#leads details.more summary").first.click()
    behind = page.locator("#leads .behind").first
    assert behind.locator("dl.known dt").first.inner_text() == "Account"
    codes = behind.locator(".reasons.all small.code").all_inner_texts()
    assert codes
    assert all(re.fullmatch(r"R\d{3}", code.strip()) for code in codes)
