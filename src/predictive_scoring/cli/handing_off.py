"""What `agreement hand-off`, `agreement nurture` and `agreement meeting` do and say."""

import json
from collections.abc import Container, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast, get_args

import pyarrow.compute as pc

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.cli.language import language as spoken
from predictive_scoring.config.params import load_params
from predictive_scoring.errors import ConfigurationError, SourceUnreachableError, counted
from predictive_scoring.handoff.brief import HandOffList, hand_off
from predictive_scoring.handoff.desk import desk_of, record_given, refuse_later
from predictive_scoring.handoff.meeting import Table, meeting
from predictive_scoring.handoff.nurture import next_actions, warming
from predictive_scoring.handoff.qualified import standings
from predictive_scoring.handoff.situation import Situation, hidden_people, situation
from predictive_scoring.handoff.tasks import tasks_of
from predictive_scoring.handoff.told import meeting_told, nurture_told
from predictive_scoring.handoff.voice import Voice
from predictive_scoring.handoff.workbook import write_hand_off, write_workbook
from predictive_scoring.scoring.crm_sink import Crm
from predictive_scoring.scoring.crm_tasks import make_tasks, taken, task_door
from predictive_scoring.scoring.finished import FinishedScores
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import sole_writer

SUFFIXES = (".xlsx", ".json", ".html")


@dataclass(frozen=True)
class Files:
    """Where everything lies that a list is made from."""

    scores: Path
    source: Path
    agreement: Path
    params: Path
    dispositions: Path | None = None
    record: Path | None = None  # of hand-offs


@contextmanager
def opened(files: Files, *, begins: bool = False) -> Iterator[Situation]:
    """Lend the situation of a folder of scores; the history lies in a folder that is removed afterwards.

    Parameters
    ----------
    begins
        Whether the record of hand-offs may not be there yet.

    Raises
    ------
    ConfigurationError
        If the scores' target is none of the project's, or the agreement names what the history does not have: where
        the history has none of its kinds, nobody would be handed over and nobody would know why.
    """
    agreement, params = load_agreement(files.agreement), load_params(files.params)
    about = FinishedScores.load(files.scores, ["lead_id"]).about
    if about.target not in params.targets:
        raise ConfigurationError(
            f"{files.params}: no target {about.target!r}, for which these leads were scored",
            found=sorted(params.targets),
        )
    with scratch_folder() as scratch:
        history = extract(files.source, scratch / "history", params.extract)
        refuse_unknown_names(history, agreement)
        desk = desk_of(history, files.record, files.dispositions, begins=begins)
        yield situation(history, files.scores, agreement, (params.targets[about.target], params.snapshots), desk)


@dataclass(frozen=True)
class HandOffJob:
    """What `agreement hand-off` asks for."""

    files: Files
    outs: tuple[Path, ...] = ()
    to: str = ""  # a CRM; "": none
    lang: str = "en"
    show: tuple[str, ...] = ()


def hand_off_lines(job: HandOffJob) -> Iterator[str]:
    """Write the hand-off in the formats that the files' names say, and as tasks, and yield what is in it.

    Raises
    ------
    ConfigurationError
        If a language, a file's ending or a CRM is unknown, or nothing is asked for.
    SourceUnreachableError
        If the CRM is out of reach, or did not take every task.
    """
    language, outs = spoken(job.lang), job.outs
    if unknown := sorted({str(out) for out in outs if out.suffix not in SUFFIXES}):
        raise ConfigurationError(f"--out: unknown formats {unknown}", expected=f"names that end in one of {SUFFIXES}")
    if job.to not in {"", *get_args(Crm)} or not (outs or job.to):
        raise ConfigurationError(
            f"--to {job.to}: unknown" if job.to else "neither --out nor --to is given",
            expected=f"--out FILE that ends in one of {SUFFIXES}, or --to hubspot or salesforce",
        )
    record = job.files.record
    with nullcontext() if record is None else sole_writer(record):
        with opened(job.files, begins=True) as found:
            if record is not None:
                refuse_later(found.desk.given, found.as_of, record)
            listed = hand_off(found, language, shown=job.show)
            for out in outs:
                _write(listed, found, out)
            if record is not None and not job.to:
                _record(listed, found, record, listed.lead_ids)
        yield f"{counted(len(listed.handed_over), 'lead')} handed over as of {listed.as_of:%Y-%m-%d %H:%M} UTC"
        yield from (f"  {name}: {n:,}" for name, n in sorted(listed.counts.items()))
        yield from map(str, outs)
        if job.to:
            yield from _tasks(listed, found, cast(Crm, job.to), job.files)
        yield _said_of(record)


def _said_of(record: Path | None) -> str:
    if record is None:
        return "no --record: another night may hand over the same leads, and does not know what this one has used up"
    return f"record of hand-offs: {record}"


def _record(listed: HandOffList, found: Situation, record: Path, given: Container[str]) -> None:
    """Note who was handed over."""
    grades = [brief.grade for brief in listed.handed_over]
    pairs = [pair for pair in zip(listed.lead_ids, grades, strict=True) if pair[0] in given]
    record_given(record, found.finished.about.target, pairs, listed.as_of)


def _tasks(listed: HandOffList, found: Situation, crm: Crm, files: Files) -> Iterator[str]:
    record = files.scores.with_name(f"{files.scores.name}.{crm}.tasks.parquet")
    tasks = tasks_of(listed, found.version.hand_off)
    try:
        made, n_before = make_tasks(tasks, crm, task_door(crm), record)
    finally:  # what was made stays made, whatever ended the rest: those leads lie on sales' desk now
        if files.record is not None:
            _record(listed, found, files.record, taken(listed.lead_ids, listed.as_of, record))
    n_made = pc.sum(pc.equal(made["status"], "written")).as_py() or 0
    held = f", {n_before:,} were made before" if n_before else ""
    yield f"{n_made:,} of {counted(tasks.num_rows, 'task')} -> {crm}{held}; record: {record}"
    if n_made < made.num_rows:
        raise SourceUnreachableError(
            f"{crm}: {counted(made.num_rows - n_made, 'task')} not taken",
            found=", ".join(sorted(set(made["why"].drop_null().to_pylist()))[:5]),
            fix="see the record; running it again makes only those that are not written there",
        )


def _write(listed: HandOffList, found: Situation, out: Path) -> None:
    if out.suffix == ".xlsx":
        write_workbook(listed, out)
    elif out.suffix == ".json":
        write_hand_off(listed, out)
    else:
        from predictive_scoring.report.brief_page import write_briefs_page  # noqa: PLC0415  (an extra)

        write_briefs_page(listed, found.finished.about, out)


def nurture_lines(files: Files, top: int, lang: str = "en", *, as_json: bool) -> Iterator[str]:
    """Yield the leads below the line whose engagement rises, and what converters did next."""
    language = spoken(lang)
    with opened(files) as found:
        rising = warming(found, standings(found))
        nexts = next_actions(found.history, found.version, found.as_of)
        as_of, voice = found.as_of, Voice(language, found.history.facts.words)
    if as_json:
        yield json.dumps(
            {
                "as_of": as_of.isoformat(),
                "rising": [{**asdict(lead), "stage": lead.stage.name.lower()} for lead in rising[:top]],
                "next_actions": {stage.name.lower(): [asdict(one) for one in these] for stage, these in nexts.items()},
            },
            ensure_ascii=False,
            indent=1,
        )
        return
    yield from nurture_told(rising, top, nexts, voice)


@dataclass(frozen=True)
class MeetingJob:
    """What `agreement meeting` asks for."""

    dispositions: Path
    scores: list[Path]
    source: Path
    agreement: Path
    params: Path
    as_of: str = "latest"
    by: str = ""
    lang: str = "en"
    record: Path | None = None


def meeting_lines(job: MeetingJob, *, as_json: bool) -> Iterator[str]:
    """Yield what sales said of whom they were given, and what to talk about."""
    agreement, params, language = load_agreement(job.agreement), load_params(job.params), spoken(job.lang)
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", params.extract)
        refuse_unknown_names(history, agreement)
        voice = Voice(language, history.facts.words)
        desk = desk_of(history, job.record, job.dispositions)
        as_of = as_of_instant(job.as_of, history)
        target = next(iter(params.targets.values()))  # who has opted out is the same for all
        hidden = hidden_people(history, target, params.snapshots, as_of)
        at = Table(as_of, hidden, params.snapshots.exclude, job.by)
        found = meeting(history, agreement, desk, job.scores, at)
    if as_json:
        yield json.dumps(asdict(found), ensure_ascii=False, indent=1, default=str)
    else:
        yield from meeting_told(found, voice)
