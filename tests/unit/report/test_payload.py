"""The leads as data: what the script unpacks is what the page without scripts says."""

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from page_of_leads import EVIL_ID, scores_of_leads
from predictive_scoring.config.report import Report
from predictive_scoring.report.leads import shown_leads
from predictive_scoring.report.page import render, speakers_of
from predictive_scoring.report.payload import leads_data
from predictive_scoring.report.score_folder import ScoreFolder

SETTINGS = Report(n_leads=60, n_explained=20)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scores_of_leads(tmp_path_factory.mktemp("scores") / "scores", 90)


def without_scripts(html: str) -> str:
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def unpacked(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="text/plain" id="data">([A-Za-z0-9+/=]+)</script>', html)
    assert found is not None
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return data


def test_J02_the_embedded_data_hold_no_sign_of_markup_and_unpack_to_the_evil_id_as_it_is(scores: Path) -> None:
    html = render(scores, "en", SETTINGS)
    assert unpacked(html)["leads"]["id"][1] == EVIL_ID
    specs = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert len(specs) > 5
    assert not [spec for spec in specs if "<" in spec]
    assert all(json.loads(spec) for spec in specs)


def test_L04_the_script_and_the_static_list_say_the_same_of_each_lead(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    speakers = speakers_of(folder, ("en", "es"), SETTINGS)
    data = leads_data(folder, speakers, SETTINGS)
    for language in speakers.languages:
        texts = data["texts"][language]
        for number, lead in enumerate(shown_leads(folder, 20, speakers.told(language))):
            assert texts[data["chance"][number]] == lead.chance
            assert (data["score"][number], data["fit"][number]) == (lead.score, lead.fit)
            coded = parted(data["reasons"][number][4:], 7)
            assert [texts[each[0]] for each in coded] == [reason.text for reason in lead.reasons]
            assert [texts[each[6]] for each in coded] == [reason.code for reason in lead.reasons]
            assert [texts[each[1]] for each in coded] == [reason.points for reason in lead.reasons]
            assert [each[2] > 0 for each in coded] == [reason.raises for reason in lead.reasons]
            headings = ["" if each[4] < 0 else texts[each[4]] for each in coded]
            assert headings == [reason.alike for reason in lead.reasons]
            glance = parted(data["glance"][number], 5)
            both = (*lead.raising, *lead.lowering)
            told = {
                (texts[each[0]], texts[each[1]], each[2], texts[each[4]] if each[4] >= 0 else "") for each in glance
            }
            assert told == {(r.text, r.points, r.width if r.raises else -r.width, r.also) for r in both}
            assert [texts[each] for each in data["change"][number]] == [*lead.outlook.change]
            possible = parted(data["possible"][number], 3)
            assert [(texts[a], texts[b], c) for a, b, c in possible] == [
                (one.text, one.points, int(one.raises)) for one in lead.outlook.possible
            ]
            assert texts[data["channel"][number]] == lead.behind.channel


def test_leads_beyond_those_explained_carry_three_reasons_a_side_and_the_rest_together(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    data = leads_data(folder, speakers_of(folder, ("en",), SETTINGS), SETTINGS)
    assert len(data["id"]) == 60
    rest, together, _, _, *flat = data["reasons"][40]
    glance = parted(data["glance"][40], 5)
    assert (rest, flat, len(glance)) == (1, [], 6)  # of eight, two are told as one
    row = folder.scores.slice(40, 1).to_pylist()[0]
    left = row["reasons"][7]["points"]
    assert data["texts"]["en"][together] == f"{100 * left:+.1f}".replace("-", "−")


def test_facts_of_a_family_are_told_as_one_at_a_glance_and_together_on_demand(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    speakers = speakers_of(folder, ("en", "es"), SETTINGS)
    english, spanish = (shown_leads(folder, 1, speakers.told(language))[0] for language in speakers.languages)
    row = {reason["concept"]: reason["points"] for reason in folder.scores.slice(0, 1).to_pylist()[0]["reasons"]}
    assert english.raising[0].points == f"+{100 * (row['c0'] + row['c4']):.1f}"
    assert english.raising[0].also == "Counted together with: income"
    assert spanish.raising[0].also == "Se cuenta junto con: ingresos"
    assert len(english.raising) == 3  # and the third is another fact, not the family again
    assert {each.also for each in english.raising[1:]} == {""}
    assert [bool(each.alike) for each in english.reasons[:3]] == [True, True, False]
    assert spanish.reasons[0].alike == "Dicen casi lo mismo y se cuentan juntos: nivel del cargo e ingresos"
    assert english.reasons[0].together == english.raising[0].points


def test_where_families_are_not_known_every_fact_stands_alone(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    reasons = folder.scores["reasons"].combine_chunks()
    names = [field.name for field in reasons.type.value_type if field.name != "family"]
    flat = pa.StructArray.from_arrays([reasons.values.field(name) for name in names], names)
    at = folder.scores.schema.get_field_index("reasons")
    plain = folder.scores.set_column(at, "reasons", pa.ListArray.from_arrays(reasons.offsets, flat))
    older = replace(folder, scores=plain)
    data = leads_data(older, speakers_of(older, ("en",), SETTINGS), SETTINGS)
    assert {each[4] for lead in data["glance"] for each in parted(lead, 5)} == {-1}


def test_what_changed_and_what_one_more_activity_went_with_are_told_of_each_lead(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    speakers = speakers_of(folder, ("en", "es"), SETTINGS)
    leads = shown_leads(folder, 8, speakers.told("en"))
    assert leads[0].outlook.change[0] == "Place 1 on the list; on March 25, 2025 it was 3."
    assert leads[0].outlook.change[1].startswith("The chance moved")
    assert leads[7].outlook.change == ("New on the list: on March 25, 2025 it had no score yet.",)
    assert [one.points for one in leads[0].outlook.possible] == ["+4.0", "−2.0"]  # what changes nothing is not told
    texts = without_scripts(render(scores, "es", SETTINGS))
    for told in ("Qué ha cambiado desde la puntuación anterior", "Qué podría cambiarla", "no una promesa"):
        assert told in texts


def test_L14_changes_and_possibilities_name_no_chance_where_chances_do_not_hold(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    quality = folder.about.evaluation
    assert quality is not None
    unfit = folder.about.model_copy(update={"evaluation": quality.model_copy(update={"calibration_holds": False})})
    folder = replace(folder, about=unfit)
    told = shown_leads(folder, 2, speakers_of(folder, ("en", "es"), SETTINGS).told("en"))
    assert told[1].outlook.change[1:] == (
        "In favour: what became known since then (above all: demo requests).",
        "Against: the time that has passed.",
    )
    assert told[0].outlook.possible[0].text.startswith("With one more meeting, the chance would be higher")
    assert told[0].outlook.possible[0].points == ""
    everything = [*told[1].outlook.change, *(one.text for one in told[1].outlook.possible)]
    assert not [text for text in everything if "0." in text or "%" in text]


def test_a_folder_without_changes_and_possibilities_makes_a_page_without_them(scores: Path) -> None:
    folder = replace(ScoreFolder.load(scores), changes=None, what_if=None)
    data = leads_data(folder, speakers_of(folder, ("en",), SETTINGS), SETTINGS)
    assert not {"change", "possible"} & set(data)


def parted(flat: list[int], size: int) -> list[list[int]]:
    return [flat[i : i + size] for i in range(0, len(flat), size)]


def test_L02_a_page_of_one_language_has_no_switch(scores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScoreFolder, "languages", property(lambda _: ("en",)))
    html = render(scores, "en", SETTINGS)
    assert "data-body" not in re.sub(r"<script type=\"module\">.*?</script>", "", html, flags=re.DOTALL)
    assert 'data-language="es"' not in html
