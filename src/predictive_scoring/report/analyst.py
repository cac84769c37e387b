"""The analyst's page: the same scores and model for other readers, who want intervals and the terms of the trade."""

from pathlib import Path
from typing import Any

from predictive_scoring.config.regions import Tag
from predictive_scoring.config.report import Report
from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.explain.visible import visible
from predictive_scoring.report import contents
from predictive_scoring.report.alike import families
from predictive_scoring.report.analyst_charts import (
    beeswarm_figure,
    calibration_figure,
    dependence_figure,
    lines_figure,
    origins_figure,
)
from predictive_scoring.report.analyst_drift import rate_rows, reason_facts, split_rows
from predictive_scoring.report.analyst_search import searched
from predictive_scoring.report.analyst_tables import baselines, model_name, origin_rows, slice_parts
from predictive_scoring.report.analyst_value import value_rows, value_total
from predictive_scoring.report.contributions import contributions
from predictive_scoring.report.evaluation_folder import EvaluationFolder
from predictive_scoring.report.figures import Figure
from predictive_scoring.report.page import environment, speakers_of
from predictive_scoring.report.regions import told_language
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.scripts import as_markup, charts_library, charts_script, policy
from predictive_scoring.report.wording import Wording
from predictive_scoring.storage import write_text


def write_analyst_page(
    scores: Path, evaluation: Path, language: Tag, path: Path, settings: Report | None = None
) -> None:
    """Write the page, whole or not at all; see `render_analyst`."""
    folder, judged = ScoreFolder.load(scores), EvaluationFolder.load(evaluation)
    write_text(path, render_analyst(folder, judged, language, settings or Report()))


def render_analyst(folder: ScoreFolder, judged: EvaluationFolder, language: Tag, settings: Report) -> str:
    """Return the page for scores and the judgement on their model, as HTML text."""
    speakers = speakers_of(folder, (told_language(folder, language),), settings)
    wording, backdrop = speakers.first, speakers.backdrops[0]
    scripts = [as_markup(code) for code in (charts_script(), charts_library())]
    quality = folder.about.evaluation
    return environment().get_template("analyst.html.j2").render(
        lang=wording.tag, t=wording.say, number=wording.number, shown=visible, about=folder.about, folder=folder,
        scripts=scripts, policy=policy(scripts), metrics=judged.metrics, documents=judged.documents,
        baselines=baselines(judged.metrics, wording), slices=slice_parts(judged.documents.get("slices", {}), backdrop),
        findings=contents.findings(quality, wording) if quality else [],
        promise=_promise(judged, wording), ledger=_words(judged.documents.get("ledger", {}), wording),
        splits=_words(judged.documents.get("splits", {}), wording),
        value_rows=value_rows(judged.metrics, wording), value_total=value_total(judged.metrics, wording),
        value_words=_words(judged.metrics.get("value", {}), wording),
        rates=rate_rows(judged.metrics, wording), split_rows=split_rows(judged.documents.get("splits", {}), wording),
        reason_facts=reason_facts(judged.documents.get("reasons", {}), wording),
        families=families(folder.about, wording), search=searched(judged.documents.get("search"), wording),
        **_figures(judged, wording), **_past(judged, wording), **_explained(folder, wording),
    )  # fmt: skip


def _figures(judged: EvaluationFolder, wording: Wording) -> dict[str, Figure | None]:
    say, locale = wording.say, wording.locale
    bins, gain = judged.curves.get("reliability_model"), judged.curves.get("gain")
    found: dict[str, Figure | None] = {"calibration": None, "gain": None, "lift": None}
    if bins is not None and len(bins):
        found["calibration"] = calibration_figure(bins, (say("an.said"), say("an.happened")), locale)
    if gain is not None and len(gain):
        rows = gain.rename(columns={"share_called": "x", "share_caught": "y"})
        rows["model"] = [model_name(name, wording) for name in rows["model"]]
        found["gain"] = lines_figure(rows, (say("an.called"), say("an.caught")), "gain", locale)
        lift = rows[rows["x"] > 0].assign(y=lambda each: each["y"] / each["x"])
        found["lift"] = lines_figure(lift, (say("an.called"), say("an.lift")), "lift", locale)
    return found


def _past(judged: EvaluationFolder, wording: Wording) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, key, entries in (("backtest", "origin", "origins"), ("staleness", "months_back", "models")):
        document = judged.documents.get(name, {})
        rows = origin_rows(document.get(entries) or [], key, wording)
        points = [row["point"] for row in rows if row["point"] is not None]
        found[name] = rows
        found[f"{name}_figure"] = origins_figure(points, "ROC AUC", name, wording.locale) if len(points) > 1 else None
        found[f"{name}_none"] = _words(document.get("why_none") or {}, wording)
    return found


def _explained(folder: ScoreFolder, wording: Wording) -> dict[str, Any]:
    if not folder.scores.num_rows or not folder.about.concepts:
        return {"beeswarm": None, "dependences": []}
    found, locale = contributions(folder, wording), wording.locale
    swarm = found.rows.drop(columns=["value", "number"]).round(4)
    dependences = []
    for place, name in enumerate(found.with_numbers):
        own = found.rows[found.rows["concept"] == name].dropna(subset="number")
        points = own.assign(value=own["number"], points=own["points"].round(4))[["value", "points"]]
        axes = str(own["word"].iloc[0]), wording.say("an.points")
        dependences.append(dependence_figure(points, axes, f"dependence{place}", locale))
    return {"beeswarm": beeswarm_figure(swarm, wording.say("an.points"), locale), "dependences": dependences}


def _promise(judged: EvaluationFolder, wording: Wording) -> dict[str, Any] | None:
    promise = judged.metrics.get("promise")
    if not promise:
        return None
    checks = [{"holds": check["holds"], "text": _words(check, wording)} for check in promise["checks"]]
    return {"state": promise["state"], "checks": checks}


def _words(document: dict[str, Any] | str, wording: Wording) -> str:
    """Return a sentence of a document in the page's language, '' where it has none."""
    if isinstance(document, str):
        return visible(document, 400)
    words = document.get("words", document)
    text = words.get(wording.language) if isinstance(words, dict) else None
    if not isinstance(text, str) or not text:
        return ""
    said = capitalised(visible(text, 600))
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."
