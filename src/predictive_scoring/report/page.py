"""The page: one HTML file that needs no network, works without scripts and does more with them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from predictive_scoring.config.regions import Tag, language_of
from predictive_scoring.config.report import Report
from predictive_scoring.contract.words import LANGUAGES, Language
from predictive_scoring.explain.texts import Texts
from predictive_scoring.explain.visible import LONGEST, visible
from predictive_scoring.report import contents
from predictive_scoring.report.alike import Alike
from predictive_scoring.report.backdrop import Backdrop
from predictive_scoring.report.frequencies import denominator
from predictive_scoring.report.outlook import Outlooks
from predictive_scoring.report.payload import leads_data, packed, packed_text
from predictive_scoring.report.privacy import shown_text
from predictive_scoring.report.regions import told_language
from predictive_scoring.report.score_folder import ScoreFolder
from predictive_scoring.report.scripts import as_markup, charts_library, own_script, policy, tables_library
from predictive_scoring.report.sections import sections
from predictive_scoring.report.speakers import Speakers
from predictive_scoring.report.wording import LOCALE, Wording
from predictive_scoring.report.words_of_script import words_of_script
from predictive_scoring.storage import write_text

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(scores_dir: Path, tag: Tag, path: Path, settings: Report | None = None) -> None:
    """Write the page for a folder of scores, whole or not at all; see `render`."""
    language = language_of(tag)
    mark = f".{language}."  # report.en.html stands beside report.es.html
    siblings: dict[str, str] = {each: path.name.replace(mark, f".{each}.") for each in LANGUAGES if each != language}
    folder = ScoreFolder.load(scores_dir)
    write_text(path, render_page(folder, tag, settings or Report(), siblings if mark in path.name else {}))


def render(scores_dir: Path, tag: Tag, settings: Report | None = None) -> str:
    """Return the page for a folder of scores, as HTML text.

    Parameters
    ----------
    scores_dir
        What `predictive-scoring score` wrote: scores.parquet, not_scored.parquet, about.json, manifest.json, and what
        lies behind the best leads, if it was asked for.
    tag
        The language in which the page opens, perhaps with its region; values of users stay as they are.
    settings
        How many leads are listed and explained; the defaults if not given.

    Raises
    ------
    SourceUnreachableError
        If a file of the folder is missing.
    DataContractError
        If about.json does not fit this version.
    ConfigurationError
        If the scores are not told in that language, or for another region.
    """
    return render_page(ScoreFolder.load(scores_dir), tag, settings or Report())


def render_page(folder: ScoreFolder, tag: Tag, settings: Report, siblings: Mapping[str, str] | None = None) -> str:
    """Return the page for scores that are already open; `siblings` names the files of the other languages, if any."""
    language = told_language(folder, tag)
    told = [each for each in LANGUAGES if each == language or each in folder.languages]
    speakers = speakers_of(folder, tuple(told), settings)
    bodies = {each: _body(folder, each, speakers, settings, siblings or {}) for each in speakers.languages}
    others = [(each, Markup(packed_text(bodies[each]))) for each in bodies if each != language]  # noqa: S704 (base 64)
    data = packed(
        {
            "leads": leads_data(folder, speakers, settings),
            "words": {each: words_of_script(speakers.wording(each), folder) for each in speakers.languages},
        }
    )
    scripts = [as_markup(code()) for code in _SCRIPTS]
    return environment().get_template("page.html.j2").render(
        lang=speakers.wording(language).tag, scripts=scripts, policy=policy(scripts), others=others,
        body=Markup(bodies[language]),  # noqa: S704 (made by the template below)
        data=Markup(data), title=contents.title(folder, speakers.wording(language), settings),  # noqa: S704 (base 64)
    )  # fmt: skip


_SCRIPTS: tuple[Callable[[], str], ...] = (charts_library, tables_library, own_script)


def speakers_of(folder: ScoreFolder, languages: tuple[Language, ...], settings: Report) -> Speakers:
    """Return who speaks in each language, all counting in the same number of leads."""
    out_of = denominator(_base_rate(folder))
    texts = _texts().told_in(folder.about.regions)
    wordings = tuple(Wording(texts, language, out_of) for language in languages)
    backdrops = tuple(Backdrop(folder.background, wording, settings.pii) for wording in wordings)
    families = tuple(Alike(folder.about, wording) for wording in wordings)
    outlooks = tuple(Outlooks(folder, wording, settings.pii) for wording in wordings)
    return Speakers(languages, wordings, backdrops, families, outlooks)


def _body(
    folder: ScoreFolder, language: Language, speakers: Speakers, settings: Report, siblings: Mapping[str, str]
) -> str:

    def shown(text: str, longest: int = LONGEST) -> str:
        return visible(shown_text(text, settings.pii), longest)

    values: dict[str, Any] = sections(folder, speakers.told(language), settings)
    wording = speakers.wording(language)
    return environment().get_template("body.html.j2").render(
        lang=language, languages=speakers.languages, siblings=siblings, t=wording.say, number=wording.number,
        days=wording.days, percent=wording.percent, shown=shown, **values
    )  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> Texts:
    return Texts.packaged(LOCALE)


@lru_cache(maxsize=1)
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
