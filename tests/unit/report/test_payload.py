"""The leads as data: what the script unpacks is what the page without scripts says."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

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
    for place, language in enumerate(speakers.languages):
        texts = data["texts"][language]
        for number, lead in enumerate(shown_leads(folder, 20, speakers.backdrops[place])):
            assert texts[data["chance"][number]] == lead.chance
            assert (data["score"][number], data["fit"][number]) == (lead.score, lead.fit)
            flat = data["reasons"][number][4:]
            coded = [flat[i : i + 5] for i in range(0, len(flat), 5)]
            assert [texts[each[0]] for each in coded] == [reason.text for reason in lead.reasons]
            assert [texts[each[1]] for each in coded] == [reason.points for reason in lead.reasons]
            assert [each[2] > 0 for each in coded] == [reason.raises for reason in lead.reasons]
            glance = [texts[each[0]] for each in coded if each[4]]
            assert sorted(glance) == sorted(reason.text for reason in (*lead.raising, *lead.lowering))
            assert texts[data["channel"][number]] == lead.behind.channel


def test_leads_beyond_those_explained_carry_three_reasons_a_side_and_the_rest_together(scores: Path) -> None:
    folder = ScoreFolder.load(scores)
    data = leads_data(folder, speakers_of(folder, ("en",), SETTINGS), SETTINGS)
    assert len(data["id"]) == 60
    rest, together, _, _, *flat = data["reasons"][40]
    assert (rest, len(flat)) == (2, 6 * 5)
    row = folder.scores.slice(40, 1).to_pylist()[0]
    left = sum(reason["points"] for reason in row["reasons"][6:])
    assert data["texts"]["en"][together] == f"{100 * left:+.1f}".replace("-", "−")


def test_L02_a_page_of_one_language_has_no_switch(scores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScoreFolder, "languages", property(lambda _: ("en",)))
    html = render(scores, "en", SETTINGS)
    assert "data-body" not in re.sub(r"<script type=\"module\">.*?</script>", "", html, flags=re.DOTALL)
    assert 'data-language="es"' not in html
