"""What `funnel` says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.agreement.definition import load_agreement
from predictive_scoring.agreement.funnel import Step, as_records, counts, steps
from predictive_scoring.agreement.life import lives
from predictive_scoring.agreement.names import refuse_unknown_names
from predictive_scoring.config.extract import Extract
from predictive_scoring.contract.history import History
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.attributes import refuse_later_category
from predictive_scoring.handoff.funnel_record import as_record
from predictive_scoring.handoff.funnel_report import Asked, funnel_report
from predictive_scoring.handoff.spend import Cost, costs, read_spend
from predictive_scoring.handoff.writing import CHANNEL
from predictive_scoring.scoring.instant import as_of_instant
from predictive_scoring.sources.extract import extract
from predictive_scoring.stopping import scratch_folder
from predictive_scoring.storage import read_parquet, write_json

EVERYBODY = "everybody"


def funnel_lines(source: Path, agreement: Path, as_of: str, asked: tuple[int, str], *, as_json: bool) -> Iterator[str]:
    """Yield how many people are in each state, and how many go on from each; `asked` is within days, and by what."""
    definitions = load_agreement(agreement)
    within_days, by = asked
    with scratch_folder() as scratch:
        history = extract(source, scratch / "history", Extract())
        refuse_unknown_names(history, definitions)
        instant = as_of_instant(as_of, history)
        found = lives(history, definitions)
        groups = _groups(history, by)
    within = timedelta(days=within_days)
    walked = {name: list(steps(found, instant, within, members)) for name, members in groups.items()}
    now = {state.name.lower(): n for state, n in counts(found, instant).items() if n}
    if as_json:
        told = {name: as_records(iter(these)) for name, these in walked.items()}
        record = {"as_of": instant.isoformat(), "within_days": within_days, "states": now, "steps": told}
        yield json.dumps(record, ensure_ascii=False, indent=1)
    else:
        yield from _said(now, instant, within_days, walked)


@dataclass(frozen=True)
class FunnelJob:
    """What is asked for where the whole report is written."""

    source: Path
    agreement: Path
    as_of: str
    within_days: int
    by: str
    out: Path
    language: str = "en"
    spend: Path | None = None


def funnel_report_lines(job: FunnelJob) -> Iterator[str]:
    """Write the whole report as a page or as JSON, and yield where it is.

    Raises
    ------
    ConfigurationError
        If the language or the file's ending is unknown.
    """
    if job.language not in {"en", "es"}:
        raise ConfigurationError("--lang: unknown language", found=job.language, expected="en or es")
    if job.out.suffix not in {".html", ".json"}:
        raise ConfigurationError(f"--out {job.out}: unknown format", expected="a name that ends in .html or .json")
    definitions = load_agreement(job.agreement)
    with scratch_folder() as scratch:
        history = extract(job.source, scratch / "history", Extract())
        refuse_unknown_names(history, definitions)
        as_of = as_of_instant(job.as_of, history)
        found, within = lives(history, definitions), timedelta(days=job.within_days)
        paid: tuple[Cost, ...] = ()
        if job.spend is not None:
            paid = tuple(costs(history, found, read_spend(job.spend), job.by or CHANNEL, as_of, within))
        asked = Asked(as_of, job.within_days, (job.by,) if job.by else ())
        report = funnel_report(history, definitions, found, asked, paid)
    if job.out.suffix == ".json":
        write_json(job.out, as_record(report))
    else:
        from predictive_scoring.report.funnel_page import write_funnel_page  # noqa: PLC0415  (an extra)

        write_funnel_page(report, history.facts, "es" if job.language == "es" else "en", job.out)
    yield str(job.out)


def _groups(history: History, by: str) -> dict[str, "np.ndarray | None"]:
    """Return the leads of each value of an attribute, or everybody."""
    if not by:
        return {EVERYBODY: None}
    refuse_later_category(history, by)
    leads = read_parquet(history.path("leads"), ["lead_no", by])
    values = pc.fill_null(leads[by].cast(pa.string()), "(not known)").to_numpy(zero_copy_only=False)
    numbers = leads["lead_no"].to_numpy()
    return {str(value): np.sort(numbers[values == value]) for value in np.unique(values)}


def _said(now: dict[str, int], instant: datetime, within_days: int, walked: dict[str, list[Step]]) -> Iterator[str]:
    yield f"{sum(now.values()):,} people on {instant:%Y-%m-%d %H:%M} UTC: " + ", ".join(
        f"{name} {n:,}" for name, n in now.items()
    )
    for name, these in walked.items():
        yield f"{name}, each step within {within_days} days:"
        yield from (f"  {_sentence(step)}" for step in these)


def _sentence(step: Step) -> str:
    named = f"{step.start.name.lower()} -> {step.end.name.lower()}"
    young = f"; {step.n_immature:,} have not had the time yet" if step.n_immature else ""
    if step.share is None:
        return f"{named}: nobody has had the time yet ({step.n_entered:,} entered)"
    days = "" if step.median_days is None else f", half of them within {step.median_days:.1f} days"
    return f"{named}: {step.n_went_on:,} of {step.n_mature:,} ({step.share:.1%}){days}{young}"
