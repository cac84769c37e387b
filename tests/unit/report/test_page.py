"""The page is read as a browser reads it: parsed, its text compared, its tags counted."""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from predictive_scoring.config.report import Report
from predictive_scoring.errors import (
    ConfigurationError,
    DataContractError,
    PredictiveScoringError,
    SourceUnreachableError,
)
from predictive_scoring.explain.reasons import REASON
from predictive_scoring.explain.texts import Texts
from predictive_scoring.report.drawing import checked
from predictive_scoring.report.figures import concept_figure
from predictive_scoring.report.page import environment, render, write_page
from predictive_scoring.report.wording import LOCALE
from predictive_scoring.storage import sha256_of, write_json, write_parquet

AS_OF = datetime(2025, 4, 1, tzinfo=UTC)
EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "</script><script>alert(1)//",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ config }} {% for x in y %} {0.__class__} %(x)s",
    "</style><style>*{display:none}",
    "<!--",
    "\u202eevil\u2028line",
]


def reason(points: float, text: str = "Visited the pricing page", value: str = "3") -> dict[str, Any]:
    return {
        "code": "R001", "concept": "c", "group": "engagement", "points": points, "value": value,
        "text_en": text, "text_es": text,
    }  # fmt: skip


def lead(rank: int, **also: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "lead_id": f"L{rank}", "rank": rank, "probability": 0.3 / rank, "probability_low": 0.2 / rank,
        "probability_high": 0.4 / rank, "score": max(100 - rank, 1), "grade": "A" if rank < 3 else "D", "fit": 70,
        "engagement": 40, "base_probability": 0.04, "reasons": [reason(0.3 / rank - 0.03), reason(-0.01)],
        "model_version": "v3",
    }  # fmt: skip
    return row | also


def about(**also: Any) -> dict[str, Any]:
    grades = [
        {"grade": "A", "n": 200, "converted": 62, "rate": 0.31, "low": 0.25, "high": 0.38},
        {"grade": "D", "n": 12, "converted": 0, "rate": 0.0, "low": 0.0, "high": 0.2},
    ]
    quality = {
        "window_from": "2024-06-03", "window_until": "2024-09-02", "n_leads": 1500, "base_rate": 0.04, "auc": 0.781,
        "lift": 3.4, "lift_share": 0.1, "caught": 0.34, "by_grade": grades,
        "findings": [{"en": "One finding.", "es": "Un hallazgo."}],
    }  # fmt: skip
    facts: dict[str, Any] = {
        "target": "won", "stage": "won", "stage_word": {"en": "won", "es": "ganado"}, "horizon_days": 90,
        "source_name": "acme", "source_description": "A made-up export.", "licence": "internal", "simulated": True,
        "model_version": "v3", "trained_until": "2024-03-01T00:00:00Z", "as_of": AS_OF.isoformat(),
        "observed_until": AS_OF.isoformat(), "interval_level": 0.9, "grades": {"A": 0.1, "B": 0.05, "C": 0.02},
        "quarantined": 7, "evaluation": quality,
        "concepts": [{"name": "c", "group": "fit", "word": {"en": "size", "es": "tamaño"}, "mean_abs_points": 0.012}],
    }  # fmt: skip
    return facts | also


Folder = Callable[..., Path]


def without_scripts(html: str) -> str:
    """Return the page as a reader without scripts has it; the libraries' code is full of words that look like tags."""
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def make(leads: list[dict[str, Any]], facts: dict[str, Any] | None = None, name: str = "scores") -> Path:
        target = tmp_path / name
        target.mkdir(exist_ok=True)
        names = list(lead(1))
        types = {"reasons": pa.list_(REASON)} | dict.fromkeys(("lead_id", "grade", "model_version"), pa.string())
        numbers = {"rank", "score", "fit", "engagement"}
        schema = pa.schema([(n, types.get(n, pa.int64() if n in numbers else pa.float64())) for n in names])
        write_parquet(target / "scores.parquet", pa.Table.from_pylist(leads, schema=schema))
        not_scored = {"reason": ["opt_out", "opt_out", "already_converted"]}
        write_parquet(target / "not_scored.parquet", pa.table(not_scored))
        write_json(target / "about.json", facts or about())
        sealed = {"scores.parquet": {"sha256": sha256_of(target / "scores.parquet")}}
        write_json(target / "manifest.json", {"files": sealed})
        return target

    return make


class Seen(HTMLParser):
    """Tags, attributes and text, as a parser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self._hidden += tag in ("style", "svg", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "svg", "script")

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else data + "\n"


def test_the_page_tells_what_it_is_how_good_and_whom_to_call(folder: Folder) -> None:
    text = " ".join(Seen(render(folder([lead(r) for r in range(1, 5)]), "en")).text.split())
    assert "4 open leads, ranked by their chance of “won” within 90 days" in text
    assert "Scored as of April 1, 2025" in text
    assert "The model learned from history up to March 1, 2024 and was checked on later leads" in text
    assert "Simulated data" in text
    assert "about 31 in 100 25 to 38 in 100" in text
    assert "about 30 in 100" in text
    assert "asked not to be contacted 2" in text
    assert "already converted 1" in text
    assert "rows that could not be read, set aside 7" in text
    assert "They do not prove cause" in text
    assert "+27.0" in text
    assert "−1.0" in text


def test_L02_both_languages_state_the_same_numbers(folder: Folder) -> None:
    scores = folder([lead(r) for r in range(1, 30)])
    english, spanish = (Seen(render(scores, language)).text for language in ("en", "es"))

    def numbers(text: str, decimal: str) -> Counter[str]:
        grouping = "," if decimal == "." else "."
        found = re.findall(r"\d[\d.,]*\d|\d", text)
        return Counter(number.replace(grouping, "").replace(decimal, ".") for number in found)

    assert numbers(english, ".") == numbers(spanish, ",")


def test_L02_the_comparison_of_numbers_would_see_another_number(folder: Folder) -> None:
    """The planted bug: a page of other leads."""
    english = Seen(render(folder([lead(1)]), "en")).text
    other = Seen(render(folder([lead(1, score=42)], name="other"), "en")).text
    assert sorted(re.findall(r"\d+", english)) != sorted(re.findall(r"\d+", other))


@pytest.mark.parametrize("language", ["en", "es"])
def test_L02_the_language_is_declared_and_no_message_id_is_left(folder: Folder, language: Any) -> None:
    html = render(folder([lead(1, reasons=[]), lead(2)]), language)
    assert f'<html lang="{language}">' in html
    seen = Seen(html)
    assert not set(Texts.packaged(LOCALE).messages["en"]) & set(re.findall(r"[a-z]+\.[a-z_]+", seen.text))
    assert not re.search(r"\{\w*\}", seen.text)


def test_L02_messages_of_the_page_are_complete_in_both_languages() -> None:
    assert Texts.packaged(LOCALE).gaps() == []


def poisoned() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    leads = [
        lead(r, lead_id=text, reasons=[reason(0.1, text, text), reason(-0.05, text, text)])
        for r, text in enumerate(EVIL, 1)
    ]
    words = [
        {"name": f"c{i}", "group": "fit", "word": {"en": text, "es": text}, "mean_abs_points": 0.01 + i / 1000}
        for i, text in enumerate(EVIL)
    ]
    text = " ".join(EVIL)
    finding = {"findings": [{"en": text, "es": text}]}
    facts = about(source_name=EVIL[0], source_description=text, licence=EVIL[2], model_version=EVIL[3], concepts=words)
    return leads, facts | {"stage_word": {"en": EVIL[1], "es": EVIL[1]}, "evaluation": facts["evaluation"] | finding}


def test_J01_and_J02_and_J04_dangerous_text_stays_text(folder: Folder) -> None:
    leads, facts = poisoned()
    contact = Report(contact=EVIL[1])
    seen = Seen(render(folder(leads, facts), "en", contact))
    benign = [lead(r, reasons=[reason(0.1), reason(-0.05)]) for r in range(1, len(EVIL) + 1)]
    words = [{"name": f"c{i}", "group": "fit", "word": {"en": f"w{i}", "es": "w"}, "mean_abs_points": 0.01 + i / 1000}
             for i in range(len(EVIL))]  # fmt: skip
    quality = about()["evaluation"] | {"findings": [{"en": "a", "es": "b"}]}
    plain = Seen(render(folder(benign, about(concepts=words, evaluation=quality), "plain"), "en", Report(contact="x")))
    assert seen.tags["script"] == plain.tags["script"]
    assert {tag for tag in seen.tags if tag not in plain.tags} == set()
    assert {tag: n for tag, n in seen.tags.items() if tag in ("img", "svg", "style", "li", "td", "bdi")} == {
        tag: n for tag, n in plain.tags.items() if tag in ("img", "svg", "style", "li", "td", "bdi")
    }
    assert seen.attributes == plain.attributes
    assert not any(name.startswith("on") for name in seen.attributes)
    assert "<script>alert(1)</script>" in seen.text
    assert "{{ config }}" in seen.text
    assert "\u202e" not in seen.text


def test_J01_without_escaping_the_check_would_fail(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: autoescape off."""
    unsafe = environment().overlay(autoescape=False)
    monkeypatch.setattr("predictive_scoring.report.page.environment", lambda: unsafe)
    leads, facts = poisoned()
    page = Seen(render(folder(leads, facts), "en"))
    assert page.tags["script"] > Seen(render(folder([lead(1)], name="plain"), "en")).tags["script"]


def test_J04_words_in_figures_are_text() -> None:
    drawn = concept_figure([{"word": text, "points": 1.0 + i} for i, text in enumerate(EVIL)], "points", "en")
    assert "<script" not in drawn.svg
    assert "&lt;script&gt;" in drawn.svg
    assert "<" not in drawn.spec


@pytest.mark.parametrize(
    "svg",
    ["<svg><script>1</script></svg>", "<svg><g onload='x()'></g></svg>", "<svg><a href='x'>y</a></svg>",
     "<svg><foreignObject></foreignObject></svg>", '<svg><rect xlink:href="#x"/></svg>'],
)  # fmt: skip
def test_J04_a_figure_with_more_than_shapes_is_refused(svg: str) -> None:
    with pytest.raises(PredictiveScoringError, match="shapes and text"):
        checked(svg)


def test_J16_the_page_asks_nothing_of_any_network(folder: Folder) -> None:
    html = render(folder([lead(1)]), "en")
    assert all(link.startswith("#") for link in Seen(html).links)
    assert "default-src 'none'" in unescape(html)
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert "@import" not in styles
    assert "url(" not in styles


def test_L01_no_leads_still_make_a_page(folder: Folder) -> None:
    assert "There are no leads to score." in Seen(render(folder([]), "en")).text
    assert "No hay leads que puntuar." in Seen(render(folder([], about(evaluation=None)), "es")).text


def test_L01_many_leads_are_cut_and_counted_and_the_page_stays_small(folder: Folder) -> None:
    many = [reason(0.02 / (k + 1), f"Sentence number {k} on what this lead did lately") for k in range(35)]
    html = render(folder([lead(r, reasons=many) for r in range(1, 5001)]), "en", Report(n_leads=5000, n_explained=200))
    assert len(html.encode()) < 5_000_000
    text = Seen(render(folder([lead(r) for r in range(1, 31)]), "en", Report(n_leads=10))).text
    assert "20 more leads are not shown here" in text


def test_L09_small_chances_are_never_none(folder: Folder) -> None:
    rows = [lead(1, probability=0.0004, probability_low=0.0001, probability_high=0.002)]
    assert "fewer than 1 in 100" in Seen(render(folder(rows), "en")).text
    sure = [lead(1, probability=0.9991, probability_low=0.99, probability_high=0.9999)]
    assert "más de 99 de cada 100" in Seen(render(folder(sure), "es")).text


def test_L05_a_lead_without_reasons_says_so(folder: Folder) -> None:
    assert "No single fact stands out." in Seen(render(folder([lead(1, reasons=[])]), "en")).text


def test_L13_a_grade_of_few_leads_has_no_rate(folder: Folder) -> None:
    text = " ".join(Seen(render(folder([lead(1)]), "en")).text.split())
    assert "D 12 0 too few to say" in text


def test_L14_chances_that_failed_the_check_are_not_shown(folder: Folder) -> None:
    facts = about()
    facts["evaluation"] = facts["evaluation"] | {"calibration_holds": False}
    html = render(folder([lead(1), lead(2)], facts), "en")
    listed = html[html.index('id="list"') : html.index('id="good"')]
    assert "this page shows the order of the leads and no chances" in listed
    assert "in 100" not in Seen(listed).text
    assert "+27.0" not in listed
    assert "conversions expected" not in html


def test_L15_the_page_says_until_when_it_holds_and_how_to_trace_it(folder: Folder) -> None:
    text = " ".join(Seen(render(folder([lead(1)]), "en", Report(contact="sales-ops@example.com"))).text.split())
    assert "Chances cover the time up to June 30, 2025 after that, ask for a new page" in text
    assert re.search(r"Run [0-9a-f]{8} · model v3 · source acme", text)
    assert "tell sales-ops@example.com" in text


def test_smaller_reasons_are_told_together_so_that_points_still_add_up(folder: Folder) -> None:
    rows = [lead(1, base_probability=0.04, probability=0.0604,
                 reasons=[reason(0.02, "big"), reason(0.0003, "small"), reason(0.0001, "tiny")])]  # fmt: skip
    text = " ".join(Seen(render(folder(rows), "en")).text.split())
    assert "2 smaller reasons together ±0.0" in text
    assert "tiny" not in text
    assert "All 3 reasons" in text


def test_L10_tables_have_captions_and_headers_and_links_have_targets(folder: Folder) -> None:
    html = without_scripts(render(folder([lead(1)]), "en"))
    assert html.count("<table") == len(re.findall(r"<caption[ >]", html))
    assert all(re.search(r"scope=", tag) for tag in re.findall(r"<th[ >][^>]*", html))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in Seen(html).links} <= set(ids)
    assert re.findall(r"<h([1-6])", html)[:2] == ["1", "2"]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_L12_colours_have_the_contrast_of_wcag_aa_in_every_scheme(folder: Folder) -> None:
    html = render(folder([lead(1)]), "en")
    schemes = re.findall(r":root \{([^}]*)\}", html)
    assert len(schemes) == 3
    for scheme in schemes:
        c = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", scheme))
        text = [("ink", "ground"), ("ink", "card"), ("soft", "ground"), ("soft", "card"), ("accent", "ground"),
                ("accent", "card"), ("up", "card"), ("down", "card"), ("warn-ink", "warn-ground"), ("card", "a"),
                ("ink", "c"), ("ink", "d")]  # fmt: skip
        for front, back in text:
            assert contrast(c[front], c[back]) >= 4.5, (front, back, scheme)
        assert contrast("#ffffff", c["b"]) >= 4.5
        assert contrast(c.get("range", "#8a8f98"), c["card"]) >= 3
    for ground in ("#ffffff", "#1a2027"):
        assert contrast("#2f7d95", ground) >= 3


def test_a_folder_without_its_manifest_is_not_whole(folder: Folder) -> None:
    scores = folder([lead(1)])
    (scores / "manifest.json").unlink()
    with pytest.raises(SourceUnreachableError, match=r"manifest\.json"):
        render(scores, "en")


def test_an_about_of_another_version_is_refused_by_field(folder: Folder) -> None:
    scores = folder([lead(1)])
    facts = json.loads((scores / "about.json").read_text())
    write_json(scores / "about.json", facts | {"colour": "red", "interval_level": 7})
    with pytest.raises(DataContractError, match="colour"):
        render(scores, "en")


def test_L03_numbers_are_written_as_the_language_writes_them(folder: Folder) -> None:
    scores = folder([lead(r) for r in range(1, 1235)])
    assert "1.234 leads (clientes potenciales)" in Seen(render(scores, "es")).text
    assert "1,234 open leads" in Seen(render(scores, "en")).text
    assert "10\u00a0%" in Seen(render(scores, "es")).text


def test_L03_a_page_is_written_for_the_region_that_its_scores_are_told_in(folder: Folder) -> None:
    scores = folder([lead(r) for r in range(1, 1235)], about(regions={"es": "es-MX"}))
    page = render(scores, "es")
    assert '<html lang="es-MX">' in page
    text = Seen(page).text
    assert "1,234 leads (clientes potenciales)" in text
    assert "10%" in text
    assert "1,234 open leads" in Seen(render(scores, "en")).text
    assert render(scores, "es-MX") == page


def test_L03_a_region_that_the_scores_are_not_told_in_is_refused(folder: Folder) -> None:
    with pytest.raises(ConfigurationError, match="told for 'es', not for 'es-MX'"):
        render(folder([lead(1)]), "es-MX")
    assert '<html lang="es">' in render(folder([lead(1)]), "es-ES")


def test_a_horizon_of_one_day_is_told_in_the_singular(folder: Folder) -> None:
    scores = folder([lead(1)], about(horizon_days=1))
    for language, said, wrong in (("en", "within 1 day", "1 days"), ("es", "en 1 día", "1 días")):
        text = " ".join(Seen(render(scores, language)).text.split())
        assert said in text
        assert wrong not in text


def test_a_flat_source_is_said_to_be_one(folder: Folder) -> None:
    text = Seen(render(folder([lead(1)], about(flat=True, as_of=None, trained_until=None)), "en")).text
    assert "no history of activities: each lead was looked at once" in " ".join(text.split())
    assert "Chance within" not in text


def test_the_page_is_written_as_it_is_rendered(folder: Folder, tmp_path: Path) -> None:
    scores = folder([lead(1)])
    write_page(scores, "es", tmp_path / "out" / "page.html", Report(n_leads=1))
    assert (tmp_path / "out" / "page.html").read_text(encoding="utf-8") == render(scores, "es", Report(n_leads=1))


def test_a_lead_that_is_looked_at_often_is_not_counted_as_many_leads(folder: Folder) -> None:
    facts = about()
    often = [{"grade": "A", "n": 2000, "converted": 400, "rate": 0.2, "low": 0.17, "high": 0.24}]
    facts["evaluation"] = facts["evaluation"] | {"by_grade": often}
    text = " ".join(Seen(render(folder([lead(1)], facts), "en")).text.split())
    assert "Checked on 1,500 leads" in text
    assert "of 2,000 looks, about 4 in 100 were followed by a conversion within 90 days" in text
    assert "Grade Looks Converted" in text
    once = " ".join(Seen(render(folder([lead(1)]), "en")).text.split())
    assert "Of all of them, about 4 in 100 converted." in once
    assert "Grade Leads Converted" in once


def test_a_model_that_learned_from_the_time_of_its_check_is_not_said_to_be_checked_later(folder: Folder) -> None:
    """The planted bug: training that reaches into the window of the check."""
    facts = about(trained_until="2024-08-01T00:00:00Z")
    assert "checked on later leads" not in Seen(render(folder([lead(1)], facts), "en")).text


def test_marketing_stages_are_explained_only_where_they_occur(folder: Folder) -> None:
    assert "MQL" not in Seen(render(folder([lead(1)]), "en")).text
    weight = {"name": "stage_mql", "group": "timing", "word": {"en": "m", "es": "m"}, "mean_abs_points": 0.01}
    assert "MQL, SQL" in Seen(render(folder([lead(1)], about(concepts=[weight])), "en")).text


def test_findings_are_whole_sentences_and_not_cut(folder: Folder) -> None:
    facts = about()
    long = "the base rate drifts: " + ", ".join(["4.8 % in training"] * 8)
    facts["evaluation"] = facts["evaluation"] | {"findings": [{"en": long, "es": long}]}
    text = Seen(render(folder([lead(1)], facts), "en")).text
    assert "T" + long[1:] + "." in text


def test_a_range_from_none_is_said_as_up_to(folder: Folder) -> None:
    rows = [lead(1, probability=0.012, probability_low=0.001, probability_high=0.03)]
    assert "likely up to 3 in 100" in Seen(render(folder(rows), "en")).text


def test_L10_parts_of_a_drawing_are_not_announced_one_by_one(folder: Folder) -> None:
    html = without_scripts(render(folder([lead(1)]), "en"))
    assert html.count("<svg") == 3
    assert "graphics-symbol" not in html
    assert "aria-roledescription" not in html


def test_L11_printed_by_default_are_the_reasons_at_a_glance_and_what_was_opened(folder: Folder) -> None:
    html = render(folder([lead(1)]), "en")
    printed = html[html.index("@media print") :]
    assert ".more:not([open]), .driver:not([open]) { display: none; }" in printed
    assert ".sides { display: block; }" in printed


def test_engagement_is_shown_only_where_something_is_known_of_what_leads_did(folder: Folder) -> None:
    assert "Engagement" not in Seen(render(folder([lead(1)]), "en")).text
    weight = {"name": "page_view", "group": "engagement", "word": {"en": "v", "es": "v"}, "mean_abs_points": 0.01}
    assert "Engagement 40" in Seen(render(folder([lead(1)], about(concepts=[weight])), "en")).text


def test_a_chance_is_drawn_where_it_lies_between_none_and_all(folder: Folder) -> None:
    html = render(folder([lead(1, probability=0.5, probability_low=0.46, probability_high=0.54)]), "en")
    assert 'style="left:46.0%;width:8.0%"' in html
    assert '<b style="left:50.0%">' in html


def test_J03_an_address_in_a_value_is_text_and_never_a_link(folder: Folder) -> None:
    rows = [lead(1, lead_id="javascript:alert(1)", reasons=[reason(0.1, "data:text/html,x https://example.com")])]
    seen = Seen(without_scripts(render(folder(rows), "en")))
    assert "javascript:alert(1)" in seen.text
    assert all(link.startswith("#") for link in seen.links)


def test_J07_templates_in_values_are_literal(folder: Folder) -> None:
    template = "{{ config }} {% for x in y %} {0.__class__} %(x)s {number}"
    assert template in Seen(render(folder([lead(1, reasons=[reason(0.1, template)])]), "en")).text


def test_J12_an_id_that_looks_like_a_path_is_an_anchor_and_nothing_else(folder: Folder, tmp_path: Path) -> None:
    ids = ["../../x", "CON", "a/b c", "x" * 300]
    before = sorted(tmp_path.rglob("*"))
    html = without_scripts(render(folder([lead(rank, lead_id=name) for rank, name in enumerate(ids, 1)]), "en"))
    assert 'id="lead-..%2F..%2Fx"' in html
    assert 'id="lead-a%2Fb%20c"' in html
    assert {path.name for path in set(tmp_path.rglob("*")) - set(before)} <= {
        "scores", "scores.parquet", "not_scored.parquet", "about.json", "manifest.json"
    }  # fmt: skip


def test_L16_long_names_are_cut_and_other_scripts_kept(folder: Folder) -> None:
    names = ["株式会社 🏭", "x" * 500]
    text = Seen(render(folder([lead(rank, lead_id=name) for rank, name in enumerate(names, 1)]), "en")).text
    assert "株式会社 🏭" in text
    assert "x" * 80 not in text
