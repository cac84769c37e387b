"""What `report` does and says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from predictive_scoring.cli.language import language_tag
from predictive_scoring.config.params import load_params
from predictive_scoring.config.regions import Tag
from predictive_scoring.config.report import Report
from predictive_scoring.errors import ConfigurationError


@dataclass(frozen=True)
class ReportJob:
    """What the command line asks for."""

    scores: Path
    out: Path
    tag: str = "en"
    audience: Literal["people", "analyst"] = "people"
    evaluation: Path | None = None
    pii: Literal["none", "masked", "full"] | None = None  # None: as the project's settings say


def report_lines(job: ReportJob) -> Iterator[str]:
    """Write the page and yield where it is.

    Raises
    ------
    ConfigurationError
        If the language is unknown, the path a folder, or the analyst's page is asked for without an evaluation.
    MachineError
        If a PDF is asked for where there is no Chromium.
    """
    from predictive_scoring.report.page import render, write_page  # noqa: PLC0415  (imports the charts' libraries)
    from predictive_scoring.report.paper import write_pdf  # noqa: PLC0415

    tag = language_tag(job.tag)
    if job.out.is_dir():
        raise ConfigurationError(
            f"{job.out}: a folder", fix=f"give a file's name, for instance {job.out / 'leads.html'}"
        )
    settings = _settings(job)
    if job.audience == "analyst":
        _write_for_analysts(job, tag, settings)
    elif job.out.suffix.lower() == ".pdf":
        write_pdf(render(job.scores, tag, settings), job.out)
    else:
        write_page(job.scores, tag, job.out, settings)
    yield str(job.out)


def _settings(job: ReportJob) -> Report:
    project = Path("params.yaml")
    settings = load_params(project).report if project.is_file() else Report()
    return settings if job.pii is None else settings.model_copy(update={"pii": job.pii})


def _write_for_analysts(job: ReportJob, tag: Tag, settings: Report) -> None:
    from predictive_scoring.report.analyst import write_analyst_page  # noqa: PLC0415

    if job.evaluation is None:
        raise ConfigurationError(
            "--audience analyst: --evaluation is missing",
            expected="the folder that evaluate wrote: models/evaluation/won",
        )
    write_analyst_page(job.scores, job.evaluation, tag, job.out, settings)
