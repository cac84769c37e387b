"""The command line: `predictive-scoring COMMAND`; each command is safe to run again."""

import sys
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from predictive_scoring import __version__
from predictive_scoring.cli.agreement import agreement_app
from predictive_scoring.cli.operating import operating_app
from predictive_scoring.cli.options import Agreed, AsOf, Json, Model, Record, Said, Source
from predictive_scoring.cli.saying import say
from predictive_scoring.project.stage import ending

WRONG_COMMAND_LINE = 2
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Predictive lead scoring: which leads to call first, how likely each is to convert, and why.\n\n"
    "  predictive-scoring init acme              a project of your own\n\n"
    "  predictive-scoring check data/sources/acme.yaml\n\n"
    "  predictive-scoring score --model models/released/won --source data/sources/acme.yaml "
    "--as-of 2025-04-01 --out scores/2025-04-01",
)

AGREEMENT = Path("data/agreement.yaml")
app.add_typer(operating_app)
app.add_typer(agreement_app, name="agreement")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"predictive-scoring {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    source: Annotated[
        str,
        typer.Option(
            help="A CRM (hubspot, salesforce, dynamics) or a public data set (bpic2012, bank_marketing, salvirt_b2b, "
            "online_shoppers, xeducation)."
        ),
    ] = "",
) -> None:
    """Make a new project folder: dvc.yaml, params.yaml, the stages, and a source file to fill in."""
    from predictive_scoring.project.create import create_project  # noqa: PLC0415

    for line in create_project(folder, source or None):
        say(line)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="bpic2012, bank_marketing or salvirt_b2b.")],
    into: Annotated[Path, typer.Option(help="The folder for raw data.")] = Path("data/raw"),
) -> None:
    """Get a public data set, hashes checked: from the folder in PREDICTIVE_SCORING_DATA, else its official address."""
    from predictive_scoring.cli.data import fetch_lines  # noqa: PLC0415

    for line in fetch_lines(name, into):
        say(line)


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Exports: csv, tsv, jsonl, parquet or workbooks, also gzipped.")],
    out: Annotated[Path, typer.Option("--out", help="The source file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Look at files and draft their source file: tables, keys, types, instants, and what may give the outcome away."""
    from predictive_scoring.cli.inspecting import inspect_lines  # noqa: PLC0415

    for line in inspect_lines(files, out, force=force, as_json=as_json):
        say(line)


@app.command()
def pull(
    crm: Annotated[str, typer.Argument(help="hubspot or salesforce.")],
    into: Annotated[
        Path | None, typer.Option(help="The folder for its files; data/raw/CRM if it is not given.")
    ] = None,
) -> None:
    """Bring a CRM's tables up to date by its API: what changed since the last pull; a pull that was cut goes on."""
    from predictive_scoring.cli.crm import pull_lines  # noqa: PLC0415

    for line in pull_lines(crm, into):
        say(line)


@app.command()
def check(
    source: Annotated[Path, typer.Argument(help="A source file.")],
    params: Annotated[
        Path | None, typer.Option("--params", help="The project's params.yaml: targets, limits, what is accepted.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read everything, change nothing: where every row went, and what is wrong or knows the outcome too early."""
    from predictive_scoring.cli.checking import check_lines  # noqa: PLC0415

    for line in check_lines(source, params_file=params, as_json=as_json):
        say(line)


@app.command()
def score(
    model: Model,
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="The folder of scores; it appears whole or not at all.")],
    as_of: AsOf = "latest",
    *,
    force: Annotated[bool, typer.Option("--force", help="Score again, though the same run was done.")] = False,
    latest: Annotated[
        bool, typer.Option("--latest", help="Let `latest` beside the folder name the newest scores.")
    ] = False,
    since: Annotated[
        Path | None, typer.Option("--since", help="An earlier run's folder: write what changed since, and why.")
    ] = None,
    metrics: Annotated[
        Path | None, typer.Option("--metrics", help="A .prom file to write, for Prometheus' textfile collector.")
    ] = None,
    log_format: Annotated[
        Literal["auto", "json", "quiet"], typer.Option("--log-format", help="Progress on standard error.")
    ] = "auto",
    agreement: Agreed = AGREEMENT,
    as_json: Json = False,
) -> None:
    """Score every lead open at an instant, using only what was known before it; what was done is not done again."""
    from predictive_scoring.cli.score_job import ScoreJob, score_lines  # noqa: PLC0415
    from predictive_scoring.scoring.run import Wish  # noqa: PLC0415

    wish = Wish(out, force=force, latest=latest)
    for line in score_lines(ScoreJob(model, source, as_of, wish, metrics, log_format, as_json, agreement, since)):
        say(line)


@app.command()
def explain(
    lead_id: Annotated[str, typer.Argument(help="The lead.")],
    model: Model,
    source: Source,
    as_of: AsOf = "latest",
    agreement: Agreed = AGREEMENT,
    *,
    since: Annotated[
        Path | None, typer.Option("--since", help="An earlier run's folder: also say what changed since.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language: en, es or with a region, es-MX.")] = "en",
    as_json: Json = False,
) -> None:
    """Explain one lead, step by step: raw rows, features, contributions, chance, sentences."""
    from predictive_scoring.cli.scoring import ExplainJob, explain_lines  # noqa: PLC0415

    for line in explain_lines(ExplainJob(model, source, as_of, lead_id, agreement, since, lang, as_json)):
        typer.echo(line)  # styled; its values are made visible one by one


@app.command()
def report(
    scores: Annotated[Path, typer.Option("--scores", help="A folder of scores.")],
    out: Annotated[Path, typer.Option("--out", help="FILE.html or FILE.pdf.")],
    lang: Annotated[
        str,
        typer.Option("--lang", help="The language in which the page opens: en, es or with the scores' region, es-MX."),
    ] = "en",
    audience: Annotated[
        Literal["people", "analyst"], typer.Option("--audience", help="Marketing and sales, or who judges the model.")
    ] = "people",
    evaluation: Annotated[
        Path | None, typer.Option("--evaluation", help="For analysts: the folder that the stage evaluate wrote.")
    ] = None,
    pii: Annotated[
        Literal["none", "masked", "full"] | None,
        typer.Option("--pii", help="Ids as codes; addresses and phones masked (as params.yaml has it); or all."),
    ] = None,
) -> None:
    """Write the page for marketing and sales: one file that needs no network, HTML or (where Chromium is) PDF."""
    from predictive_scoring.cli.reporting import ReportJob, report_lines  # noqa: PLC0415

    for line in report_lines(ReportJob(scores, out, lang, audience, evaluation, pii)):
        say(line)


@app.command()
def verify(
    model: Annotated[str, typer.Argument(help="A bundle's folder, or models:/NAME@ALIAS.")], as_json: Json = False
) -> None:
    """Check every byte of a bundle against its manifest, and score its golden rows."""
    from predictive_scoring.cli.scoring import verify_lines  # noqa: PLC0415

    for line in verify_lines(model, as_json=as_json):
        say(line)


@app.command()
def funnel(
    source: Source,
    agreement: Annotated[Path, typer.Option(help="What lead, MQL, PQL, SQL and customer mean.")] = Path(
        "data/agreement.yaml"
    ),
    as_of: AsOf = "latest",
    within_days: Annotated[int, typer.Option(min=1, max=3650, help="How long a person has for each step.")] = 90,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A category of leads or accounts to tell apart, e.g. channel, or `origin`; may be given often."
        ),
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="FILE.html or FILE.json: the whole report.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the page: en or es.")] = "en",
    spend: Annotated[Path | None, typer.Option("--spend", help="A CSV of channel, month, amount.")] = None,
    record: Record = None,
    dispositions: Said = None,
    lives: Annotated[
        Path | None,
        typer.Option("--lives", help="FILE.parquet: every transition, with when, why and by which version."),
    ] = None,
    params: Annotated[Path, typer.Option("--params", help="The project's params.yaml: who is no lead.")] = Path(
        "params.yaml"
    ),
    as_json: Json = False,
) -> None:
    """Say in which state of the life cycle everybody is, and how many go on from each to the next."""
    from predictive_scoring.cli.funnel import FunnelJob, funnel_lines, funnel_report_lines  # noqa: PLC0415

    told_apart = tuple(dict.fromkeys(by or ()))
    job = FunnelJob(source, agreement, as_of, within_days, told_apart, params, lang, spend, record, dispositions, lives)
    if out is not None:
        for line in funnel_report_lines(job, out):
            say(line)
        return
    needs_page = {"--spend": (spend, "its costs need"), "--record": (record, "promises need"),
                  "--dispositions": (dispositions, "what sales said needs"),
                  "--lives": (lives, "transitions need")}  # fmt: skip
    for option, (given, what) in needs_page.items():
        if given is not None:
            raise typer.BadParameter(f"{what} a report: add --out FILE.html or FILE.json", param_hint=option)
    for line in funnel_lines(job, as_json=as_json):
        say(line)


def run() -> None:
    """Run the command line and exit with the code of what went wrong, if anything."""
    sys.exit(ending(_invoke))


def _invoke() -> None:
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        cast(typer.BadParameter, error).show()  # a wrong command line: the usage, and what was meant
        sys.exit(WRONG_COMMAND_LINE)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if isinstance(code, int) and code:
        sys.exit(code)
