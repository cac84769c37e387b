"""How far the calls reach tonight, in all and of each segment, and the line that past weeks recommend."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import agreed_world
from finished_folder import finished_folder, lead
from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.agreement.terms import Budgets, HandOff
from predictive_scoring.contract.words import Language
from predictive_scoring.handoff import outlook as module
from predictive_scoring.handoff.outlook import Outlook, as_record, outlook, past_weeks
from predictive_scoring.handoff.situation import Situation, situation
from predictive_scoring.publish.bundle import Bundle
from predictive_scoring.report.agreement_pages import _recommended
from predictive_scoring.report.outlook_page import render_outlook, write_outlook_page
from predictive_scoring.scoring.about import Quality
from predictive_scoring.scoring.job import score_history
from predictive_scoring.storage import read_parquet
from small_company import END, SmallCompany

NOW = END - timedelta(days=28)  # a Monday
OWN = ("page_view", "demo_request")


def _night(company: SmallCompany, bundle: Bundle, folder: Path, **terms: object) -> Situation:
    """Return the situation of a small company's scores of a Monday."""
    batches, _ = score_history(bundle, company.history, NOW)
    rows = pa.Table.from_batches(list(batches)).sort_by([("probability", "descending")]).to_pylist()
    shown = [
        lead(rank, row["lead_id"], as_of=NOW) | {name: row[name] for name in ("probability", "grade")}
        | {"probability_low": row["probability"] * 0.8, "probability_high": min(1.0, row["probability"] * 1.2)}
        for rank, row in enumerate(rows, start=1)
    ]  # fmt: skip
    version = Version(valid_from="2024-01-01", own_actions=OWN, hand_off=HandOff.model_validate(terms))
    scores = finished_folder(folder / "scores", shown)
    manifest = json.loads((scores / "manifest.json").read_text())
    (scores / "manifest.json").write_text(json.dumps(manifest | {"as_of": NOW.isoformat()}))
    found = bundle.terms
    return situation(company.history, scores, Agreement(versions=(version,)), (found.target, found.snapshots))


@pytest.fixture(scope="module")
def found(company: SmallCompany, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Outlook:
    here = _night(company, bundle, tmp_path_factory.mktemp("night"), calls_per_week=3, grades=("A",))
    return outlook(here, None, past_weeks(here, bundle, 20))


def test_the_calls_reach_the_best_of_those_who_may_be_called_and_parts_add_up(tmp_path: Path) -> None:
    here = agreed_world.found(tmp_path, questions=(), calls_per_week=2, grades=("A",))
    told = outlook(here, "channel", None)
    ids = here.people["lead_id"].to_pylist()
    may = [name for name in ids if name in {"ready", "open-question", "told-too-late", "cool"}]
    chance = dict(zip(ids, here.people["probability"].to_pylist(), strict=True))
    best = sorted(may, key=lambda name: -chance[name])[:2]
    assert told.whole.called.leads == 2
    assert told.whole.called.conversions == pytest.approx(sum(chance[name] for name in best))
    assert told.whole.left.leads == len(may) - 2
    assert told.whole.cut_off == min(chance[name] for name in best)
    assert sum(part.found.called.conversions for part in told.parts) == pytest.approx(told.whole.called.conversions)
    assert sum(part.found.left.leads for part in told.parts) == told.whole.left.leads
    assert told.past is None
    assert told.recommended is None


def test_whoever_opted_out_or_never_acted_or_is_with_sales_is_not_among_the_calls(tmp_path: Path) -> None:
    here = agreed_world.found(tmp_path, questions=(), calls_per_week=100)
    told = outlook(here, None, None)
    assert told.whole.called.leads == 4  # not gone, silent, sold, nor steel, whose industry is another


def test_planted_a_reach_that_asks_for_no_own_action_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = agreed_world.found(tmp_path, questions=(), calls_per_week=100)
    monkeypatch.setattr(module, "_may_be_called", lambda _found, lead_no, _at: np.ones(len(lead_no), bool))
    assert outlook(here, None, None).whole.called.leads > 4


def test_a_budget_has_a_cut_off_and_a_loss_of_its_own(tmp_path: Path) -> None:
    budgets = Budgets(by="channel", calls={"web": 1})
    here = agreed_world.found(tmp_path, questions=(), calls_per_week=10, budgets=budgets)
    (part,) = outlook(here, "channel", None).parts
    assert (part.category, part.value, part.budget) == ("channel", "web", 1)
    assert (part.found.called.leads, part.found.left.leads) == (1, 3)
    assert part.found.left.conversions > 0
    assert part.found.called.low <= part.found.called.conversions <= part.found.called.high


def test_past_weeks_recommend_the_line_that_filled_them_and_the_agreement_is_as_it_was(found: Outlook) -> None:
    assert found.past is not None
    assert found.recommended is not None
    assert found.past["without_a_line"]["full_weeks"] > 0
    assert found.terms.least_probability == 0.0
    record = json.loads(json.dumps(as_record(found)))
    assert record["recommended_least_probability"] == found.recommended
    assert record["agreed"]["least_probability"] == 0.0
    assert len(record["past"]["weeks"]) > 8
    assert "happened" not in record["past"]
    (said,) = _recommended(found)
    assert "the agreement is not changed" in said


def test_the_line_is_the_one_that_leaves_as_many_as_there_are_calls(
    found: Outlook, company: SmallCompany, bundle: Bundle, tmp_path: Path
) -> None:
    more = _night(company, bundle, tmp_path, calls_per_week=6, grades=("A",))
    wider = outlook(more, None, past_weeks(more, bundle, 20))
    assert wider.recommended is None or wider.recommended < found.recommended  # type: ignore[operator]


def test_weeks_of_the_training_recommend_nothing(company: SmallCompany, bundle: Bundle, tmp_path: Path) -> None:
    here = _night(company, bundle, tmp_path)
    late = replace(bundle, terms=bundle.terms.model_copy(update={"trained_until": NOW.isoformat()}))
    assert past_weeks(here, late, 20) is None


def test_where_each_week_would_cost_too_much_fewer_are_looked_at_or_none(
    found: Outlook, company: SmallCompany, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _night(company, bundle, tmp_path, calls_per_week=3, grades=("A",))
    weeks_before = -(-bundle.terms.snapshots.max_age_days // 7)
    monkeypatch.setattr(module, "_MOST_LOOKS", len(here.people) * (weeks_before + 4))
    fewer = past_weeks(here, bundle, 20)
    assert fewer is not None
    assert found.past is not None
    assert len(fewer["weeks"]) == 4 < len(found.past["weeks"])
    monkeypatch.setattr(module, "_MOST_LOOKS", 1)
    assert past_weeks(here, bundle, 20) is None


def test_nothing_recorded_after_the_night_moves_the_line(
    found: Outlook, company: SmallCompany, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found.past is not None
    outcomes = read_parquet(company.history.path("outcomes"))
    assert max(outcomes["known_at"].to_pylist()) > NOW  # there was something to look at
    here = _night(company, bundle, tmp_path, calls_per_week=3, grades=("A",))
    asked = module.Question
    monkeypatch.setattr(
        module, "Question", lambda *a, **k: replace(asked(*a, **k), until=datetime(2031, 1, 6, tzinfo=UTC))
    )
    assert past_weeks(here, bundle, 20)["model"] != found.past["model"]  # type: ignore[index]  (the planted bug)


@pytest.mark.parametrize(
    ("language", "title", "line"),
    [
        ("en", "How far the calls reach", "As the only line, a chance of"),
        ("es", "Hasta dónde llegan las llamadas", "Como única línea, una probabilidad del"),
    ],
)
def test_the_page_is_whole_in_each_language_and_moves_nothing(
    found: Outlook, company: SmallCompany, tmp_path: Path, language: Language, title: str, line: str
) -> None:
    about = agreed_world.found(tmp_path / "world").finished.about
    page = render_outlook(found, about, company.history.facts, language)
    assert f"<h1>{title}</h1>" in page
    assert line in page
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    assert "<script" not in page
    nothing = replace(found, past=None)
    assert line not in render_outlook(nothing, about, company.history.facts, language)
    write_outlook_page(found, about, company.history.facts, language, tmp_path / "capacity.html")
    assert (tmp_path / "capacity.html").read_text(encoding="utf-8") == page


def test_a_model_whose_chances_did_not_hold_shows_none(found: Outlook, company: SmallCompany, tmp_path: Path) -> None:
    about = agreed_world.found(tmp_path).finished.about
    failed = about.model_copy(
        update={"evaluation": Quality(n_leads=1, base_rate=0.1, auc=0.8, calibration_holds=False)}
    )
    page = render_outlook(found, failed, company.history.facts, "en")
    assert "Expected conversions" in render_outlook(found, about, company.history.facts, "en")
    assert "Expected conversions" not in page
    assert "trust the order of the leads" in page
