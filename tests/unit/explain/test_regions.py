"""Spanish and English as they are written where they are read, and what Spanish changes around a value."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from predictive_scoring.config.regions import Tag, locale_of, regions_of
from predictive_scoring.config.score import Score
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.contract.words import LANGUAGES, Word, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.spanish import after_number, before_value, listed
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.features.naming import plain_word
from predictive_scoring.report.wording import LOCALE, Wording

SOURCES = Path(__file__).parents[3] / "data" / "sources"
PACKAGED = {"explain": Texts.packaged(), "report": Texts.packaged(LOCALE)}


def speaker(tag: Tag) -> tuple[Speaker, str]:
    texts = PACKAGED["explain"].told_in(regions_of([tag]))
    return Speaker(texts, Words()), tag[:2]


@pytest.mark.parametrize(
    ("tag", "number", "chance"),
    [
        ("en", "1,234.5", "30%"),
        ("es", "1.234,5", "30\N{NO-BREAK SPACE}%"),
        ("es-ES", "1.234,5", "30\N{NO-BREAK SPACE}%"),
        ("es-MX", "1,234.5", "30%"),
        ("es-AR", "1.234,5", "30%"),
    ],
)
def test_L03_each_region_writes_numbers_its_own_way_in_sentences_and_on_the_page(
    tag: Tag, number: str, chance: str
) -> None:
    said, language = speaker(tag)
    assert said.number(language, 1234.5) == number  # type: ignore[arg-type]
    assert said.chance(language, 0.3) == chance  # type: ignore[arg-type]
    page = Wording(PACKAGED["report"].told_in(regions_of([tag])), language, 100)  # type: ignore[arg-type]
    assert page.number(1234.5, 1) == number
    assert page.percent(0.3) == chance


def test_L03_in_latin_america_a_lead_is_calificado_and_in_spain_cualificado() -> None:
    said = {tag: PACKAGED["explain"].told_in(regions_of([tag])).say("es", "stage.mql.reached") for tag in TAGS_ES}
    assert said["es"] == said["es-ES"] == "Cualificado por marketing (MQL)"
    assert {said[tag] for tag in TAGS_ES if tag not in {"es", "es-ES"}} == {"Calificado por marketing (MQL)"}


TAGS_ES = [tag for tag in get_args(Tag) if tag.startswith("es")]


@pytest.mark.parametrize("package", PACKAGED)
def test_L03_no_word_of_spain_alone_is_left_for_mexico(package: str) -> None:
    texts = PACKAGED[package].told_in({"es": "es-MX"})
    assert not [key for key, forms in texts.messages["es"].items() if re.search("cualific", " ".join(forms), re.I)]
    planted = texts.model_copy(update={"messages": PACKAGED[package].messages}).messages["es"]
    assert [forms for forms in planted.values() if re.search("cualific", " ".join(forms), re.I)]


def test_L03_a_variant_with_another_placeholder_is_refused(tmp_path: Path) -> None:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    for folder, line in (("en", "{n} leads"), ("es", "{n} leads"), ("es_419", "{m} leads")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.po").write_text(f'{header}msgid "a"\nmsgstr "{line}"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="es_419: a has other placeholders"):
        Texts.packaged(tmp_path)


def test_a_language_may_be_asked_for_once_whatever_its_region() -> None:
    assert Score(languages=("en", "es-MX")).languages == ("en", "es-MX")
    with pytest.raises(ValidationError, match="given twice"):
        Score(languages=("es", "es-MX"))


def test_a_bundle_carries_words_of_every_region_and_no_choice_of_one() -> None:
    told = PACKAGED["explain"].told_in({"es": "es-MX"})
    again = Texts.from_json(told.to_json())
    assert again.regions == {}
    assert set(again.variants) == {"es_419"}
    assert locale_of("es-MX") == told.locale("es") == "es_MX"
    assert again.locale("es") == "es_ES"


@pytest.mark.parametrize(
    ("before", "value", "said"),
    [
        (" y ", "industria", " e industria"),
        (" y ", "Hijos", " e Hijos"),
        (" y ", "«ingresos»", " e «ingresos»"),
        (" y ", "hierro", " y hierro"),
        (" y ", "yogur", " y yogur"),
        (" o ", "8", " u 8"),
        (" o ", "80", " u 80"),
        (" o ", "11", " u 11"),
        (" o ", "11.000", " u 11.000"),
        (" o ", "110", " o 110"),
        (" o ", "18", " o 18"),
        (" o ", "otro", " u otro"),
        (" o ", "hotel", " u hotel"),
        ("hay ", "ingresos", "hay ingresos"),
        ("como ", "otro", "como otro"),
    ],
)
def test_L08_and_and_or_give_way_to_the_vowel_that_follows(before: str, value: str, said: str) -> None:
    assert before_value(before, value) + value == said


def test_L08_a_message_says_e_and_u_and_a_million_of_leads() -> None:
    messages = {"pair": ("{a} y {b}",), "or": ("{a} o {b}",), "leads": ("{number} lead", "{number} leads")}
    texts = Texts(plurals={"en": "(n != 1)", "es": "(n != 1)"}, messages={"en": messages, "es": messages})
    assert texts.say("es", "pair", a="correos", b="ingresos") == "correos e ingresos"
    assert texts.say("es", "or", a="7", b="8") == "7 u 8"
    assert texts.say("en", "pair", a="this", b="it") == "this y it"
    assert texts.say("es", "leads", n=1_000_000, number="1.000.000") == "1.000.000 de leads"
    assert texts.say("es", "leads", n=1_000_001, number="1.000.001") == "1.000.001 leads"
    assert [texts.say("es", "leads", n=n, number=str(n)) for n in (0, 1, 2)] == ["0 leads", "1 lead", "2 leads"]
    assert listed(["a", "b", "ideas"]) == "a, b e ideas"
    assert after_number(3_000_000, " o más") == " o más"


@pytest.mark.parametrize("package", PACKAGED)
def test_L08_no_message_joins_like_vowels(package: str) -> None:
    joined = re.compile(r"\b(?:y (?:i|hi(?![aeo]))|o (?:o|ho))\w*", re.IGNORECASE)
    assert joined.search("subida y ida")
    found = {key: forms for key, forms in PACKAGED[package].messages["es"].items() if joined.search(" ".join(forms))}
    assert found == {}


def test_L07_every_source_that_ships_has_a_word_in_both_languages_for_all_that_a_reason_may_name() -> None:
    missing = {path.name: found for path in sorted(SOURCES.rglob("*.yaml")) if (found := unnamed(path))}
    assert missing == {}


def test_L07_planted_a_name_without_a_word_is_found(tmp_path: Path) -> None:
    text = (SOURCES / "demo.yaml").read_text(encoding="utf-8")
    spoilt = tmp_path / "demo.yaml"
    spoilt.write_text(text.replace("    industry: {en: industry, es: sector}\n", ""), encoding="utf-8")
    assert unnamed(spoilt) == ["industry"]


def unnamed(path: Path) -> list[str]:
    """Return the attributes and stages of a source file for which it has no words."""
    if ".params." in path.name or path.name == "template.yaml":
        return []
    source = load_source(path)
    names: list[str] = []
    for tables in source.tables.given.values():
        for table in tables:
            learned = {header for header, given in table.attributes.items() if given.known != "at_export"}
            names += [name for header, name in table.attribute_names.items() if header in learned]
    return sorted(set(names) - set(source.words.attributes))


def test_L07_at_run_time_a_name_that_is_a_code_gets_a_neutral_label() -> None:
    assert plain_word("f_17", {}).en == "detail “f 17”"
    assert plain_word("f_17", {}).es == "dato «f 17»"
    assert [plain_word(name, {}).en for name in ("job_level", "q4_budget", "行业")] == [
        "job level",
        "q4 budget",
        "行业",
    ]
    assert plain_word("f_17", {"f_17": Word(en="size", es="tamaño")}).es == "tamaño"


def test_texts_of_an_older_model_gain_the_sentences_it_never_knew_and_keep_their_own() -> None:
    """A bundle carries its texts; code that came after it may ask for a message that it does not have."""
    whole = Texts.packaged()
    old = whole.model_copy(
        update={
            "messages": {
                language: {key: ("as it was said",) if key == "answers.none" else forms
                           for key, forms in messages.items() if not key.startswith("followed.")}
                for language, messages in whole.messages.items()
            },
            "variants": {},
        }
    )  # fmt: skip
    with pytest.raises(KeyError):
        old.say("es", "followed.nothing", when="ayer")
    new = old.completed(whole)
    for language in LANGUAGES:
        assert new.say(language, "followed.nothing", when="-") == whole.say(language, "followed.nothing", when="-")
        assert new.say(language, "answers.none") == "as it was said"
    assert not any(set(each) & set(old.messages["en"]) for each in new.variants.values())
