"""The page: one HTML file that needs no network and no script."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from predictive_scoring.config.report import Report
from predictive_scoring.contract.words import Language
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import visible
from predictive_scoring.report import contents
from predictive_scoring.report.frequencies import denominator
from predictive_scoring.report.leads import shown_leads
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.wording import LOCALE, Wording
from predictive_scoring.storage import write_text

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(scores_dir: Path, language: Language, path: Path, settings: Report | None = None) -> None:
    """Write the page for a folder of scores, whole or not at all; see `render`."""
    write_text(path, render(scores_dir, language, settings))


def render(scores_dir: Path, language: Language, settings: Report | None = None) -> str:
    """Return the page for a folder of scores, as HTML text.

    Parameters
    ----------
    scores_dir
        What `predictive-scoring score` wrote: scores.parquet, not_scored.parquet, about.json, manifest.json.
    language
        Of everything on the page; values of users stay as they are.
    settings
        How many leads are listed and explained; the defaults if not given.

    Raises
    ------
    SourceUnreachableError
        If a file of the folder is missing.
    DataContractError
        If about.json does not fit this version.
    """
    return render_page(ScoreFolder.load(scores_dir), language, settings or Report())


def render_page(folder: ScoreFolder, language: Language, settings: Report) -> str:
    """Return the page for scores that are already open."""
    about, quality = folder.about, folder.about.evaluation
    wording = Wording(_texts(), language, denominator(_base_rate(folder)))
    concepts = contents.concept_rows(about, wording)
    leads = shown_leads(folder.scores.slice(0, settings.n_leads), settings.n_explained, wording)
    return environment().get_template("page.html.j2").render(
        lang=language, t=wording.say, number=wording.number, shown=visible,
        folder=folder, about=about, settings=settings,
        horizon=contents.horizon_days(about), engaged=contents.tells_engagement(about),
        lede=contents.lede(folder, wording), freshness=contents.freshness(about, wording),
        tiles=contents.tiles(folder, wording, settings.calls_per_week),
        chances=contents.chances_hold(about),
        quality=quality,
        quality_sentences=contents.quality_sentences(about, quality, wording) if quality else [],
        looks=contents.n_looks(quality) is not None if quality else False,
        findings=contents.findings(quality, wording) if quality else [],
        grade_rows=contents.grade_rows(quality, wording) if quality else [],
        grade_figure=contents.grades_drawn(quality, wording) if quality else None,
        grades=[*about.grades, "D"], leads=leads, n_hidden=folder.scores.num_rows - len(leads),
        concepts=concepts, concept_figure=contents.concepts_drawn(concepts, wording),
        left=contents.left_out(folder, wording), glossary=contents.glossary(about, wording),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> Texts:
    return Texts.packaged(LOCALE)


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, and an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _base_rate(folder: ScoreFolder) -> float:
    if folder.about.evaluation is not None:
        return folder.about.evaluation.base_rate
    return float(folder.scores["base_probability"][0].as_py()) if folder.scores.num_rows else 0.1
