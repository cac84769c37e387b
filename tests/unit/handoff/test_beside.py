"""What a brief and the match say beside the score, and that neither says a chance which did not hold."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import openpyxl
import pytest

import agreed_world
from predictive_scoring.contract.words import LANGUAGES
from predictive_scoring.handoff import beside
from predictive_scoring.handoff.beside import Beside
from predictive_scoring.handoff.brief import hand_off
from predictive_scoring.handoff.match_table import match_table, write_match
from predictive_scoring.handoff.nurture import warming
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.situation import Situation
from predictive_scoring.handoff.tasks import tasks_of
from predictive_scoring.handoff.workbook import as_record, write_workbook
from predictive_scoring.report.brief_page import render_briefs
from predictive_scoring.scoring.about import Quality


@pytest.fixture
def here(tmp_path: Path) -> Situation:
    return agreed_world.found(tmp_path, questions=())


def unheld(found: Situation) -> Situation:
    """Return the same where the model's chances failed against what happened."""
    failed = Quality(n_leads=1, base_rate=0.1, auc=0.8, calibration_holds=False)
    about = found.finished.about.model_copy(update={"evaluation": failed})
    return replace(found, finished=replace(found.finished, about=about))


def test_a_brief_says_intent_stage_how_they_came_and_each_criterion_in_either_language(here: Situation) -> None:
    english, spanish = (hand_off(here, language).handed_over[0] for language in LANGUAGES)
    assert english.lead_id == "ready"
    assert (english.stage, english.came, english.profile) == (
        "decision, since March 27, 2025",
        "came of their own accord",
        ("industry: yes",),
    )
    assert (spanish.stage, spanish.came, spanish.profile) == (
        "decisión, desde el 27 de marzo de 2025", "llegó por iniciativa propia", ("industry: sí",),
    )  # fmt: skip
    assert english.intent == spanish.intent == 93  # the only one of seven who asked: the middle of the last ranks
    quiet = [brief for brief in hand_off(here, "en").handed_over if brief.lead_id != "ready"]
    assert {brief.intent for brief in quiet} == {1}


def test_page_workbook_json_and_task_say_it(here: Situation, tmp_path: Path) -> None:
    listed = hand_off(here, "es")
    page = render_briefs(listed, here.finished.about)
    assert "intención 93 de 100 · etapa: decisión, desde el 27 de marzo de 2025 · llegó por iniciativa propia" in page
    assert "Encaja en el perfil.</strong> industry: sí" in page
    write_workbook(listed, tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets[0]
    names, first = ([cell.value for cell in row] for row in list(sheet.iter_rows())[:2])
    told = dict(zip(names, first, strict=True))
    assert (told["Etapa de compra"], told["Intención"], told["Encaja en el perfil"]) == (
        "decisión, desde el 27 de marzo de 2025",
        93,
        "industry: sí",
    )
    assert told["Cómo llegó"] == "llegó por iniciativa propia"
    since = "decisión, desde el 27 de marzo de 2025"
    record = as_record(listed)["handed_over"][0]
    assert (record["intent"], record["stage"], list(record["profile"])) == (93, since, ["industry: sí"])
    body = tasks_of(listed, here.version.hand_off)["body"][0].as_py()
    assert "intención 93" in body
    assert "ENCAJA EN EL PERFIL\nindustry: sí" in body


def test_what_the_agreement_does_not_declare_a_brief_does_not_say(here: Situation) -> None:
    (version,) = here.agreement.versions
    bare = version.model_copy(update={"intent": (), "profile": (), "journey": type(version.journey)()})
    there = replace(here, agreement=here.agreement.model_copy(update={"versions": (bare,)}))
    brief = hand_off(there, "en").handed_over[0]
    assert (brief.intent, brief.stage, brief.profile) == (None, "", ())
    page = render_briefs(hand_off(there, "en"), there.finished.about)
    assert "intent" not in page.split("<body", 1)[1]
    assert "Fits the profile" not in page


def test_parts_of_other_leads_would_be_seen(here: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    right = [brief.profile for brief in hand_off(here, "en").handed_over]
    stages = match_table(here)["buying_stage"].to_pylist()
    real = Beside.of(here)
    turned = replace(real, stage=real.stage[::-1], match=replace(real.match, verdicts=real.match.verdicts[::-1]))
    monkeypatch.setattr(Beside, "of", classmethod(lambda cls, found: turned))  # the planted bug: another order
    assert [brief.profile for brief in hand_off(here, "en").handed_over] != right or (
        match_table(here)["buying_stage"].to_pylist() != stages
    )


def test_chances_that_did_not_hold_are_in_no_match_and_no_nurture_list(here: Situation, tmp_path: Path) -> None:
    assert match_table(here)["probability"].null_count == 0
    assert all(lead.probability is not None for lead in warming(here, standings(here)))
    failed = unheld(here)
    table = match_table(failed)
    assert table["probability"].null_count == table.num_rows > 0
    write_match(table, tmp_path / "match.csv")
    row = (tmp_path / "match.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")
    assert row[3] == ""
    rising = warming(failed, standings(failed))
    assert rising
    assert all(json.loads(json.dumps(asdict(lead)))["probability"] is None for lead in rising)


def test_how_they_came_is_by_the_whole_agreement_and_as_of_the_scores(here: Situation) -> None:
    told = dict(zip(here.people["lead_id"].to_pylist(), Beside.of(here).came.tolist(), strict=True))
    assert told["ready"] == "inbound"
    assert told["silent"] == "outbound"  # a visit that was ours: they have done nothing
    assert set(told.values()) <= {"inbound", "outbound", "unknown"}
    assert beside.VERDICTS == {1: "yes", 0: "no", -1: "unknown"}
