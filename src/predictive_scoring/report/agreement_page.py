"""The page that marketing and sales sign: an agreement's version in plain words, one HTML file without a script."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from predictive_scoring.agreement.definition import Agreement, Version
from predictive_scoring.contract.words import Language, Words
from predictive_scoring.explain.visible import visible
from predictive_scoring.handoff.profile_history import ProfileHistory
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.report import agreement_history as past
from predictive_scoring.report import agreement_words as plain
from predictive_scoring.report.page import environment
from predictive_scoring.storage import write_text

DIGITS = 12


@dataclass(frozen=True)
class Background:
    """What a page says beside the agreement's own words: whose history it is, and what that says of the profile."""

    source: str
    words: Words
    simulated: bool = False
    history: ProfileHistory | None = None  # None: the page is without it


def write_agreement_page(
    agreement: Agreement, version: Version, background: Background, language: Language, path: Path
) -> None:
    """Write the page, whole or not at all; see `render_agreement`."""
    write_text(path, render_agreement(agreement, version, background, language))


def render_agreement(agreement: Agreement, version: Version, background: Background, language: Language) -> str:
    """Return the page of one version of an agreement, as HTML text.

    The same agreement gives the same page: it carries no clock, but the version's own dates and its fingerprint.

    Parameters
    ----------
    version
        One of the agreement's.
    """
    voice, found = Voice(language, background.words), background.history
    return environment().get_template("agreement.html.j2").render(
        lang=language, t=voice.say, shown=visible, background=background,
        facts=_facts(agreement, version, background, voice), digest=fingerprint(version),
        definitions=plain.definitions(version, voice), profile=plain.profile_lines(version, voice),
        journey=plain.journey_lines(version, voice), intent=plain.kinds(version.intent, voice),
        promises=list(plain.promises(version, voice)), actions=plain.actions(version),
        letters=plain.letters(version, voice), approached=list(plain.approached(version, voice)),
        history_lede=past.lede(found, voice) if found else "",
        history_rows=past.rows(found, voice) if found and found.average.n_looks else [],
        findings=list(past.findings(found, voice)) if found else [],
    )  # fmt: skip


def fingerprint(version: Version) -> str:
    """Return the first digits of the SHA-256 of a version's content, however its file is laid out.

    Examples
    --------
    >>> one = Version(valid_from="2025-01-01", own_actions=("visit",))
    >>> fingerprint(one) == fingerprint(one.model_copy()), len(fingerprint(one))
    (True, 12)
    """
    return hashlib.sha256(version.model_dump_json(exclude_none=True).encode()).hexdigest()[:DIGITS]


def _facts(agreement: Agreement, version: Version, background: Background, voice: Voice) -> list[tuple[str, str]]:
    place, first = agreement.versions.index(version), voice.day(date.fromisoformat(version.valid_from))
    following = agreement.versions[place + 1 :]
    valid = voice.say("agreement.valid.from", first=first)
    if following:
        last = date.fromisoformat(following[0].valid_from) - timedelta(days=1)
        valid = voice.say("agreement.valid.until", first=first, last=voice.day(last))
    number, count = voice.number(place + 1), voice.number(len(agreement.versions))
    named = {
        "version": voice.say("agreement.version", number=number, count=count),
        "valid": valid,
        "digest": fingerprint(version),
        "source": visible(background.source),
    }
    return [(voice.say(f"agreement.fact.{name}"), text) for name, text in named.items()]
