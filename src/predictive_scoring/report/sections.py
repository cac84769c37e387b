"""Everything the body of the page shows, by the names that its templates use."""

from typing import Any

import pyarrow.compute as pc

from predictive_scoring.config.report import Report
from predictive_scoring.report import contents
from predictive_scoring.report.backdrop import Backdrop
from predictive_scoring.report.calling import capacities, curve_rows, said, told_rows
from predictive_scoring.report.charts import calls_figure, range_figure, trend_figure
from predictive_scoring.report.drivers import drivers
from predictive_scoring.report.figures import Figure, as_data
from predictive_scoring.report.leads import Told, shown_leads
from predictive_scoring.report.parts import BANDS, ShownPart, grid, month_points, part_points, shown_parts
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.background import Part

LEADS_PER_PAGE = 25


def sections(folder: ScoreFolder, told: Told, settings: Report) -> dict[str, Any]:
    """Return the values of the templates of the body, for one language."""
    backdrop, wording = told.backdrop, told.backdrop.wording
    return {
        **_head(folder, wording, settings),
        **_listed(folder, told, settings),
        **_calling(folder, wording, settings),
        **_compared(folder, backdrop),
        **_judged(folder, wording),
        "drivers": drivers(folder.about, wording),
        "left": contents.left_out(folder, wording),
        "glossary": contents.glossary(folder.about, wording),
        "model_facts": contents.model_facts(folder, wording),
    }


def _head(folder: ScoreFolder, wording: Wording, settings: Report) -> dict[str, Any]:
    about = folder.about
    return {
        "folder": folder,
        "about": about,
        "settings": settings,
        "horizon": contents.horizon_days(about),
        "engaged": contents.tells_engagement(about),
        "chances": contents.chances_hold(about),
        "sentences": contents.opening(folder, wording, settings.calls_per_week),
        "freshness": contents.freshness(about, wording),
        "tiles": contents.tiles(folder, wording, settings.calls_per_week),
        "grades": [*about.grades, "D"],
    }


def _listed(folder: ScoreFolder, told: Told, settings: Report) -> dict[str, Any]:
    n_rows = folder.scores.num_rows
    leads = shown_leads(folder, min(settings.n_explained, settings.n_leads), told)
    backdrop, background, wording = told.backdrop, folder.background, told.backdrop.wording
    words = {"channel": background.channel_word, "segment": background.segment_word}
    return {
        "lead_pages": [leads[start : start + LEADS_PER_PAGE] for start in range(0, len(leads), LEADS_PER_PAGE)],
        "n_static": len(leads),
        "average": wording.chance(_average(folder)) if n_rows else "",
        "n_live": min(settings.n_leads, n_rows),
        "n_hidden": n_rows - min(settings.n_leads, n_rows),
        "has": {
            "channel": background.channel is not None,
            "segment": background.segment is not None,
            "stage": bool(background.words.stages) and folder.context is not None and not folder.about.flat,
            "created": folder.context is not None and bool(background.months),
            "value": contents.tells_value(folder),
        },
        "dimension": {name: backdrop.attribute(attribute) if (attribute := getattr(background, name)) else ""
                      for name in words},
    }  # fmt: skip


def _average(folder: ScoreFolder) -> float:
    """Return the average chance that reasons start from, of the leads whom the shared model speaks of if there are any.

    In a segment with a model of its own they start from its average lead's.
    """
    shared = pc.equal(folder.scores["model_version"], folder.about.model_version)
    by_speaker = folder.scores["base_probability"].filter(shared)
    return float((by_speaker if len(by_speaker) else folder.scores["base_probability"])[0].as_py())


def _calling(folder: ScoreFolder, wording: Wording, settings: Report) -> dict[str, Any]:
    if not folder.scores.num_rows or not contents.chances_hold(folder.about):
        return {"calling": [], "calling_table": [], "calling_figure": None, "calling_data": "", "calling_at": 0}
    found = capacities(folder, settings.calls_per_week)
    shown = [said(each, wording, by_value=folder.by_value) for each in found]
    calls = min(settings.calls_per_week, folder.scores.num_rows)
    axes = wording.say("calling.across"), wording.say("calling.up")
    return {
        "calling": shown,
        "calling_table": told_rows(shown, calls),
        "calling_figure": calls_figure(curve_rows(found, shown), axes, calls, wording.locale),
        "calling_data": as_data([{"calls": row.calls, "number": row.number, "said": row.sentence} for row in shown]),
        "calling_at": next(place for place, row in enumerate(shown) if row.calls == calls),
    }


def _compared(folder: ScoreFolder, backdrop: Backdrop) -> dict[str, Any]:
    background, wording, level = folder.background, backdrop.wording, folder.about.interval_level
    holds = contents.chances_hold(folder.about)
    trend = month_points(background.months, wording) if holds else []
    axis = wording.say("drivers.axis", out_of=wording.number(wording.out_of))
    engaged = contents.tells_engagement(folder.about) and folder.scores.num_rows > 0
    return {
        "parts": [
            (name, *_parts(parts, getattr(background, name), name, backdrop, level))
            for name, parts in (("channel", background.channels), ("segment", background.segments))
            if parts
        ],
        "trend_figure": trend_figure(trend, axis, wording.locale) if len(trend) > 1 else None,
        "trend": trend,
        "grid": grid(folder.scores, wording) if engaged else [],
        "grid_bands": [f"{low}–{high}" for low, high in BANDS],
    }


def _parts(
    parts: tuple[Part, ...], attribute: str | None, name: str, backdrop: Backdrop, level: float
) -> tuple[list[ShownPart], Figure | None]:
    wording = backdrop.wording
    rows = shown_parts(parts, attribute, backdrop, level)
    points = part_points(parts, rows, wording, level)
    axis = wording.say("drivers.axis", out_of=wording.number(wording.out_of))
    return rows, range_figure(points, axis, f"parts-{name}", wording.locale) if len(points) > 1 else None


def _judged(folder: ScoreFolder, wording: Wording) -> dict[str, Any]:
    about, quality = folder.about, folder.about.evaluation
    concepts = contents.concept_rows(about, wording)
    return {
        "quality": quality,
        "quality_sentences": contents.quality_sentences(about, quality, wording) if quality else [],
        "looks": contents.n_looks(quality) is not None if quality else False,
        "findings": contents.findings(quality, wording) if quality else [],
        "grade_rows": contents.grade_rows(quality, wording) if quality else [],
        "grade_figure": contents.grades_drawn(quality, wording) if quality else None,
        "concepts": concepts,
        "concept_figure": contents.concepts_drawn(concepts, wording),
    }
