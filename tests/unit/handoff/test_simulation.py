"""An agreement tried on a small company: the scores of the day, nobody twice, and nothing of what came later."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from predictive_scoring.agreement.definition import Version
from predictive_scoring.agreement.terms import HandOff
from predictive_scoring.cli import simulating
from predictive_scoring.cli.simulating import SimulateJob, simulate_lines
from predictive_scoring.contract.history import History
from predictive_scoring.contract.words import Language, Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.desk import record_given
from predictive_scoring.handoff.question import Question
from predictive_scoring.handoff.simulation import Simulation, simulate_agreement
from predictive_scoring.handoff.told_simulation import simulation_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.scoring.job import score_history
from predictive_scoring.snapshots.instants import to_datetime, to_micros
from predictive_scoring.storage import read_parquet, write_parquet
from small_company import END, SmallCompany

UNTIL = END - timedelta(days=91)  # a Monday: END is one
START = END - timedelta(days=91 + 140)
_NO_TIME = {"en": "nobody has had the time yet", "es": "nadie ha tenido aún el tiempo"}
_ONE_HOUR: dict[Language, str] = {
    "en": "within 1 hour of the hand-over, in fact: 1 of 2 (50 %), half of the contacted within 1 hour; 1 not at all",
    "es": "de 1 hora desde el traspaso, de hecho: 1 de 2 (50 %), la mitad de los contactados en un plazo de 1 hora; 1",
}
_ONE_HOUR_NOBODY: dict[Language, str] = {
    "en": "first contact within 1 hour: nobody", "es": "primer contacto en un plazo de 1 hora: nadie",
}  # fmt: skip
RULES = Version(
    valid_from="2030-01-01",  # not in force yet: it is tried all the same
    own_actions=("page_view", "demo_request"),
    hand_off=HandOff(grades=("A", "B", "C"), calls_per_week=3),
)


def cut(history: History, until: datetime, folder: Path) -> History:
    """Return a copy that holds nothing that was known at or after an instant; leads of later are nobody yet."""
    folder.mkdir()
    for name in ("leads", "accounts"):
        write_parquet(folder / f"{name}.parquet", read_parquet(history.folder / f"{name}.parquet"))
    for name in ("activities", "outcomes"):
        table = read_parquet(history.folder / f"{name}.parquet")
        write_parquet(folder / f"{name}.parquet", table.filter(pc.less(table["known_at"], pa.scalar(until))))
    return History(folder, history.facts.model_copy(update={"observed_until": until}))


@pytest.fixture(scope="module")
def found(company: SmallCompany, bundle: Bundle) -> Simulation:
    return simulate_agreement(company.history, Question(bundle, RULES, START, UNTIL))


def test_looks_have_the_scores_of_the_day(found: Simulation, company: SmallCompany, bundle: Bundle) -> None:
    monday = int(found.looks.monday[len(found.looks.monday) // 2])
    mine = found.looks.monday == monday
    batches, _ = score_history(bundle, company.history, to_datetime(monday))
    scores = pa.Table.from_batches(list(batches)).sort_by("lead_id")  # lead_no follows lead_id here
    assert mine.sum() == scores.num_rows > 20
    assert found.looks.chance[mine] == pytest.approx(scores["probability"].to_numpy(), abs=1e-12)
    assert found.looks.grade[mine].tolist() == scores["grade"].to_pylist()


def test_the_whole_history_and_one_cut_at_the_end_say_the_same(
    found: Simulation, company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    early = simulate_agreement(cut(company.history, UNTIL, tmp_path / "cut"), found.question)
    late, soon = found.figures(), early.figures()
    assert late.pop("happened") is not None
    assert soon.pop("happened") is None
    assert late == soon
    assert late["model"]["converted"]["n"] > 0


def test_planted_outcomes_from_after_the_end_change_the_figures(found: Simulation) -> None:
    record = found.world.record
    told = replace(record, reached=found.world.held.reached)  # what only the future knew
    peeking = replace(found, world=replace(found.world, record=told))
    assert peeking.figures()["model"] != found.figures()["model"]


def test_nobody_is_handed_over_twice_nor_beyond_capacity_nor_without_an_own_action(found: Simulation) -> None:
    rows = found.by_model.rows
    lead_no, monday = found.looks.lead_no[rows], found.looks.monday[rows]
    assert len(np.unique(lead_no)) == len(lead_no)
    _, per_week = np.unique(monday, return_counts=True)
    assert per_week.max() == RULES.hand_off.calls_per_week
    assert not any(mask[rows].any() for mask in found.obstacles.values())
    assert found.obstacles["no_own_action"].any()  # there were some to keep out
    assert set(found.looks.grade[rows]) <= {"A", "B", "C"}


def test_whoever_opted_out_before_the_monday_is_not_handed_over(
    found: Simulation, company: SmallCompany, tmp_path: Path
) -> None:
    row = int(found.by_model.rows[len(found.by_model.rows) // 2])
    lead, monday = int(found.looks.lead_no[row]), int(found.looks.monday[row])
    told = cut(company.history, END, tmp_path / "told")
    said = to_datetime(monday - 1)
    opted = {"account_no": lead, "lead_no": lead, "occurred_at": said, "known_at": said, "kind": "opt_out"}
    activities = read_parquet(told.path("activities"))
    both = pa.concat_tables([activities, pa.Table.from_pylist([opted], activities.schema)])
    write_parquet(told.path("activities"), both.sort_by([("account_no", "ascending"), ("known_at", "ascending")]))
    again = simulate_agreement(told, found.question)
    assert lead in found.looks.lead_no[found.by_model.rows]
    assert lead not in again.looks.lead_no[again.by_model.rows]


def test_weeks_add_up_and_the_points_table_hands_over_as_many_of_the_same_people(found: Simulation) -> None:
    figures = found.figures()
    assert sum(week["handed_over"] for week in figures["weeks"]) == figures["model"]["handed_over"]
    assert figures["points"]["handed_over"] == figures["model"]["handed_over"]
    mature = [week for week in figures["weeks"] if week["mature"]]
    assert sum(week["converted"] for week in mature) == figures["model"]["converted"]["n"]
    above = figures["above_the_line"]
    start, until = to_micros(START), to_micros(UNTIL)
    mine = found.above & (found.looks.monday >= start) & (found.looks.monday < until)
    assert sum(above.values()) * len(figures["weeks"]) == pytest.approx(mine.sum())
    assert min(above.values()) >= 0


def test_what_is_found_is_what_a_plain_loop_finds(found: Simulation, company: SmallCompany) -> None:
    outcomes = read_parquet(company.history.path("outcomes")).to_pylist()
    won = {row["lead_no"]: row["occurred_at"] for row in outcomes if row["stage"] == "won"}
    rows = found.counted(found.by_model)
    converted = mature = 0
    for row in rows.tolist():
        monday = to_datetime(int(found.looks.monday[row]))
        horizon = monday + timedelta(days=30)
        at = won.get(int(found.looks.lead_no[row]))
        if horizon <= UNTIL:
            mature += 1
            converted += at is not None and monday <= at < horizon
    model = found.figures()["model"]
    assert (model["mature"], model["converted"]["n"]) == (mature, converted)


def test_the_proposal_fills_the_capacity_and_moves_nothing(found: Simulation) -> None:
    proposal = found.proposal(found.by_model)
    assert proposal is not None
    least = [week["least_chance"] for week in found.weeks(found.by_model) if week["handed_over"] == 3]
    assert proposal["least_probability"] == pytest.approx(np.median(least))
    assert 0 < proposal["kept"]["handed_over"] <= found.figures()["model"]["handed_over"]


def test_without_a_line_the_best_of_everybody_are_taken_whatever_their_grade(found: Simulation) -> None:
    rows = found.without_line.rows
    assert set(found.looks.grade[rows]) > set(found.looks.grade[found.by_model.rows])
    assert not any(mask[rows].any() for mask in found.obstacles.values())
    lower = found.proposal(found.without_line)
    assert lower is not None
    assert lower["least_probability"] <= found.proposal(found.by_model)["least_probability"]  # type: ignore[index]
    assert lower["full_weeks"] >= found.proposal(found.by_model)["full_weeks"]  # type: ignore[index]


def test_the_quarter_is_foretold_and_looked_up(found: Simulation) -> None:
    ahead, happened = found.forecast(), found.happened()
    assert ahead is not None
    assert happened is not None
    assert ahead.low <= happened <= ahead.high


def _job(company: SmallCompany, **also: object) -> SimulateJob:
    path = company.folder / "agreement.yaml"
    path.write_text('versions: [{valid_from: "2024-01-01", own_actions: [page_view, demo_request]}]')
    asked = {"start": f"{START:%Y-%m-%d}", "until": f"{UNTIL:%Y-%m-%d}", "calls_per_week": 3, "as_json": True}
    return SimulateJob("a bundle", Path("a source"), path, **{**asked, **also})  # type: ignore[arg-type]


@pytest.fixture
def read_already(company: SmallCompany, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulating, "extract", lambda *_: company.history)
    monkeypatch.setattr(simulating, "opened", lambda _: bundle)


@pytest.mark.usefixtures("read_already")
def test_the_command_says_it_in_words_and_in_json(company: SmallCompany) -> None:
    record = json.loads("".join(simulate_lines(_job(company))))
    assert record["calls_per_week"] == 3
    assert record["forecast"]["low"] <= record["forecast"]["expected"] <= record["forecast"]["high"]
    assert (record["response_needed"]["clock"], record["response_needed"]["n"]) == ("qualification", 0)
    text = "\n".join(simulate_lines(_job(company, as_json=False)))
    assert "time to the first contact: nobody who was handed over" in text  # this agreement defines no MQL
    for part in ("handed over: ", "converted within 30 days: ", "points table", "to propose: ", "forecast: ", "note: "):
        assert part in text


@pytest.mark.usefixtures("read_already")
def test_the_command_speaks_spanish_too_and_refuses_what_it_does_not_speak(company: SmallCompany) -> None:
    text = "\n".join(simulate_lines(_job(company, as_json=False, lang="es")))
    for part in (
        "traspasados: ",
        "convirtieron en un plazo de 30 días: ",
        "tabla de puntos",
        "propuesta: ",
        "previsión: ",
    ):
        assert part in text
    assert "plazo hasta el primer contacto: nadie de los traspasados ha tenido 30 días" in text
    assert "nota: lo que fue de cada persona resultó del traspaso que hubo" in text
    assert not any(word in text for word in (" of ", " converted", "{", "simulate.", "outlook."))
    with pytest.raises(ConfigurationError, match="--lang"):
        list(simulate_lines(_job(company, lang="fr")))


@pytest.mark.usefixtures("read_already")
@pytest.mark.parametrize(
    ("language", "said", "one"),
    [
        (
            "en",
            ("points table, as many of the same people", "in fact sales were given 1 person",
             "in fact sales turned first to 1 person", "in fact sales accepted 1 person", "handed over, 1;"),
            "1 of 1 (100 %; 5.0 % to 100 %) converted",
        ),
        (
            "es",
            ("tabla de puntos, otros tantos de las mismas personas", "de hecho se traspasó a ventas 1 persona",
             "de hecho ventas contactó por primera vez con 1 persona", "de hecho ventas aceptó a 1 persona",
             "traspasados, 1;"),
            "convirtió 1 de 1 (100 %; de 5,0 % a 100 %)",
        ),
    ],
)  # fmt: skip
def test_where_nobody_has_had_the_time_nothing_is_said_to_have_converted(
    company: SmallCompany, language: Language, said: tuple[str, ...], one: str
) -> None:
    record = json.loads("".join(simulate_lines(_job(company))))
    share = {"n": 0, "share": None, "low": None, "high": None}
    young = {"handed_over": 1, "mature": 0, "converted": share}
    grown = young | {"mature": 1, "converted": {"n": 1, "share": 1.0, "low": 0.05, "high": 1.0}}
    for kept, became in ((young, _NO_TIME[language]), (grown, one)):
        told = record | dict.fromkeys(("points", "given", "contacted", "accepted"), kept)
        line = {"least_probability": 0.2, "kept": kept}
        for proposal in (line, None):
            planted = told | {"proposal": proposal, "without_a_line": line}
            lines = list(simulation_told(planted, RULES.hand_off, Voice(language, Words())))
            about = [text for text in lines if any(each in text for each in said)]
            assert len(about) == len(said)
            for text in about:
                assert text.endswith(f": {became}") or f"; {became};" in text


@pytest.mark.usefixtures("read_already")
def test_a_promise_of_one_hour_is_told_in_the_singular_of_the_pace_there_was(company: SmallCompany) -> None:
    record = json.loads("".join(simulate_lines(_job(company))))
    pace = {"share": 0.5, "within_promise": 1, "had_time": 2, "median_hours": 1.2, "never": 1}
    promised = RULES.hand_off.model_copy(update={"first_contact_hours": 1})
    for known, said in ((pace, _ONE_HOUR), (pace | {"share": None}, _ONE_HOUR_NOBODY)):
        planted = record | {"model": record["model"] | {"response": known}}
        for language, line in said.items():
            told = "\n".join(simulation_told(planted, promised, Voice(language, Words())))
            assert line in told


def _refused(company: SmallCompany, found: Simulation, recycle: str) -> dict[str, Any]:
    """Return what the command says if sales had refused, half a year before, everybody whom the weeks hand over."""
    ids = read_parquet(company.history.path("leads"))["lead_id"].to_pylist()
    handed_over = sorted({ids[int(number)] for number in found.looks.lead_no[found.by_model.rows]})
    said = "".join(f"{name},{START - timedelta(days=200):%Y-%m-%dT%H:%M:%SZ},rejected\n" for name in handed_over)
    (company.folder / "said.csv").write_text("lead_id,decided_at,decision\n" + said, encoding="utf-8")
    job = _job(company, dispositions=company.folder / "said.csv")
    job.agreement.write_text(
        'versions: [{valid_from: "2024-01-01", own_actions: [page_view, demo_request], '
        f"hand_off: {{grades: [A, B, C], recycle: {recycle}}}}}]"
    )
    record: dict[str, Any] = json.loads("".join(simulate_lines(job)))
    return record


@pytest.mark.usefixtures("read_already")
def test_what_sales_said_in_fact_keeps_people_back_from_the_file_to_the_figures(
    company: SmallCompany, found: Simulation
) -> None:
    never = _refused(company, found, "{on_own_action: false}")
    assert never["above_the_line"]["decided"] > 0
    at_once = _refused(company, found, "{after_days: 1, on_own_action: false}")  # the planted bug: a no for a day
    assert at_once["above_the_line"]["decided"] == 0
    usual = found.figures()["model"]["expected_of_mature"]
    assert never["model"]["expected_of_mature"] < usual  # the best were refused, others took their places


@pytest.mark.usefixtures("read_already")
def test_what_was_handed_over_in_fact_stands_beside_what_the_agreement_would_have(
    company: SmallCompany, found: Simulation
) -> None:
    """The record of exactly those whom the simulation hands over says the same of them, and the weeks bound it."""
    record = company.history.folder.parent / "given.parquet"
    record.unlink(missing_ok=True)
    rows = found.counted(found.by_model)
    names = read_parquet(company.history.path("leads"))["lead_id"].to_pylist()
    record_given(record, "won", [(names[0], "A"), ("erased", "A")], START - timedelta(days=7))
    for monday in np.unique(found.looks.monday[rows]):
        mine = rows[found.looks.monday[rows] == monday]
        leads = [(names[found.looks.lead_no[row]], str(found.looks.grade[row])) for row in mine]
        record_given(record, "won", leads, to_datetime(int(monday)))
    bare, told = (json.loads("".join(simulate_lines(_job(company, **more)))) for more in ({}, {"record": record}))
    assert bare["given"] is None
    model = found.figures()["model"]
    assert told["given"]["converted"] == model["converted"]
    assert told["given"]["handed_over"] == model["handed_over"] == len(rows)
    assert told["model"] == bare["model"]  # it changes nothing but what it is held against
    text = "\n".join(simulate_lines(_job(company, as_json=False, record=record)))
    assert f"in fact sales were given {len(rows):,} people" in text


@pytest.mark.usefixtures("read_already")
def test_an_end_before_the_start_is_refused_and_weeks_of_the_training_are_named(company: SmallCompany) -> None:
    with pytest.raises(ConfigurationError, match="--from must lie before --until"):
        list(simulate_lines(_job(company, start=f"{UNTIL:%Y-%m-%d}")))
    notes = json.loads("".join(simulate_lines(_job(company, start="2024-05-06"))))["notes"]
    assert any("the model learned from leads up to" in note for note in notes)


@pytest.mark.usefixtures("read_already")
def test_a_kind_that_nobody_has_is_refused_before_it_counts_for_nothing(company: SmallCompany) -> None:
    job = _job(company)
    job.agreement.write_text('versions: [{valid_from: "2024-01-01", own_actions: [page_views]}]')
    with pytest.raises(ConfigurationError, match="did you mean 'page_view'"):
        list(simulate_lines(job))


def test_a_flat_table_is_refused(company: SmallCompany, bundle: Bundle) -> None:
    flat = replace(company.history, facts=company.history.facts.model_copy(update={"flat": True}))
    with pytest.raises(ConfigurationError, match="flat table"):
        simulate_agreement(flat, Question(bundle, RULES, START, UNTIL))
