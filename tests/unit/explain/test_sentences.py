from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from explained_world import AdditiveModel, catalogue, rows, word
from predictive_scoring.contract.words import LANGUAGES, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.explain.explanation import explain
from predictive_scoring.explain.reasons import REASON, reasons
from predictive_scoring.explain.reference import fit_reference
from predictive_scoring.explain.sentences import sentences
from predictive_scoring.explain.speaker import Speaker
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible
from predictive_scoring.features.definition import Catalogue, Concept, Feature

TEXTS = Texts.packaged()
CATALOGUE = catalogue()


def told(concept: str, **features: object) -> tuple[str | None, str, str]:
    """Return value, English and Spanish of one lead's concept; features not given are missing."""
    row = {f.name: features.get(f.name, None if f.type == "category" else np.nan) for f in CATALOGUE.features}
    place = [c.name for c in CATALOGUE.concepts].index(concept)
    levels = {"industry": ["retail", "software"]}
    said = sentences(CATALOGUE, pd.DataFrame([row]), Speaker(TEXTS, CATALOGUE.words, levels))[place]
    code = int(said.codes[0])
    return said.values[code], said.told("en")[code], said.told("es")[code]


def pricing(in_7: float, in_30: float, in_90: float, last: float) -> tuple[str | None, str, str]:
    name = "pricing_page_view"
    counts = {f"{name}__count__7d": in_7, f"{name}__count__30d": in_30, f"{name}__count__90d": in_90}
    return told(name, **counts, **{f"{name}__days_since_last": last})


def test_visits_are_counted_over_the_last_30_days_with_the_last_one() -> None:
    assert pricing(1, 3, 5, 4.2) == (
        "3",
        "Visited the pricing page 3 times in the last 30 days, most recently 4 days ago",
        "Visitó la página de precios 3 veces en los últimos 30 días; la última vez, hace 4 días",
    )


def test_older_visits_are_counted_over_the_longest_window() -> None:
    assert pricing(0, 0, 1, 55)[1] == "Visited the pricing page once in the last 90 days (55 days ago)"


def test_no_visits_lately_and_never_are_told_apart() -> None:
    lately = pricing(0, 0, 0, 130)[1]
    assert lately == "Has not visited the pricing page in the last 90 days; the last time was about 4 months ago"
    assert pricing(0, 0, 0, np.nan) == (
        "0",
        "Has not visited the pricing page so far",
        "No ha visitado la página de precios hasta ahora",
    )


def test_l08_one_visit_and_a_million_have_their_plural() -> None:
    assert (
        pricing(1, 1, 1, 0.1)[2] == "Visitó la página de precios una vez en los últimos 30 días (hace menos de un día)"
    )
    assert "about 1,200,000 times" in pricing(0, 1_234_567, 1_234_567, 1)[1]
    assert "cerca de 1.200.000 veces" in pricing(0, 1_234_567, 1_234_567, 1)[2]


def test_a_kind_of_the_users_own_is_said_with_the_dictionarys_word() -> None:
    name = "call after offer"
    value, en, es = told(name, **{f"{name}__count__30d": 3.0, f"{name}__count__90d": 3.0})
    assert value == "3"
    assert en == "Call after offer: 3 in the last 30 days"
    assert es == "Llamada tras la oferta: 3 en los últimos 30 días"


def test_l06_a_missing_value_is_a_reason_of_its_own() -> None:
    assert told("employees") == (
        None,
        "Company size: not known yet",
        "Tamaño de la empresa: todavía no se sabe",
    )
    assert told("industry")[1] == "Industry: not known yet"


@pytest.mark.parametrize(
    ("employees", "band"),
    [(1, "1"), (2, "2–9"), (199, "50–199"), (200, "200–499"), (1500, "1,000–4,999"), (10_000, "10,000 or more")],
)
def test_company_size_is_said_as_a_band(employees: float, band: str) -> None:
    assert told("employees", employees=employees)[1] == f"Company size: {band}"


def test_values_are_translated_only_by_the_dictionary() -> None:
    assert told("industry", industry="retail")[1:] == ("Industry: retail", "Sector: comercio")
    assert told("industry", industry="software")[1:] == ("Industry: software", "Sector: software")


def test_d06_a_value_that_the_model_does_not_know_is_said_to_be_new() -> None:
    value, en, es = told("industry", industry="fishing")
    assert (value, en) == ("fishing", "Industry: fishing (new to the model, or rare)")
    assert es.endswith("(valor nuevo para el modelo, o poco frecuente)")


def test_a_stage_is_reached_or_not_yet() -> None:
    assert told("stage_mql", stage_mql__days_since=12.5)[1:] == (
        "Qualified by marketing (MQL) 12 days ago",
        "Cualificado por marketing (MQL) hace 12 días",
    )
    assert told("stage_mql")[1:] == (
        "Not qualified by marketing (MQL) yet",
        "Todavía sin cualificar por marketing (MQL)",
    )


@pytest.mark.parametrize("value", ["{number}", "{0.__class__}", "%(x)s", "{{ config }}", "100 %", "<b>x</b>"])
def test_j07_templates_in_values_stay_text(value: str) -> None:
    assert value in told("channel", channel=value)[1]


def test_j08_marks_that_turn_text_around_are_shown() -> None:
    assert told("channel", channel="ads\u202egnp")[1] == "Channel: ads\ufffdgnp"
    assert visible("\x1b[2J\u200bsecret") == "\ufffd[2J\ufffdsecret"
    assert visible("👩‍👩‍👧 خوش‌آمد") == "👩‍👩‍👧 خوش‌آمد"


def test_a_value_that_is_called_like_a_message_is_still_a_value() -> None:
    assert told("channel", channel="known")[1] == "Channel: known"


def one_feature(template: str, subject: str | None, rows: list[object], **feature: object) -> list[tuple[str, str]]:
    """Return what each row of a concept with one feature says."""
    concept = Concept(name="c", group="fit", template=template, code="R0", word=word("thing", "cosa"), subject=subject)
    shape = {"name": "f", "concept": "c", "source": "lead", "statistic": "value", "attribute": subject}
    alone = Catalogue(features=(Feature.model_validate({**shape, **feature}),), concepts=(concept,))
    [said] = sentences(alone, pd.DataFrame({"f": rows}), Speaker(TEXTS, Words()))
    return [(said.told("en")[c], said.told("es")[c]) for c in said.codes]


def test_other_families_say_their_facts() -> None:
    assert one_feature("boolean", "x", [1.0, 0.0, np.nan], type="boolean", unit="flag") == [
        ("Thing: yes", "Cosa: sí"),
        ("Thing: no", "Cosa: no"),
        ("Thing: not known yet", "Cosa: todavía no se sabe"),
    ]
    assert one_feature("number", "budget", [12_345.0, 7.0, 0.251, -3.0])[:1] == [
        ("Thing: about 12,000", "Cosa: aproximadamente 12.000")
    ]
    assert one_feature("date", "x", [100.0, -3.0], unit="days") == [
        ("Thing: about 3 months ago", "Cosa: hace unos 3 meses"),
        ("Thing: still to come", "Cosa: aún por llegar"),
    ]
    assert one_feature("age", None, [0.5, 800.0], unit="days") == [
        ("The lead was created less than a day ago", "El lead se creó hace menos de un día"),
        ("The lead was created about 2 years ago", "El lead se creó hace unos 2 años"),
    ]
    [(known, _)] = one_feature("completeness", None, [0.72], unit="share")
    assert known == "About 7 in 10 details about this lead are known"
    assert one_feature("account_history", "won", [2.0, 0.0], statistic="earlier_conversions") == [
        ("2 other leads from this company have converted", "Ya han convertido 2 leads más de esta empresa"),
        ("Nobody from this company has converted so far", "Nadie de esta empresa ha convertido hasta ahora"),
    ]
    assert one_feature("colleagues", None, [1.0], statistic="active_colleagues", window_days=30) == [
        (
            "1 other person from this company was active in the last 30 days",
            "1 persona más de esta empresa mostró actividad en los últimos 30 días",
        )
    ]
    emails = one_feature("email_kind", "email_kind", ["free", None], type="category", statistic="email_kind")
    assert emails[0][0] == "Uses an address of a free e-mail service"
    assert emails[1][1] == "Dirección de correo: todavía no se sabe"


def test_the_first_activity_is_said_with_its_kind_and_when_it_was() -> None:
    concept = Concept(
        name="first_touch", group="source", template="category", code="R0", word=word("first"), subject="first_kind"
    )
    shared = {"concept": "first_touch", "source": "activity"}
    kind = Feature.model_validate(shared | {"name": "kind", "statistic": "first_kind", "type": "category"})
    ago = Feature.model_validate(shared | {"name": "ago", "statistic": "days_since_first", "unit": "days"})
    frame = pd.DataFrame({"kind": ["form_submit", "walk_in", "smoke_signal", None], "ago": [95.0, 3.0, 1.0, np.nan]})
    words = Words(values={"first_kind": {"walk_in": word("visits to the shop", "visitas a la tienda")}})
    speaker = Speaker(TEXTS, words, {"kind": ["form_submit", "walk_in"]})
    [said] = sentences(Catalogue(features=(kind, ago), concepts=(concept,)), frame, speaker)
    assert [said.told("en")[code] for code in said.codes] == [
        "First activity about 3 months ago: a form filled in",
        "First activity 3 days ago: visits to the shop",
        "First activity 1 day ago: smoke signal (new to the model, or rare)",
        "No activity so far",
    ]
    assert said.told("es")[said.codes[0]] == "Primera actividad hace unos 3 meses: un formulario enviado"


def test_a_number_is_said_to_be_about_only_where_it_was_rounded() -> None:
    numbers = [3_200_000.0, 3_187_654.0, -1.8, 0.00123]
    assert [en for en, _ in one_feature("number", "revenue", numbers)] == [
        "Thing: 3,200,000",
        "Thing: about 3,200,000",
        "Thing: -1.8",
        "Thing: about 0.0012",
    ]


def test_activities_of_one_day_are_said_to_be_of_one_day() -> None:
    concept = Concept(name="c", group="engagement", template="engagement", code="R0", word=word("activity"))
    shared = {"concept": "c", "source": "activity", "window_days": 30}
    features = [
        Feature.model_validate(shared | {"name": "n", "statistic": "count"}),
        Feature.model_validate(shared | {"name": "days", "statistic": "days_active", "unit": "days"}),
    ]
    frame = pd.DataFrame({"n": [4.0, 4.0], "days": [1.0, 3.0]})
    [said] = sentences(Catalogue(features=tuple(features), concepts=(concept,)), frame, Speaker(TEXTS, Words()))
    assert [said.told("en")[code] for code in said.codes] == [
        "4 activities on record in the last 30 days, all on the same day",
        "4 activities on record in the last 30 days, on 3 different days",
    ]


def test_a_department_read_from_the_title_is_told_from_one_that_was_named() -> None:
    assert one_feature("department", "job_title", ["it"], type="category") == [
        ("Department by job title: it", "Departamento según el cargo: it")
    ]
    assert one_feature("category", "department", ["it"], type="category") == [("Thing: it", "Cosa: it")]


def test_months_are_read_back_from_their_angle() -> None:
    concept = Concept(name="s", group="timing", template="calendar", code="R0", word=word("season"))
    parts = [
        Feature(name=part, concept="s", source="calendar", statistic=part, unit="score")
        for part in ("month_sin", "month_cos")
    ]
    month = np.arange(1, 13)
    angle = 2 * np.pi * month / 12
    frame = pd.DataFrame({"month_sin": np.sin(angle), "month_cos": np.cos(angle)})
    [said] = sentences(Catalogue(features=tuple(parts), concepts=(concept,)), frame, Speaker(TEXTS, Words()))
    assert [said.values[c] for c in said.codes] == [str(m) for m in month]
    assert said.told("es")[said.codes[0]] == "El mes es enero"


def test_l07_a_concept_without_a_template_is_named_in_words() -> None:
    assert one_feature("of_a_later_version", None, [1.0]) == [("Thing", "Cosa")]


def scored(n: int = 300) -> tuple[np.ndarray, pa.ListArray]:
    model = AdditiveModel()
    frame = rows(n)
    points = explain(model, fit_reference(model, CATALOGUE, frame), CATALOGUE, frame).points
    return points, reasons(points, CATALOGUE, frame, TEXTS)


def test_reasons_are_strongest_first_and_add_up() -> None:
    points, listed = scored()
    assert listed.type == pa.list_(REASON)
    for row, lead in zip(points, listed.to_pylist(), strict=True):
        sizes = [abs(reason["points"]) for reason in lead]
        assert sizes == sorted(sizes, reverse=True)
        assert sum(reason["points"] for reason in lead) == pytest.approx(row.sum(), abs=1e-12)


def test_l04_ties_follow_the_catalogue_and_what_moved_nothing_is_left_out() -> None:
    points = np.zeros((1, len(CATALOGUE.concepts)))
    points[0, [1, 4]] = 0.01, -0.01
    [lead] = reasons(points, CATALOGUE, rows(1), TEXTS).to_pylist()
    assert [reason["concept"] for reason in lead] == ["call after offer", "channel"]
    assert reasons(points * 0, CATALOGUE, rows(1), TEXTS).to_pylist() == [[]]


def test_each_lead_gets_its_own_sentences() -> None:
    _, listed = scored()
    frame = rows(300)
    for place in (0, 150, 299):
        alone = reasons(np.ones((1, 7)), CATALOGUE, frame.iloc[[place]], TEXTS).to_pylist()[0]
        texts = {reason["concept"]: reason["text_en"] for reason in alone}
        assert all(texts[reason["concept"]] == reason["text_en"] for reason in listed[place].as_py())


def test_f07_no_leads_no_reasons() -> None:
    assert len(reasons(np.zeros((0, 7)), CATALOGUE, rows(0), TEXTS)) == 0


def test_l02_no_message_is_left_untranslated() -> None:
    assert TEXTS.gaps() == []
    _, listed = scored()
    ids = set(TEXTS.messages["en"])
    for reason in listed.values.to_pylist():
        for language in LANGUAGES:
            text = reason[f"text_{language}"]
            assert text not in ids
            assert "{" not in text


@pytest.mark.parametrize(
    ("english", "spanish", "problem"),
    [
        ('msgstr "{n} visits"', 'msgstr "{m} visitas"', "placeholders differ"),
        ('msgstr "visits"', 'msgstr ""', "es: a is not translated"),
    ],
)
def test_l07_a_planted_gap_between_the_languages_is_refused(
    tmp_path: Path, english: str, spanish: str, problem: str
) -> None:
    for language, line in (("en", english), ("es", spanish)):
        folder = tmp_path / language
        folder.mkdir()
        header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        (folder / "a.po").write_text(f'{header}msgid "a"\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=problem):
        Texts.packaged(tmp_path)


def test_texts_survive_json() -> None:
    assert Texts.from_json(TEXTS.to_json()) == TEXTS


def test_all_and_hardly_any_details_are_said_with_words() -> None:
    said = one_feature("completeness", None, [0.97, 0.72, 0.02], unit="share")
    assert said[0] == (
        "All or nearly all details about this lead are known",
        "Se conocen todos o casi todos los datos de este lead",
    )
    assert said[2] == ("Hardly any details about this lead are known", "Apenas se conocen datos de este lead")
    assert not any("10 in 10" in en or "0 in 10" in en for en, _ in said)


def test_nobody_is_said_to_have_answered_where_anything_done_afterwards_counts() -> None:
    """'Answered 100 % of our messages' stood beside 'has not replied to any e-mail' of the same lead."""
    shares = {"statistic": "answered_share", "unit": "share", "window_days": 90}
    [(en, es)] = one_feature("answers", None, [0.4], **shares)
    assert "answer" not in en.lower()
    assert "respond" not in es.lower()
    [(en, es)] = one_feature("answers", None, [0.4], kinds=("email_reply",), **shares)
    assert (en.split(" ")[1], "respondido" in es) == ("answered", True)
