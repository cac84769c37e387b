"""`explain` speaks the language it is asked for, from its headings to the signs in its figures."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from predictive_scoring.cli.explaining import LOCALE, trace_lines
from predictive_scoring.config.regions import Tag
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.texts import Texts
from predictive_scoring.scoring.basis import sentence
from predictive_scoring.scoring.trace import WHY_NOT, Step, Trace

AT = datetime(2025, 4, 1, tzinfo=UTC)
# what both languages write alike
ALIKE = {"points.log_odds"}


def reason(points: float, **past: Any) -> dict[str, Any]:
    told = {"n": 1234, "rate": 0.052, "low": 0.04, "high": 0.07, "agrees": True}
    return {
        "concept": f"c{points}",
        "points": points,
        "code": "R001",
        "text_en": "@fact",
        "text_es": "@dato",
        **told,
    } | past


def whole() -> Trace:
    """Return a trace that says everything `explain` can say of an open lead."""
    rows = [{"occurred_at": AT, "kind": "@kind", "topic": None, "direction": way} for way in ("inbound", "outbound")]
    reasons = [reason(0.2), reason(-0.1, agrees=False), reason(0.05, agrees=None), reason(0.01, rate=None)]
    scored = {
        "base_probability": 0.1, "probability": 0.26, "probability_low": 0.1, "probability_high": 0.3, "grade": "A",
        "score": 9, "fit": 9, "engagement": 9, "reasons": reasons,
        "expected_value": 12.3, "expected_amount": 1234.56, "amount_basis": "known",
    }  # fmt: skip
    return Trace(
        "@1", AT, "open", rows, {"@f": 1234.5, "@g": None}, scored, n_activities=12_345,
        steps=(Step("c0.2", 0.5, 0.2),), possible=(reason(0.03),), change=reason(0.0),
        value_rests_on=sentence("known", ()),
    )  # fmt: skip


def said(found: Trace, tag: Tag) -> str:
    return "\n".join(trace_lines(found, tag, width=220))


def test_L02_explain_has_every_word_in_both_languages_and_none_is_english_in_spanish() -> None:
    texts = Texts.packaged(LOCALE)
    same = [key for key, forms in texts.messages["en"].items() if texts.messages["es"][key] == forms]
    assert set(same) <= ALIKE
    english, spanish = (set(re.findall(r"[a-zé]{4,}", said(whole(), tag).lower())) for tag in ("en", "es"))
    data = {"fact", "dato", "kind", "lead", "odds", "leads", "base"}
    assert not (english & spanish) - data


def test_L02_planted_a_word_without_spanish_is_refused(tmp_path: Path) -> None:
    copytree(LOCALE, tmp_path / "locale")
    catalogue = tmp_path / "locale" / "es" / "explain.po"
    catalogue.write_text(catalogue.read_text("utf-8").replace('msgstr "suma"', 'msgstr ""'), "utf-8")
    with pytest.raises(ConfigurationError, match=r"points\.sum is not translated"):
        Texts.packaged(tmp_path / "locale")


@pytest.mark.parametrize(
    ("tag", "count", "points", "rate"),
    [
        ("en", "12,345", "+0.2000", "5.2% of 1,234"),
        ("es", "12.345", "+0,2000", "el 5,2\u00a0% de 1.234"),
        ("es-MX", "12,345", "+0.2000", "el 5.2% de 1,234"),
    ],
)
def test_L02_figures_follow_the_region(tag: Tag, count: str, points: str, rate: str) -> None:
    text = said(whole(), tag)
    assert count in text
    assert points in text
    assert rate in text
    assert f"{count.replace('12', '1').replace('345', '234')}{'.' if points[2] == '.' else ','}56" in text  # its own


@pytest.mark.parametrize("status", sorted(WHY_NOT))
def test_L02_why_a_lead_has_no_score_is_told_in_spanish(status: str) -> None:
    found = replace(whole(), status=f"not scored: {status}", scored=None, why_not=WHY_NOT[status])
    text = said(found, "es")
    assert "Este lead no tiene probabilidad ni motivos: " in text
    assert WHY_NOT[status] not in text
    assert WHY_NOT[status] in said(found, "en")
