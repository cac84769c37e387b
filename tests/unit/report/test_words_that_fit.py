"""What a reader sees fits: a range holds its rate, nothing is said twice, figures are written as the language does."""

from pathlib import Path

import pytest

from predictive_scoring.contract.words import Language
from predictive_scoring.explain.texts import Texts
from predictive_scoring.report.leads import evidence_said
from predictive_scoring.report.wording import LOCALE, Wording


@pytest.fixture
def spoken() -> dict[Language, Wording]:
    texts = Texts.packaged(LOCALE)
    return {language: Wording(texts, language, 100) for language in ("en", "es")}


def test_a_rate_below_one_in_a_hundred_lies_in_the_range_said_beside_it(spoken: dict[Language, Wording]) -> None:
    assert spoken["en"].chance(0.0091) == "fewer than 1 in 100"
    assert spoken["en"].chances(0.0056, 0.0163) == "up to 2 in 100"  # not "1 to 2"
    assert spoken["es"].chances(0.0056, 0.0163) == "hasta 2 de cada 100"
    assert spoken["en"].chances(0.0112, 0.0163) == "1 to 2 in 100"


def test_a_range_that_rounds_to_the_rate_is_not_said_again(spoken: dict[Language, Wording]) -> None:
    said = evidence_said(5210, (0.0203, 0.0165, 0.0248), spoken["en"])
    assert said == "Of 5,210 leads like this in the past, about 2 in 100 converted."
    assert "(likely 2 to 3 in 100)" in evidence_said(5210, (0.0203, 0.0165, 0.0258), spoken["en"])
    assert "probablemente" not in evidence_said(5210, (0.0203, 0.0165, 0.0248), spoken["es"])


def test_a_very_small_number_has_the_language_s_decimal_sign(spoken: dict[Language, Wording]) -> None:
    assert (spoken["en"].tiny(2.21e-16), spoken["es"].tiny(2.21e-16)) == ("2.2e-16", "2,2e-16")


def test_print_hides_how_leads_went_at_a_glance_and_keeps_the_grid_s_ground() -> None:
    style = (Path(LOCALE).parent / "templates" / "print.css").read_text(encoding="utf-8")
    assert ".sides .reasons .past { display: none; }" in style
    assert ".grid td" in next(line for line in style.splitlines() if "print-color-adjust" in line)


def test_nothing_expected_is_said_as_nothing_and_apostrophes_are_of_one_kind(spoken: dict[Language, Wording]) -> None:
    assert [spoken["es"].count(each) for each in (1e-12, 0.5, 3.84, 84.2)] == ["0", "0,5", "3,8", "84"]
    forms = [form for forms in Texts.packaged(LOCALE).messages["en"].values() for form in forms]
    assert any("’" in form for form in forms)
    assert [form for form in forms if "'" in form] == []
