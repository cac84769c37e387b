"""What `funnel` says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.funnel import Step, as_records, counts, steps
from predictive_scoring.agreement.held import as_told
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.agreement.origin import Origins
from predictive_scoring.cli.checking import USUAL_TARGET
from predictive_scoring.cli.language import language as spoken
from predictive_scoring.cli.project import project_params
from predictive_scoring.config.exclude import Exclude
from predictive_scoring.config.extract import Extract
from predictive_scoring.config.params import Params
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.desk import desk_of
from predictive_scoring.handoff.funnel_record import as_record
from predictive_scoring.handoff.funnel_report import Asked, funnel_report
from predictive_scoring.handoff.segments import UNKNOWN, in_order, segment_of
from predictive_scoring.handoff.situation import hidden_people
from predictive_scoring.handoff.spend import Cost, costs, read_spend
from predictive_scoring.handoff.transitions import transitions
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import write_json, write_parquet

EVERYBODY = "everybody"


@dataclass(frozen=True)
class FunnelJob:
    """What the command line asks for."""

    source: Path
    agreement: Path
    as_of: str
    within_days: int
    by: tuple[str, ...]
    params: Path
    language: str = "en"
    spend: Path | None = None
    record: Path | None = None  # of hand-offs
    dispositions: Path | None = None  # what sales said of leads
    lives: Path | None = None  # where to write every transition

    def settings(self) -> tuple[Extract, Exclude]:
        """Return how the project reads its source and who is no lead in it; outside of a project, as by default."""
        params = self._params()
        return params.extract, params.snapshots.exclude

    def hidden(self, history: History, as_of: datetime) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Return by lead_no who must not be shown."""
        params = self._params()
        target = next(iter(params.targets.values()))  # who has opted out is the same for all
        return hidden_people(history, target, params.snapshots, as_of)

    def _params(self) -> Params:
        return project_params(self.params) or Params(source=self.source, targets=USUAL_TARGET)


def funnel_lines(job: FunnelJob, *, as_json: bool) -> Iterator[str]:
    """Yield how many people are in each state, and how many go on from each."""
    definitions, (reading, rules) = load_agreement(job.agreement), job.settings()
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", reading)
        refuse_unknown_names(history, definitions)
        instant = as_of_instant(job.as_of, history)
        found = as_told(lives(history, definitions, rules), instant)
        groups = _groups(history, job.by, Origins(definitions, instant))
    within_days, within = job.within_days, timedelta(days=job.within_days)
    walked = {name: list(steps(found, instant, within, members)) for name, members in groups.items()}
    now = {state.name.lower(): n for state, n in counts(found, instant).items() if n}
    if as_json:
        told = {name: as_records(iter(these)) for name, these in walked.items()}
        record = {"as_of": instant.isoformat(), "within_days": within_days, "states": now, "steps": told}
        yield json.dumps(record, ensure_ascii=False, indent=1)
    else:
        yield from _said(now, instant, within_days, walked)


def funnel_report_lines(job: FunnelJob, out: Path) -> Iterator[str]:
    """Write the whole report as a page or as JSON, and every transition if asked, and yield where they are.

    Raises
    ------
    ConfigurationError
        If the language or the file's ending is unknown.
    """
    language = spoken(job.language)
    if job.lives is not None and job.lives.suffix != ".parquet":
        raise ConfigurationError(f"--lives {job.lives}: unknown format", expected="a name that ends in .parquet")
    if out.suffix not in {".html", ".json"}:
        raise ConfigurationError(f"--out {out}: unknown format", expected="a name that ends in .html or .json")
    definitions, (reading, rules) = load_agreement(job.agreement), job.settings()
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", reading)
        refuse_unknown_names(history, definitions)
        as_of = as_of_instant(job.as_of, history)
        found, within = lives(history, definitions, rules), timedelta(days=job.within_days)
        paid: tuple[Cost, ...] = ()
        if job.spend is not None:
            by = {name: segment_of(history, name, Origins(definitions, as_of)) for name in job.by}
            paid = tuple(costs(history, found, read_spend(job.spend), by, as_of, within))
        desk = desk_of(history, job.record, job.dispositions)
        asked = Asked(as_of, job.within_days, job.by, desk.given, desk.said)
        report = funnel_report(history, definitions, found, asked, paid)
        moved = (
            None if job.lives is None else transitions(history, definitions, found, job.hidden(history, as_of), as_of)
        )
    if out.suffix == ".json":
        write_json(out, as_record(report))
    else:
        from predictive_scoring.report.funnel_page import write_funnel_page  # noqa: PLC0415  (an extra)

        write_funnel_page(report, history.facts, language, out)
    if job.lives is not None and moved is not None:  # last: where the page fails nothing lies there
        write_parquet(job.lives, moved)
    yield from (str(path) for path in (out, job.lives) if path is not None)


def _groups(history: History, by: tuple[str, ...], origins: Origins) -> dict[str, "np.ndarray | None"]:
    """Return everybody, or the leads of each value of each category."""
    groups: dict[str, np.ndarray | None] = {} if by else {EVERYBODY: None}
    for name in by:
        values = segment_of(history, name, origins)
        for value in in_order(values):
            said = "(not known)" if value == UNKNOWN else str(value)
            groups[said if len(by) == 1 else f"{name} {said}"] = np.flatnonzero(values == value)
    return groups


def _said(now: dict[str, int], instant: datetime, within_days: int, walked: dict[str, list[Step]]) -> Iterator[str]:
    yield f"{sum(now.values()):,} people on {instant:%Y-%m-%d %H:%M} UTC: " + ", ".join(
        f"{name} {n:,}" for name, n in now.items()
    )
    for name, these in walked.items():
        yield f"{name}, each step within {within_days} days:"
        yield from (f"  {_sentence(step)}" for step in these)


def _sentence(step: Step) -> str:
    named = f"{step.start.name.lower()} -> {step.end.name.lower()}"
    around = f"; {step.n_around:,} more came to {step.end.name.lower()} without it" if step.n_around else ""
    young = f"; {step.n_immature:,} have not had the time yet" if step.n_immature else ""
    if step.share is None:
        return f"{named}: nobody has had the time yet ({step.n_entered:,} entered){around}"
    days = "" if step.median_days is None else f", half of them within {step.median_days:.1f} days"
    return f"{named}: {step.n_went_on:,} of {step.n_mature:,} ({step.share:.1%}){days}{young}{around}"
