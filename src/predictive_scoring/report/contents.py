"""Everything the template shows but the leads: sentences, tiles, tables and figures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from predictive_scoring.config.report import Report
from predictive_scoring.explain.reference import ENGAGEMENT
from predictive_scoring.explain.speaker import capitalised
from predictive_scoring.explain.visible import visible
from predictive_scoring.report.figures import Figure, concept_figure, grade_figure
from predictive_scoring.report.privacy import shown_text
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import Wording
from predictive_scoring.scoring.about import About, GradeRate, Quality

TOO_FEW = 30  # leads; below, a rate says too little to be shown
N_CONCEPTS = 12
_LONGEST_FINDING = 600
_FLAT = ("rows", "source", "estimate")
_LEAD_STAGES = frozenset({"stage_mql", "stage_sql"})


@dataclass(frozen=True)
class Fact:
    """A name, what is so named, and a note that may be empty."""

    name: str
    text: str
    note: str


@dataclass(frozen=True)
class Tile:
    """A number that is seen first, and what it counts."""

    number: str
    text: str


def tells_value(folder: ScoreFolder) -> bool:
    """Tell whether the page shows expected value: the scores have it, and chances may be shown."""
    return "expected_value" in folder.scores.column_names and chances_hold(folder.about)


def stage_word(about: About, wording: Wording) -> str:
    """Return what the target's stage is called."""
    return wording.word(about.stage_word) if about.stage_word else visible(about.stage or about.target)


def horizon_days(about: About) -> int | None:
    """Return within how many days a chance is meant, None where outcomes have no date."""
    return None if about.flat else about.horizon_days


def tells_engagement(about: About) -> bool:
    """Return whether anything is known of what leads did: without it their engagement is the same for all."""
    return any(concept.group in ENGAGEMENT for concept in about.concepts)


def lede(folder: ScoreFolder, wording: Wording) -> str:
    """Return the sentence that says what the page is."""
    about, n = folder.about, folder.scores.num_rows
    number, stage = wording.number(n), stage_word(about, wording)
    days = horizon_days(about)
    if days is None:
        return wording.say("about.what_flat", n=n, number=number, stage=stage)
    key = "about.what_value" if folder.by_value else "about.what"
    return wording.say(key, n=n, number=number, stage=stage, days=wording.days(days))


def title(folder: ScoreFolder, wording: Wording, settings: Report) -> str:
    """Return the title of the page's window."""
    return f"{wording.say('title')} · {visible(shown_text(folder.about.source_name, settings.pii))}"


def opening(folder: ScoreFolder, wording: Wording, calls_per_week: int) -> list[str]:
    """Return what must be read first: what this is, how good it was, what the week's calls should bring."""
    said = [lede(folder, wording)]
    if folder.about.evaluation is not None and chances_hold(folder.about):
        said += _how_good(folder.about.evaluation, wording)
    n = folder.scores.num_rows
    called = min(calls_per_week, n)
    if n and chances_hold(folder.about):
        probability = folder.scores["probability"].to_numpy()
        first, random = float(probability[:called].sum()), float(np.mean(probability)) * called
        counts = {"first": wording.count(first), "random": wording.count(random), "number": wording.number(called)}
        said.append(wording.say("top.calls", n=called, **counts))
    return said


def _how_good(quality: Quality, wording: Wording) -> list[str]:
    enough = [rate for rate in quality.by_grade if rate.n >= TOO_FEW]
    if len(enough) < 2:
        return []
    best, worst = enough[0], enough[-1]
    key = "top.good" if n_looks(quality) is None else "top.good_looks"
    rates = {"best_rate": wording.chance(best.rate), "worst_rate": wording.chance(worst.rate)}
    return [wording.say(key, 1, best=best.grade, worst=worst.grade, **rates)]


def model_facts(folder: ScoreFolder, wording: Wording) -> list[Fact]:
    """Return the model card in short, and where the whole card and the record of the decision stand."""
    about, say = folder.about, wording.say
    quality = about.evaluation
    limits = "; ".join([*(f"{grade} ≥ {wording.percent_of(least)}" for grade, least in about.grades.items()), "D"])
    facts = [Fact(say("model.version"), visible(about.model_version), ""), Fact(say("model.grades"), limits, "")]
    if about.trained_until is not None:
        facts.append(Fact(say("model.learned"), wording.day(about.trained_until), ""))
    if quality is not None:
        auc = wording.number(quality.auc, 3)
        if quality.auc_low is not None and quality.auc_high is not None:
            auc += f" ({wording.number(quality.auc_low, 3)}–{wording.number(quality.auc_high, 3)})"
        facts.append(Fact(say("model.checked"), wording.number(quality.n_leads), say("model.checked_note")))
        facts.append(Fact(say("model.auc"), auc, say("model.auc_note")))
        holds = say("model.calibrated_yes" if quality.calibration_holds else "model.calibrated_no")
        facts.append(Fact(say("model.calibrated"), holds, ""))
    return [*facts, *(Fact(say(f"model.{key}"), say(f"model.{key}_text"), "") for key in ("card", "why"))]


def freshness(about: About, wording: Wording) -> list[Fact]:
    """Return what the scores know, until when they hold and what the model learned from."""
    days, say = horizon_days(about), wording.say
    if days is None or about.as_of is None:
        return [Fact(*(say(f"fresh.{key}{part}") for part in ("", "_text", "_note"))) for key in _FLAT]
    until = (about.as_of + timedelta(days=days)).date()
    trained = about.trained_until.date() if about.trained_until else None
    checked = about.evaluation.window_from if about.evaluation else None
    was_checked_later = trained is not None and checked is not None and trained <= checked
    return [
        Fact(say("fresh.as_of"), wording.day(about.as_of), say("fresh.as_of_note")),
        Fact(say("fresh.until"), wording.day(until), say("fresh.until_note")),
        Fact(say("fresh.learned"), wording.day(trained), say("fresh.learned_note") if was_checked_later else ""),
    ]


def tiles(folder: ScoreFolder, wording: Wording, calls_per_week: int) -> list[Tile]:
    """Return how many leads there are, how many of the best grade, and what calling the first ones should bring."""
    about, n = folder.about, folder.scores.num_rows
    best = next(iter(about.grades), "A")
    in_best = folder.count_by_grade().get(best, 0)
    shown = [
        Tile(wording.number(n), wording.say("tile.leads_flat" if about.flat else "tile.leads")),
        Tile(wording.number(in_best), wording.say("tile.top", grade=best)),
    ]
    if n and chances_hold(about):
        probability = folder.scores["probability"].to_numpy()
        called = min(calls_per_week, n)
        first, random = float(probability[:called].sum()), float(np.mean(probability)) * called
        shown.append(Tile(wording.count(first), wording.say("tile.expected", number=wording.number(called))))
        shown.append(Tile(wording.count(random), wording.say("tile.random", number=wording.number(called))))
    return shown


def chances_hold(about: About) -> bool:
    """Return whether chances may be shown: not if they failed against what happened."""
    return about.chances_hold


def n_looks(quality: Quality) -> int | None:
    """Return how often the leads of the test were looked at, None if once each: then looks are leads."""
    looks = sum(rate.n for rate in quality.by_grade)
    return looks if looks > quality.n_leads else None


def quality_sentences(about: About, quality: Quality, wording: Wording) -> list[str]:
    """Return in plain words how the model did on leads it had never seen."""
    said = [wording.say("good.unseen", n=quality.n_leads, number=wording.number(quality.n_leads))]
    base, looks = wording.chance(quality.base_rate), n_looks(quality)
    if quality.window_from and quality.window_until:
        start, end = wording.day(quality.window_from), wording.day(quality.window_until)
        said.append(wording.say("good.between", start=start, end=end))
    if looks is not None:
        days = wording.days(horizon_days(about) or 0)
        said.append(wording.say("good.looks", number=wording.number(looks), days=days, frequency=base))
    else:
        said.append(wording.say("good.base", frequency=base))
    if quality.lift is not None and quality.lift_share is not None and quality.caught is not None:
        share, caught = wording.percent(quality.lift_share), wording.percent(quality.caught)
        said.append(wording.say("good.lift", share=share, caught=caught, lift=wording.number(quality.lift, 1)))
    out_of_100 = Wording(wording.texts, wording.language, 100)
    return [*said, wording.say("good.order", frequency=out_of_100.chance(quality.auc))]


def findings(quality: Quality, wording: Wording) -> list[str]:
    """Return what a reader must be told before believing a score, as sentences."""
    said = [capitalised(wording.word(finding, _LONGEST_FINDING)) for finding in quality.findings]
    return [text if text.endswith((".", "!", "?", "…")) else f"{text}." for text in said]


def grade_rows(quality: Quality, wording: Wording) -> list[dict[str, str]]:
    """Return the table of grades: how many converted, as a frequency and its range."""
    return [_grade_row(rate, wording) for rate in quality.by_grade]


def _grade_row(rate: GradeRate, wording: Wording) -> dict[str, str]:
    few = rate.n < TOO_FEW
    return {
        "grade": rate.grade,
        "n": wording.number(rate.n),
        "converted": wording.number(rate.converted),
        "rate": wording.say("good.few") if few else wording.chance(rate.rate),
        "range": "" if few else wording.chances(rate.low, rate.high),
    }


def grades_drawn(quality: Quality, wording: Wording) -> Figure | None:
    """Return the figure of conversions by grade, None if no grade has enough leads."""
    enough = [rate for rate in quality.by_grade if rate.n >= TOO_FEW]
    rows: list[dict[str, Any]] = [
        {"grade": rate.grade}
        | {name: round(getattr(rate, name) * wording.out_of, 4) for name in ("rate", "low", "high")}
        for rate in enough
    ]
    counted = "good.axis" if n_looks(quality) is None else "good.axis_looks"
    axis = wording.say(counted, out_of=wording.number(wording.out_of))
    return grade_figure(rows, axis, wording.locale) if rows else None


def concept_rows(about: About, wording: Wording) -> list[dict[str, Any]]:
    """Return the concepts that move chances most, greatest first; `points` of a hundred."""
    strongest = sorted(about.concepts, key=lambda concept: (-concept.mean_abs_points, concept.name))[:N_CONCEPTS]
    return [
        {
            "word": wording.word(concept.word),
            "group": wording.say(f"group.{concept.group}"),
            "points": round(100 * concept.mean_abs_points, 4),
            "said": wording.number(100 * concept.mean_abs_points, wording.decimals + 1),
        }
        for concept in strongest
        if concept.mean_abs_points > 0
    ]


def concepts_drawn(rows: list[dict[str, Any]], wording: Wording) -> Figure | None:
    """Return the figure of the strongest concepts, None if there are none."""
    drawn = [{"word": row["word"], "points": row["points"]} for row in rows]
    return concept_figure(drawn, wording.say("overall.axis"), wording.locale) if drawn else None


def left_out(folder: ScoreFolder, wording: Wording) -> list[dict[str, str]]:
    """Return why leads were not scored and how many, most first; unreadable rows last."""
    ordered = sorted(folder.not_scored.items(), key=lambda item: (-item[1], item[0]))
    rows = [{"reason": _left_reason(reason, wording), "n": wording.number(n)} for reason, n in ordered]
    if folder.about.quarantined:
        reason = wording.say("left.quarantined")
        rows.append({"reason": reason, "n": wording.number(folder.about.quarantined)})
    return rows


def _left_reason(reason: str, wording: Wording) -> str:
    key = f"left.{reason}"
    return wording.say(key) if wording.texts.has(key) else visible(reason.replace("_", " "))


def glossary(about: About, wording: Wording) -> list[tuple[str, str]]:
    """Return the page's words and what they mean."""
    limits = [wording.say("words.limit", grade=grade, chance=wording.chance(p)) for grade, p in about.grades.items()]
    stage = stage_word(about, wording)
    horizon = horizon_days(about)
    days = {} if horizon is None else {"days": wording.days(horizon)}
    values = {
        "convert": {"stage": stage, **days},
        "chance": {"level": wording.percent(about.interval_level)},
        "grade": {"limits": "; ".join([*limits, wording.say("words.rest")])},
    }
    engagement = ["engagement"] if tells_engagement(about) else []
    keys = ["lead", "convert", "chance", "score", "grade", "fit", *engagement, "points"]
    if _LEAD_STAGES & {concept.name for concept in about.concepts}:
        keys.append("mql")
    texts = {key: f"words.{key}_text" for key in keys}
    if horizon is None:
        texts["convert"] = "words.convert_flat_text"
    return [(wording.say(f"words.{key}"), wording.say(texts[key], 1, **values.get(key, {}))) for key in keys]
