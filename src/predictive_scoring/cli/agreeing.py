"""What `agreement check` and `agreement page` do and say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from predictive_scoring.agreement.definition import Agreement, Version, load_agreement
from predictive_scoring.agreement.doubts import doubts
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.cli.checking import USUAL_TARGET
from predictive_scoring.cli.language import language as spoken
from predictive_scoring.cli.project import PARAMS_FILE, project_params, reading
from predictive_scoring.config.params import Params
from predictive_scoring.contract.source_file import load_source
from predictive_scoring.contract.words import Words
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.profile_history import ProfileHistory, profile_history
from predictive_scoring.handoff.told_check import doubts_told, fits_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder


@dataclass(frozen=True)
class PageJob:
    """What `agreement page` was asked for."""

    file: Path
    source: Path
    out: Path
    lang: str
    on: str
    history: bool
    target: str
    params: Path = PARAMS_FILE


def check_lines(
    file: Path, source: Path, *, params: Path = PARAMS_FILE, lang: str = "en", as_json: bool
) -> Iterator[str]:
    """Read both, and yield that they fit each other, and what the agreement's defaults leave empty.

    Raises
    ------
    ConfigurationError
        If the language is none, or they do not: everything that the history does not know, and what may have been
        meant.
    """
    voice = Voice(spoken(lang), Words())
    agreement = load_agreement(file)
    with scratch_folder() as scratch:
        history = extract(source, scratch / "history", reading(params))
        refuse_unknown_names(history, agreement)
        warnings = list(doubts_told(doubts(history, agreement), voice))
    days = [version.valid_from for version in agreement.versions]
    if as_json:
        record = {"agreement": str(file), "source": history.facts.name, "versions": days, "warnings": warnings}
        yield json.dumps({**record, "ok": True}, ensure_ascii=False)
    else:
        yield from (voice.say("check.warning", said=warning) for warning in warnings)
        yield fits_told(str(file), len(days), history.facts.name, voice)


def page_lines(job: PageJob) -> Iterator[str]:
    """Write the page and yield where history disagrees with the profile, and where the page is.

    Raises
    ------
    ConfigurationError
        If the language, the date or the target is none, or history is asked and does not know the agreement's names.
    """
    from predictive_scoring.report.agreement_history import findings  # noqa: PLC0415
    from predictive_scoring.report.agreement_page import Background, write_agreement_page  # noqa: PLC0415  (templates)

    language = spoken(job.lang)
    if job.out.is_dir():
        raise ConfigurationError(
            f"{job.out}: a folder", fix=f"give a file's name, for instance {job.out}/agreement.html"
        )
    agreement, source = load_agreement(job.file), load_source(job.source)
    version = _version(agreement, job.on)
    found = _history(job, version) if job.history else None
    background = Background(source.name, source.words, source.simulated, found)
    write_agreement_page(agreement, version, background, language, job.out)
    if found is not None:
        voice = Voice(language, source.words)
        yield from list(findings(found, voice)) or [voice.say("check.nothing_against")]
    yield str(job.out)


def _version(agreement: Agreement, on: str) -> Version:
    if not on:
        return agreement.versions[-1]
    try:
        return agreement.on(date.fromisoformat(on))
    except ValueError:
        raise ConfigurationError("--on: not a date", found=repr(on), expected="like 2025-04-01") from None


def _history(job: PageJob, version: Version) -> ProfileHistory:
    params = project_params(job.params) or Params(source=job.source, targets=USUAL_TARGET)
    name = job.target or next(iter(params.targets))
    if name not in params.targets:
        raise ConfigurationError(f"--target: no target {name!r}", found=sorted(params.targets))
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", params.extract)
        refuse_unknown_names(history, Agreement(versions=(version,)))
        return profile_history(history, version, params.targets[name], params.snapshots)
