"""The commands of who runs it: versions in use, where scores go, whether they still hold, whether a job would run."""

from pathlib import Path
from typing import Annotated

import typer

from predictive_scoring.cli.options import Json, Model, Source
from predictive_scoring.cli.saying import say

operating_app = typer.Typer()  # without a name: its commands stand beside those of the top
Name = Annotated[str, typer.Argument(help="The model's name in the registry, for instance lead-won.")]


@operating_app.command()
def promote(
    name: Name,
    version: Annotated[int, typer.Option(min=1, help="The version to put to use.")],
    because: Annotated[str, typer.Option(help="Why; it is kept with the date.")] = "promoted by hand",
) -> None:
    """Move the alias `champion` to a version, whose bundle is verified first, and record why."""
    from predictive_scoring.cli.promoting import promote_lines  # noqa: PLC0415

    for line in promote_lines(name, version, because):
        say(line)


@operating_app.command()
def rollback(
    name: Name, because: Annotated[str, typer.Option(help="Why; it is kept with the date.")] = "rolled back by hand"
) -> None:
    """Move the alias `champion` back to the version that had it before, and record why."""
    from predictive_scoring.cli.promoting import rollback_lines  # noqa: PLC0415

    for line in rollback_lines(name, because):
        say(line)


@operating_app.command()
def champion(
    name: Name,
    on: Annotated[str, typer.Option("--on", help="Only the one of this date or instant.")] = "",
    as_json: Json = False,
) -> None:
    """Say which version is in use, and every move of the alias with its date and reason."""
    from predictive_scoring.cli.promoting import champion_lines  # noqa: PLC0415

    for line in champion_lines(name, on, as_json=as_json):
        say(line)


@operating_app.command()
def export(
    scores: Annotated[Path, typer.Option("--scores", help="A finished folder of scores.")],
    to: Annotated[str, typer.Option("--to", help="FILE.csv, FILE.xlsx, FILE.json, postgresql, hubspot or salesforce.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the reasons: en or es.")] = "en",
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only so many leads, the best first.")] = None,
    *,
    env: Annotated[str, typer.Option("--env", help="For postgresql: the variable that holds the address.")] = "",
    table: Annotated[str, typer.Option("--table", help="For postgresql: the table, or schema.table.")] = "lead_scores",
    record: Annotated[
        Path | None, typer.Option("--record", help="For a CRM: where to note what was written (Parquet).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")] = False,
) -> None:
    """Carry finished scores to where people work: a file, a database, the CRM."""
    from predictive_scoring.cli.exporting import ExportJob, export_lines  # noqa: PLC0415

    for line in export_lines(ExportJob(scores, to, lang, top, env, table, record, dry_run)):
        say(line)


@operating_app.command()
def monitor(
    model: Model,
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="The folder of the report, the page and the history.")],
    scores: Annotated[
        list[Path] | None, typer.Option("--scores", help="A folder of scores, or of such folders; may be given often.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Today; by default that of the latest scores.")] = None,
    *,
    track: Annotated[bool, typer.Option("--track", help="Note the figures in MLflow as well.")] = False,
    as_json: Json = False,
) -> None:
    """Compare today's leads with those of the training, and past scores with what became of them."""
    from predictive_scoring.cli.monitoring import MonitorJob, monitor_lines  # noqa: PLC0415

    for line in monitor_lines(MonitorJob(model, source, scores or [], as_of, out, track, as_json)):
        say(line)


@operating_app.command()
def status(
    project: Annotated[Path, typer.Argument(help="A project's folder.")] = Path(),
    scores: Annotated[
        Path | None, typer.Option(help="A folder with a folder of scores a night: runs and gaps.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the project's last run made: headline figures, and where the scores and the pages are."""
    from predictive_scoring.project.status import status_lines  # noqa: PLC0415

    for line in status_lines(project, as_json=as_json, scores=scores):
        say(line)


@operating_app.command()
def doctor(
    project: Annotated[Path, typer.Argument(help="A project's folder, or where scores go.")] = Path(),
    as_json: Json = False,
) -> None:
    """Look whether a job would run here: versions, extras, disk, rights, locks, the store of runs, the clock."""
    from predictive_scoring.project.doctor import doctor_lines  # noqa: PLC0415

    for line in doctor_lines(project, as_json=as_json):
        say(line)
