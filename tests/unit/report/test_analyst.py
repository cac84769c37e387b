"""The analyst's page: what evaluation wrote, whether it wrote all of it or little."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from page_of_leads import scores_of_leads
from predictive_scoring.config.report import Report
from predictive_scoring.errors import SourceUnreachableError
from predictive_scoring.report.analyst import render_analyst
from predictive_scoring.report.analyst_search import searched
from predictive_scoring.report.analyst_tables import slice_parts
from predictive_scoring.report.contributions import contributions
from predictive_scoring.report.evaluation_folder import EvaluationFolder
from predictive_scoring.report.page import speakers_of
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.storage import write_json, write_text


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def origin(**also: Any) -> dict[str, Any]:
    return {"leads": 100, "converting_leads": 9, "rate": 0.09, "mean_probability": 0.08, "roc_auc": figure(0.8),
            "caught_at_20pct": figure(0.6), **also}  # fmt: skip


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    folder = tmp_path / "evaluation"
    model = {name: figure(0.7) for name in ("roc_auc", "average_precision", "caught_at_20pct", "log_loss", "brier")}
    metrics = {"model": model, "logistic": model, "window": {"leads": 4269, "snapshots": 46_637}}
    check = {"name": "chart", "holds": False, "words": {"en": "The chart fails.", "es": "El gráfico falla."}}
    write_json(folder / "metrics.json", metrics | {"promise": {"state": "rank only", "checks": [check]}})
    write_json(folder / "backtest.json", {"origins": [origin(origin=f"2024-0{i}-01T00:00:00Z") for i in (1, 4)]})
    write_json(folder / "staleness.json", {"models": [], "why_none": "too short a history"})
    part = {"name": "channel", "word": {"en": "channel", "es": "canal"},
            "feature": "lead__channel",
            "slices": [{"slice": "<b>ads</b>", "leads": 40, "rate": 0.1, "low": 0.05, "high": 0.2,
                        "mean_probability": 0.3, "roc_auc": None, "holds": False}]}  # fmt: skip
    write_json(folder / "slices.json", {"parts": [part]})
    bins = "predicted,observed,low,high,n\n0.1,0.12,0.08,0.2,100\n0.3,0.28,0.2,0.4,100\n"
    write_text(folder / "reliability_model.csv", bins)
    write_text(folder / "gain.csv", "model,share_called,share_caught\nmodel,0,0\nmodel,0.5,0.9\nmodel,1,1\n")
    return folder


def page(tmp_path: Path, evaluation: Path, language: Any = "en") -> str:
    scores = ScoreFolder.load(scores_of_leads(tmp_path / f"scores-{language}", 60))
    html = render_analyst(scores, EvaluationFolder.load(evaluation), language, Report())
    return re.sub(r'<script type="module">.*?</script>', "", html, flags=re.DOTALL)


def test_every_table_and_figure_is_there(tmp_path: Path, evaluation: Path) -> None:
    html = page(tmp_path, evaluation)
    figures = re.findall(r'data-figure="([\w]+)"', html)
    assert {"calibration", "gain", "lift", "backtest", "beeswarm"} <= set(figures)
    assert "0.700 (0.650–0.750)" in html
    assert "Rank only: at least one check fails" in html
    assert "✗ The chart fails." in html
    assert "2024-04-01" in html
    assert "too short a history" in html
    for spec in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL):
        json.loads(spec)


def test_J01_words_of_slices_are_text(tmp_path: Path, evaluation: Path) -> None:
    html = page(tmp_path, evaluation)
    assert "&lt;b&gt;ads&lt;/b&gt;" in html
    assert "<b>ads</b>" not in html


def test_L02_the_spanish_page_speaks_spanish(tmp_path: Path, evaluation: Path) -> None:
    html = page(tmp_path, evaluation, "es")
    assert "Cómo se juzgó el modelo" in html
    assert "0,700 (0,650–0,750)" in html
    assert not re.search(r"\b(Rank only|Calibration|happened|caught)\b", html)


def test_an_evaluation_of_an_older_version_still_makes_a_page(tmp_path: Path, evaluation: Path) -> None:
    for name in ("backtest.json", "staleness.json", "slices.json", "gain.csv"):
        (evaluation / name).unlink()
    assert page(tmp_path, evaluation).count("Not computed in this run.") == 4  # the three and the search


def test_a_folder_without_metrics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match=r"metrics\.json"):
        EvaluationFolder.load(tmp_path)


def test_values_that_are_no_numbers_have_no_rank(tmp_path: Path) -> None:
    folder = ScoreFolder.load(scores_of_leads(tmp_path / "scores", 30))
    found = contributions(folder, speakers_of(folder, ("en",), Report()).first).rows
    assert set(found["rank"]) <= {-1.0} | set(found["rank"][found["number"].notna()])


def test_drift_splits_reasons_and_families_are_told_where_evaluation_has_them(tmp_path: Path, evaluation: Path) -> None:
    assert "Drift of the rate" not in page(tmp_path, evaluation)
    rate = {"leads": 40, "rate": 0.025, "low": 0.02, "high": 0.03}
    metrics = json.loads((evaluation / "metrics.json").read_text())
    metrics |= {"windows": {"train": rate, "test": rate}}
    metrics |= {"months": [{"month": "2025-06", **rate, "mean_probability": 0.041, "holds": False}]}
    write_json(evaluation / "metrics.json", metrics)
    by = {"roc_auc": figure(0.8), "caught_at_20pct": figure(0.6), "log_loss": figure(0.1)}
    write_json(evaluation / "splits.json", {"by_time": by, "by_lead": by, "words": {"en": "two", "es": "dos"}})
    signs = {"agrees": 0.61, "contradicts": 0.17, "unclear": 0.22}
    told = {"share_of_first_3": 0.29, "share_of_first_6": 0.46, "reasons_for_80pct": 18.0}
    measured = {"adds_up": 2e-16, "signs": {"all": signs, "first": signs}, "coverage": told, "deletion": {"ratio": 3.2}}
    write_json(evaluation / "reasons.json", measured)
    seen = {language: page(tmp_path / language, evaluation, language) for language in ("en", "es")}
    for text in ("2025-06", "4.1%", "last window", "leads at random", "2.0e-16", "17.0% contradict", "3.2 times"):
        assert text in seen["en"]
    assert "Job level and income" in seen["en"]
    assert "Nivel del cargo e ingresos" in seen["es"]
    assert "3,2 veces más" in seen["es"]
    assert not re.search(r"\b(agree|contradict|Drift|window|random)\b", re.sub(r"<script.*?</script>", "", seen["es"]))


@pytest.mark.parametrize(
    ("feature", "raw", "said"),
    [
        ("account__employees", "00010 to 49", "10–49"),
        ("account__employees", "01000 and more", "1.000 o más"),
        ("account__country", "not known", "no se sabe"),
        ("colleagues__known", "new", "no se conocía"),
        ("lead__email_kind", "free", "servicio de correo gratuito"),
        ("account__segment", "big_shops", "Big shops"),
        ("lead__customer_type", "new", "New"),  # a value of the source's, though evaluate calls a slice so too
        ("lead__cohort", "2019 to 2020", "2019 to 2020"),
    ],
)
def test_a_slice_is_called_what_readers_call_it(tmp_path: Path, feature: str, raw: str, said: str) -> None:
    folder = ScoreFolder.load(scores_of_leads(tmp_path / "scores", 5))
    backdrop = speakers_of(folder, ("es",), Report()).backdrops[0]
    name = feature.partition("__")[2]
    slice_ = {"slice": raw, "leads": 40, "rate": 0.1, "low": 0.05, "high": 0.2, "mean_probability": 0.3}
    part = {"name": name, "feature": feature, "word": {"en": name, "es": name}, "slices": [slice_]}
    assert slice_parts({"parts": [part]}, backdrop)[0]["rows"][0]["name"] == said


def trial(number: int, loss: float | None, *, kept: bool = False) -> dict[str, Any]:
    settings = {"num_leaves": 7 + number, "learning_rate": 0.0512345}
    return {"number": number, "ended": "complete" if loss else "pruned", "loss": loss, "losses": [], "kept": kept,
            "settings": settings}  # fmt: skip


SEARCH = {
    "trials": 3, "given_up": 1, "default_loss": 0.1212, "best_loss": 0.1188, "kept": True, "settings": {},
    "tried": [trial(0, 0.1212), trial(1, None), trial(2, 0.1188, kept=True)],
}  # fmt: skip


def test_the_search_for_settings_is_told_the_trial_that_was_kept_first(tmp_path: Path, evaluation: Path) -> None:
    write_json(evaluation / "search.json", SEARCH)
    html = page(tmp_path, evaluation, "es")
    assert "Pruebas: 3; abandonadas pronto: 1." in html
    assert "0,1188 en leads apartados; los ajustes tal como estaban, 0,1212" in html
    wording = speakers_of(ScoreFolder.load(scores_of_leads(tmp_path / "s", 5)), ("es",), Report()).first
    found = searched(SEARCH, wording)
    assert found.columns == ("num_leaves", "learning_rate")
    assert found.rows == (
        ("2", "0,1188", "conservada", "9", "0,05123"),
        ("0", "0,1212", "terminada", "7", "0,05123"),
        ("1", "–", "abandonada", "8", "0,05123"),
    )


def test_where_no_search_ran_the_page_says_so_and_where_nothing_was_noted_too(tmp_path: Path, evaluation: Path) -> None:
    assert "Not computed in this run" in page(tmp_path, evaluation).partition("How settings were looked for")[2][:200]
    write_json(evaluation / "search.json", {"trials": 0})
    assert "Nobody looked for better settings" in page(tmp_path / "none", evaluation)
    before = {name: value for name, value in SEARCH.items() if name != "tried"}
    write_json(evaluation / "search.json", before | {"kept": False})
    assert "so the settings stayed as they were" in page(tmp_path / "before", evaluation)
