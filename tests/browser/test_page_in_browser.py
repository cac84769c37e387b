"""What people do on the page, done by a browser: look, filter, sort, slide, switch, walk by keyboard, carry away."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from browser.opened_page import Opened
from page_of_leads import EVIL_ID, FORMULA_ID, LONG_ID

FOCUSED = """(() => {
  const element = document.activeElement, box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const { filter, language } = element.dataset;
  const large = box.width > 0 && box.height > 0, inside = box.bottom > 0 && box.top < innerHeight;
  const seen = large && inside && style.outlineStyle !== "none";
  return [element.id || filter || language || `${element.tagName}:${element.textContent.trim().slice(0, 20)}`, seen];
})()"""


def rows(page: Any) -> list[str]:
    return [text.split("\n")[0] for text in page.locator("#leads tbody tr th").all_inner_texts()]


def info(page: Any) -> str:
    return str(page.locator(".dt-info").inner_text())


def test_J16_nothing_is_asked_of_any_network_and_the_policy_forbids_nothing_that_the_page_does(
    opened: Opened, report: Path
) -> None:
    page = opened.goto(report)
    page.evaluate("document.querySelectorAll('[data-figure]').forEach((each) => each.scrollIntoView())")
    expect(page.locator("[data-figure] .marks").nth(2)).to_be_attached(timeout=30_000)
    assert opened.asked == [report.as_uri()]
    assert opened.complaints == []


def test_J16_planted_a_picture_of_another_server_is_refused(opened: Opened, report: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "report.en.html"
    asks = '<img src="https://example.com/x.png"><script>document.title = "run"</script></header>'
    spoilt.write_text(report.read_text().replace("</header>", asks, 1))
    page = opened.goto(spoilt)
    assert page.title() != "run"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_J01_and_J04_evil_ids_are_text_in_the_live_list_too(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    assert EVIL_ID in rows(page)
    assert page.locator("#leads img, #leads script").count() == 0
    page.get_by_label("Search", exact=True).fill("onerror")
    page.locator("#leads tbody tr.lead").nth(1).wait_for(state="detached")
    assert rows(page) == [EVIL_ID]


def test_filters_and_sorting_change_what_is_shown_and_say_how_many(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    assert info(page) == "1 to 25 of 300 leads"
    page.locator("[data-filter=grade]").select_option("B")
    assert set(page.locator("#leads tbody .grade").all_inner_texts()) == {"B"}
    assert "(of 300 on this page)" in info(page)
    page.locator("[data-filter=channel]").select_option(label="Ads")
    shown = page.locator("#leads tbody th small").all_inner_texts()
    assert shown
    assert all("Ads" in text for text in shown)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator(".dt-info")).to_have_text(re.compile(r"^1 to 25 of 300"))
    page.locator("[data-filter=from]").fill("2025-03-20")
    assert "(of 300 on this page)" in info(page)
    page.get_by_role("button", name="Clear filters").click()
    page.locator("#leads thead").get_by_text("Chance within 90 days", exact=True).click()
    assert rows(page)[0] == "L00300"
    assert page.locator("#leads thead th[aria-sort='ascending']").count() == 1


def test_words_are_searched_in_any_order_without_accents_in_reasons_and_accounts(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    field = page.get_by_label("Search", exact=True)
    field.fill("A7 ÁDS")
    page.locator(".dt-info", has_text="(of 300 on this page)").wait_for()
    found = rows(page)
    assert found
    assert all("Ads" in row for row in page.locator("#leads tbody th small").all_inner_texts())
    field.fill("nothing of the sort")
    page.locator("#leads tbody", has_text="No lead fits").wait_for()


def test_a_leads_detail_tells_its_change_its_possibilities_and_its_families(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    first = page.locator("#leads tbody tr.lead").first
    assert "Counted together with: income" in first.inner_text()
    first.locator("details.more > summary").click()
    text = first.inner_text()
    for told in (
        "What changed since the scores before",
        "Place 1 on the list; on March 25, 2025 it was 3.",
        "What might change it",
        "not a promise",
        "Say much the same and are counted together: job level and income",
    ):
        assert told in text
    page.get_by_role("button", name="Español").click()
    page.wait_for_selector("html[lang='es']")
    first = page.locator("#leads tbody tr.lead").first
    expect(first.locator("details.more > summary")).to_have_text("Todos los motivos, cronología y cuenta")  # drawn anew
    first.locator("details.more > summary").click()
    for told in ("Qué ha cambiado", "Qué podría cambiarla", "se cuentan juntos: nivel del cargo e ingresos"):
        assert told in first.inner_text()


def test_the_slider_moves_the_cut_off_and_the_list_follows(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    said = page.locator("#calls-said")
    assert said.inner_text().startswith("Calling the first 30:")
    page.locator("#calls").focus()
    page.keyboard.press("Home")
    assert said.inner_text().startswith("Calling the first 1:")
    assert page.locator("#calls").get_attribute("aria-valuetext") == "1"
    page.keyboard.press("End")
    assert "Nobody is left below." in said.inner_text()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    calls = int(page.locator("#calls-number").inner_text())
    page.get_by_role("button", name="Show only these in the list").click()
    assert f"of {calls} leads" in info(page)


def test_L02_the_language_is_switched_in_place_and_states_the_same(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    chances = page.locator("#leads tbody .chance strong").all_inner_texts()
    page.get_by_role("button", name="Español").click()
    page.wait_for_selector("html[lang='es']")
    assert page.title().startswith("A quién llamar primero")
    assert info(page) == "Del 1 al 25 de 300 leads"
    numbers = [re.findall(r"\d+", text) for text in page.locator("#leads tbody .chance strong").all_inner_texts()]
    assert numbers == [re.findall(r"\d+", text) for text in chances]
    body = page.locator("main").inner_text()
    assert not re.search(r"\b(leads like|Download|Search|Clear|chance)\b", body)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang='en']")
    assert info(page) == "1 to 25 of 300 leads"
    assert opened.complaints == []


def test_a_link_to_one_lead_opens_it_whatever_its_sheet(opened: Opened, report: Path) -> None:
    page = opened.goto(report, "#lead-L00240")
    lead = page.locator("[id='lead-L00240']")
    assert lead.locator("details[open]").count() == 1
    assert "Latest activities" in lead.inner_text()
    assert "web page visits" in lead.inner_text().lower()
    assert lead.locator("summary").evaluate("element => element === document.activeElement")
    page.evaluate("location.hash = '#lead-nobody'")
    expect(page.locator("#live-said")).to_contain_text("not among")


def test_J05_and_J06_what_is_carried_away_is_what_is_shown_and_no_cell_is_a_formula(
    opened: Opened, report: Path, tmp_path: Path
) -> None:
    page = opened.goto(report)
    page.locator("[data-filter=grade]").select_option("A")
    n_shown = int(re.findall(r"of (\d+) leads", info(page))[0])
    files = {}
    for name, button in (("leads.csv", "Download CSV"), ("leads.xlsx", "Download Excel")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button).click()
        files[name] = tmp_path / name
        waiting.value.save_as(files[name])
    text = files["leads.csv"].read_text(encoding="utf-8-sig")
    table = [row for row in csv.reader(io.StringIO(text)) if row]
    assert len(table) == n_shown + 1
    assert table[0][:3] == ["Rank", "Lead", "Grade"]
    assert "'" + FORMULA_ID in [row[1] for row in table]
    assert not [cell for row in table for cell in row if cell[:1] in tuple("=+-@\t")]
    sheet = openpyxl.load_workbook(files["leads.xlsx"]).active
    assert sheet.max_row == n_shown + 1
    assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert sheet["A2"].data_type == "n"


def test_J05_planted_without_the_apostrophe_a_formula_would_leave(opened: Opened, report: Path, tmp_path: Path) -> None:
    page = opened.goto(report)
    left = page.evaluate("DataTable.Buttons.stripData('=1+1', {})")
    assert left.startswith("=")  # the library left to itself: so the page must see to it


def test_columns_are_chosen(opened: Opened, report: Path) -> None:
    page = opened.goto(report)
    assert not page.locator("#leads thead th", has_text="Industry").is_visible()
    page.get_by_role("button", name="Columns").click()
    page.locator(".dt-button-collection .dt-button", has_text="Industry").click()
    assert page.locator("#leads thead th", has_text="Industry").is_visible()
    assert "Software" in page.locator("#leads tbody tr").first.inner_text()


def test_L10_everything_is_reached_by_keyboard_and_what_has_the_focus_is_seen(opened: Opened, report: Path) -> None:
    opened.page.emulate_media(reduced_motion="reduce")  # else the page is still gliding when it is asked
    page = opened.goto(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    met, hidden = set(), []
    for _ in range(75):
        page.keyboard.press("Tab")
        what = page.evaluate(FOCUSED)
        met.add(what[0])
        hidden += [] if what[1] else [what[0]]
    assert {"calls", "calls-only", "grade", "channel", "stage", "from", "es"} <= met
    assert any(name.startswith("SUMMARY") for name in met)
    assert hidden == []


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_L10_and_L16_nothing_overflows_at_any_width(opened: Opened, report: Path, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 900})
    page = opened.goto(report)
    assert LONG_ID[:20] in page.locator("#leads").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_L10_without_scripts_the_list_is_there_sorted_paged_with_all_reasons(browser: Any, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("#static table.leads:visible tbody tr.lead").count() == 25
    assert page.locator("#live").is_hidden()
    page.locator("#static .sheet > summary").nth(1).click()
    visible = page.locator("#static table.leads:visible tbody tr.lead")
    assert visible.count() == 15
    assert visible.first.locator("th").inner_text().startswith("L00026")
    visible.first.locator("details.more summary").click()
    assert "All 8 reasons" in visible.first.inner_text()
    assert "Without scripts this page shows the first 40 leads" in page.locator("#static").inner_text()
    assert page.locator("#calling table").is_visible()
    assert page.get_by_role("link", name="Español").get_attribute("href") == "report.es.html"
    context.close()
