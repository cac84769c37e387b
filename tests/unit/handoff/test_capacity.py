"""What so many calls bring: sums of chances, and an interval that chance and calibration keep."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finished_folder import finished_folder, lead
from predictive_scoring.cli.capacity import CapacityJob, capacity_lines
from predictive_scoring.contract.words import LANGUAGES, Language, Word, Words
from predictive_scoring.errors import ConfigurationError, DataContractError
from predictive_scoring.handoff.capacity import Chances, Expected, by_value, capacity, expected
from predictive_scoring.handoff.told_capacity import NOT_KNOWN, Reach, reach_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report.calling import capacities
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.scoring.about import About

FAIR = Word(en="fair", es="feria")
AGREEMENT = """
versions:
  - {valid_from: "2025-01-01", own_actions: [visit], hand_off: {calls_per_week: 2, least_probability: 0.05}}
"""


def _chances(*chance: float) -> Chances:
    best = np.array(chance)
    return Chances(best, best * 0.8, best * 1.2, 0.9)


def test_the_best_are_called_and_what_is_called_and_left_adds_up() -> None:
    found = capacity(_chances(0.5, 0.3, 0.15, 0.05), 2)
    assert found.cut_off == 0.3
    assert (found.called.leads, found.left.leads) == (2, 2)
    assert found.called.conversions == pytest.approx(0.8)
    assert found.left.conversions == pytest.approx(0.2)
    assert found.share_caught == pytest.approx(0.8)


def test_more_calls_than_leads_reach_everybody_and_no_leads_reach_nobody() -> None:
    everybody = capacity(_chances(0.5, 0.1), 120)
    assert (everybody.called.leads, everybody.left.leads, everybody.share_caught) == (2, 0, 1.0)
    nobody = capacity(_chances(), 120)
    assert (nobody.cut_off, nobody.share_caught, nobody.called) == (None, None, Expected(0, 0.0, 0.0, 0.0))


def _caught(interval: Expected, draws: np.ndarray) -> float:
    return float(((interval.low <= draws) & (draws <= interval.high)).mean())


def _worlds() -> tuple[Chances, np.ndarray]:
    """Return chances as a calibrator gives them, and conversions in worlds whose calibration is another one."""
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-2.0, 1.0, 400)
    shifts = rng.normal(0.0, 0.25, 4000)
    chance = 1 / (1 + np.exp(-log_odds))
    moved = 1 / (1 + np.exp(-(log_odds[None, :] + shifts[:, None])))
    low, high = np.quantile(moved, [0.05, 0.95], axis=0)
    return Chances(chance, low, high, 0.9), (rng.random(moved.shape) < moved).sum(axis=1)


def test_the_interval_holds_conversions_as_often_as_it_says_where_chance_and_calibration_both_err() -> None:
    chances, conversions = _worlds()
    assert _caught(expected(chances), conversions) == pytest.approx(0.9, abs=0.03)


def test_planted_an_interval_that_forgets_calibration_or_chance_is_too_narrow() -> None:
    chances, conversions = _worlds()
    without_calibration = expected(Chances(chances.chance, chances.chance, chances.chance, 0.9))
    without_chance = Expected(400, 0.0, float(chances.low.sum()), float(chances.high.sum()))
    assert _caught(without_calibration, conversions) < 0.8
    assert _caught(without_chance, conversions) < 0.87


def test_parts_of_the_calls_add_up_and_a_budget_of_its_own_takes_the_best_of_each() -> None:
    found = by_value(_chances(0.5, 0.4, 0.3, 0.2), np.array(["web", "web", "fair", "web"]), 2)
    assert {value: part.leads for value, (_, part) in found.items()} == {"web": 2, "fair": 0}
    assert sum(part.conversions for _, part in found.values()) == pytest.approx(0.9)
    assert found["web"][0].called.conversions == pytest.approx(0.9)
    assert found["fair"][0].called.conversions == pytest.approx(0.3)


def test_a_value_has_the_calls_of_its_own_and_whom_nobody_names_as_many_as_all() -> None:
    values = np.array(["web", "web", "fair", "web"])
    found = by_value(_chances(0.5, 0.4, 0.3, 0.2), values, 2, {"web": 1})
    assert {value: own.called.leads for value, (own, _) in found.items()} == {"web": 1, "fair": 1}
    assert found["web"][0].left.conversions == pytest.approx(0.6)
    assert found["web"][0].cut_off == 0.5


def _job(folder: Path, **also: object) -> CapacityJob:
    asked = {"calls_per_week": None, "by": "", "source": None, "as_json": True, "agreement": folder / "agreement.yaml"}
    return CapacityJob(folder / "scores", **{**asked, **also})  # type: ignore[arg-type]


def test_the_command_takes_the_agreements_calls_and_changes_no_agreement(tmp_path: Path) -> None:
    finished_folder(tmp_path / "scores", [lead(rank, f"L{rank}") for rank in range(1, 6)])
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    found = json.loads("".join(capacity_lines(_job(tmp_path))))
    assert (found["calls"], found["cut_off"], found["agreed_least_probability"]) == (2, 0.25, 0.05)
    assert found["called"]["conversions"] == pytest.approx(0.75)
    text = "\n".join(capacity_lines(_job(tmp_path, as_json=False)))
    assert "2 calls reach down to a chance of 25 %" in text
    assert "least_probability 0.2500" in text
    assert (tmp_path / "agreement.yaml").read_text() == AGREEMENT


def test_the_command_speaks_spanish_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished_folder(tmp_path / "scores", [lead(rank, f"L{rank}") for rank in range(1, 6)])
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    text = "\n".join(capacity_lines(_job(tmp_path, as_json=False, lang="es")))
    assert "leads abiertos a fecha de 2025-04-01: 5" in text
    assert "2 llamadas llegan hasta una probabilidad del 25 %: 0,8 conversiones (de " in text
    assert "propuesta: least_probability 0.2500 es hasta donde llegan hoy 2 llamadas (ahora 0.05)" in text
    monkeypatch.setattr(About, "chances_hold", False)
    text = "\n".join(capacity_lines(_job(tmp_path, as_json=False, lang="es")))
    assert "confíe en el orden de los leads\nllamadas: 2; leads a los que alcanzan, primero los mejores: 2" in text


def test_the_parts_of_the_calls_are_told_in_either_language() -> None:
    chances = Chances(*[np.array([0.5, 0.4, 0.2])] * 3, 0.9)
    parts = by_value(chances, np.array(["web", "fair", "web"]), 2)
    told = Reach(
        "2025-04-01",
        None,
        0.9,
        chances_hold=True,
        whole=capacity(chances, 2),
        by="channel",
        parts=parts,
        agreed_least=None,
    )
    english, spanish = (list(reach_told(told, Voice(language, Words()))) for language in LANGUAGES)
    assert [line.split(",")[0] for line in english[4:]] == [
        "channel fair: 1 of the calls", "  with a budget of its own", "channel web: 1 of the calls",
        "  with a budget of its own",
    ]  # fmt: skip
    assert "2 calls reach down to a chance of 40 %: 0.9 conversions" in english[2]
    assert spanish[4].startswith("channel fair: 1 de las llamadas, 0,4 conversiones (de ")
    words = Words(attributes={"channel": Word(en="channel", es="canal")}, values={"channel": {"fair": FAIR}})
    assert list(reach_told(told, Voice("es", words)))[4].startswith("canal feria: 1 de las llamadas")
    unknown = by_value(chances, np.array([NOT_KNOWN, "fair", "fair"]), 2)
    for holds in (True, False):
        lines = list(reach_told(replace(told, parts=unknown, chances_hold=holds), Voice("es", words)))
        assert any(line.startswith("canal no se sabe: 1 de las llamadas") for line in lines)
    nobody = replace(told, whole=capacity(chances.part(slice(0, 0)), 2), parts={})
    assert list(reach_told(nobody, Voice("en", Words())))[2:] == ["nobody to call"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("1 call reaches down to", "is what 1 call reaches today", "leads below the line: 1; 0.4 conversions")),
        ("es", ("1 llamada llega hasta", "es hasta donde llega hoy 1 llamada", "por debajo de la línea: 1; 0,4 conv")),
    ],
)
def test_one_call_and_one_lead_are_told_in_the_singular(language: Language, said: tuple[str, ...]) -> None:
    whole = capacity(_chances(0.5, 0.4), 1)
    told = Reach("2025-04-01", 90, 0.9, chances_hold=True, whole=whole, by="", parts={}, agreed_least=0.05)
    for within in (90, 1, None):
        text = "\n".join(reach_told(replace(told, horizon_days=within), Voice(language, Words())))
        assert all(each in text for each in said)
        assert not any(each in text for each in ("1 calls", "1 leads", "1 llamadas", "1 days", "1 días"))
        assert ({"en": "within 1 day (", "es": "en un plazo de 1 día ("}[language] in text) == (within == 1)


def _by_value(folder: Path) -> list[dict[str, Any]]:
    """Write scores in the order of expected value: chances of 0.1, 0.5 and 0.3, the agreement beside them."""
    worth = {"expected_amount": 1.0, "amount_basis": "mean"}
    told = [(0.1, 90.0), (0.5, 50.0), (0.3, 9.0)]
    rows = [
        lead(place, f"L{place}", probability=chance, probability_low=chance, probability_high=chance,
             expected_value=value, **worth)
        for place, (chance, value) in enumerate(told, start=1)
    ]  # fmt: skip
    finished_folder(folder / "scores", rows)
    (folder / "agreement.yaml").write_text(AGREEMENT)
    return rows


def test_calls_are_counted_in_the_order_of_the_list_as_the_page_counts_them(tmp_path: Path) -> None:
    _by_value(tmp_path)
    found = json.loads("".join(capacity_lines(_job(tmp_path))))
    assert (found["order"], found["calls"], found["cut_off"]) == ("expected_value", 2, 0.1)
    assert found["called"]["conversions"] == pytest.approx(0.6)  # not 0.8, of the two best chances
    on_the_page = capacities(ScoreFolder.load(tmp_path / "scores"), 2)
    assert {**found, **next(each for each in on_the_page if each.calls == 2).as_json()} == found


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("called first: the highest expected value (score.rank_by), not the highest chance",
                "of the first 2 the least chance is 10 %: 0.6 conversions")),
        ("es", ("primero se llama a quien tiene el mayor valor esperado (score.rank_by), no la mayor probabilidad",
                "de los 2 primeros, la menor probabilidad es del 10 %: 0,6 conversiones")),
    ],
)  # fmt: skip
def test_the_order_of_the_calls_is_said(tmp_path: Path, lang: str, said: tuple[str, ...]) -> None:
    _by_value(tmp_path)
    text = "\n".join(capacity_lines(_job(tmp_path, as_json=False, lang=lang)))
    assert all(each in text for each in said)
    assert "least_probability" not in text  # no chance parts these calls from the rest
    finished_folder(tmp_path / "plain" / "scores", [lead(rank, f"L{rank}") for rank in range(1, 4)])
    (tmp_path / "plain" / "agreement.yaml").write_text(AGREEMENT)
    plain = "\n".join(capacity_lines(_job(tmp_path / "plain", as_json=False, lang=lang)))
    assert {"en": "called first: the highest chance\n", "es": "quien tiene la mayor probabilidad\n"}[lang] in plain
    assert "least_probability" in plain


def test_a_model_whose_chances_did_not_hold_says_whom_to_call_and_no_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished_folder(tmp_path / "scores", [lead(rank, f"L{rank}") for rank in range(1, 6)])
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    assert "chance of 25 %" in "\n".join(capacity_lines(_job(tmp_path, as_json=False)))
    monkeypatch.setattr(About, "chances_hold", False)
    text = list(capacity_lines(_job(tmp_path, as_json=False)))
    assert text == [
        "open leads as of 2025-04-01: 5",
        "the chances of this model did not hold against what happened: trust the order of the leads",
        "calls: 2; leads that they reach, the best first: 2; left below the line: 3",
    ]
    found = json.loads("".join(capacity_lines(_job(tmp_path))))
    assert (found["chances_hold"], found["cut_off"], found["share_caught"]) == (False, None, None)
    assert found["called"] == {"leads": 2, "conversions": None, "low": None, "high": None}
    assert found["agreed_least_probability"] == 0.05  # what the teams agreed on is no chance of this model


def test_a_category_needs_the_source_and_a_person_who_opted_out_stops_everything(tmp_path: Path) -> None:
    finished_folder(tmp_path / "scores", [lead(1, "L1")])
    with pytest.raises(ConfigurationError, match="no agreement lies here"):  # it was named: a slip is no silence
        list(capacity_lines(_job(tmp_path, calls_per_week=3)))
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    with pytest.raises(ConfigurationError, match="--by channel"):
        list(capacity_lines(_job(tmp_path, calls_per_week=3, by="channel")))
    finished_folder(tmp_path / "spoilt" / "scores", [lead(1, "L1")], opted_out=("L1",))
    with pytest.raises(DataContractError, match="scored and not scored"):
        list(capacity_lines(_job(tmp_path / "spoilt", calls_per_week=3)))
