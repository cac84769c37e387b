"""The commands about what marketing and sales agreed on: `predictive-scoring agreement COMMAND`."""

from pathlib import Path
from typing import Annotated

import typer

from predictive_scoring.cli.options import Json, Record, Said, Source
from predictive_scoring.cli.saying import say

agreement_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What marketing and sales agreed on: whether it can be kept, what it brings, and the page that both sign.",
)

File = Annotated[Path, typer.Argument(help="The agreement, for instance data/agreement.yaml.")]

Params = Annotated[
    Path,
    typer.Option("--params", help="The project's params.yaml: how its source is read, its targets, who is left out."),
]
AGREEMENT, PARAMS = Path("data/agreement.yaml"), Path("params.yaml")


@agreement_app.command()
def check(
    file: File,
    source: Source,
    params: Params = PARAMS,
    *,
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Look whether every kind, topic, stage, attribute and value that the agreement names is in the history.

    What was left to its defaults and finds nothing there is said as a warning.
    """
    from predictive_scoring.cli.agreeing import check_lines  # noqa: PLC0415

    for line in check_lines(file, source, params=params, lang=lang, as_json=as_json):
        say(line)


@agreement_app.command()
def add(
    project: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
) -> None:
    """Add the stage `agreement` to a project that began without one; data/agreement.yaml must lie there."""
    from predictive_scoring.project.agreement_stage import add_agreement  # noqa: PLC0415

    for line in add_agreement(project):
        typer.echo(line)


@agreement_app.command()
def page(
    file: File,
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write.")],
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    on: Annotated[str, typer.Option("--on", help="A date: the version in force then; by default the newest.")] = "",
    *,
    history: Annotated[bool, typer.Option(help="Say what history says of the profile.")] = True,
    target: Annotated[str, typer.Option(help="A target of params.yaml; by default its first.")] = "",
    params: Params = PARAMS,
) -> None:
    """Write the page that both teams sign: every definition and promise of a version in plain words."""
    from predictive_scoring.cli.agreeing import PageJob, page_lines  # noqa: PLC0415

    for line in page_lines(PageJob(file, source, out, lang, on, history, target, params)):
        say(line)


@agreement_app.command()
def capacity(
    scores: Annotated[Path, typer.Option("--scores", help="A finished folder of scores.")],
    calls_per_week: Annotated[
        int | None, typer.Option("--calls-per-week", min=1, help="How many can be called; else the agreement's.")
    ] = None,
    agreement: Annotated[Path, typer.Option(help="The agreement that says how many.")] = Path("data/agreement.yaml"),
    by: Annotated[str, typer.Option(help="A category to tell apart, for instance channel; needs --source.")] = "",
    source: Annotated[Path | None, typer.Option(help="The source file that was scored.")] = None,
    params: Params = PARAMS,
    *,
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Say how far down so many calls reach, what they should bring, and what is left below the line."""
    from predictive_scoring.cli.capacity import CapacityJob, capacity_lines  # noqa: PLC0415

    for line in capacity_lines(CapacityJob(scores, agreement, calls_per_week, by, source, as_json, params, lang)):
        say(line)


@agreement_app.command()
def simulate(
    model: Annotated[str, typer.Option("--model", help="A bundle's folder, or models:/NAME@ALIAS.")],
    source: Source,
    start: Annotated[str, typer.Option("--from", help="First day; else where the model's own leads end.")] = "",
    until: Annotated[str, typer.Option(help="Nothing recorded from here on is used, but to check the forecast.")] = (
        "latest"
    ),
    agreement: Annotated[Path, typer.Option(help="Its last version is tried, whatever its date.")] = Path(
        "data/agreement.yaml"
    ),
    calls_per_week: Annotated[
        int | None, typer.Option("--calls-per-week", min=1, help="Another capacity than the agreement's.")
    ] = None,
    *,
    dispositions: Said = None,
    record: Record = None,
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Try the agreement on past weeks: whom it hands over, what became of them, what the next quarter should bring."""
    from predictive_scoring.cli.simulating import SimulateJob, simulate_lines  # noqa: PLC0415

    for line in simulate_lines(
        SimulateJob(model, source, agreement, start, until, calls_per_week, as_json, dispositions, record, lang)
    ):
        say(line)


Scores = Annotated[Path, typer.Option("--scores", help="A finished folder of scores.")]
Agreed = Annotated[Path, typer.Option("--agreement", help="What the two teams agreed on.")]


@agreement_app.command()
def match(
    scores: Scores,
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="FILE.parquet or FILE.csv.")],
    agreement: Agreed = AGREEMENT,
    params: Params = PARAMS,
) -> None:
    """Write how each open lead fits the profile, criterion by criterion, with fit, engagement, intent and stage."""
    from predictive_scoring.cli.handing_off import Files  # noqa: PLC0415
    from predictive_scoring.cli.matching import match_lines  # noqa: PLC0415

    for line in match_lines(Files(scores, source, agreement, params), out):
        say(line)


@agreement_app.command("hand-off")
def hand_off(
    scores: Scores,
    source: Source,
    out: Annotated[
        list[Path] | None, typer.Option("--out", help="FILE.xlsx, FILE.json or FILE.html; may be given often.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    *,
    to: Annotated[str, typer.Option("--to", help="hubspot or salesforce: a task in the CRM for each call.")] = "",
    agreement: Agreed = AGREEMENT,
    params: Params = PARAMS,
    dispositions: Said = None,
    record: Record = None,
    show: Annotated[
        list[str] | None,
        typer.Option("--show", help="An attribute of free text that briefs may show."),
    ] = None,
) -> None:
    """Brief the seller of each lead that meets the agreement: who, why now, what they read, how to begin."""
    from predictive_scoring.cli.handing_off import Files, HandOffJob, hand_off_lines  # noqa: PLC0415

    job = HandOffJob(
        Files(scores, source, agreement, params, dispositions, record), tuple(out or ()), to, lang, tuple(show or ())
    )
    for line in hand_off_lines(job):
        say(line)


@agreement_app.command()
def nurture(
    scores: Scores,
    source: Source,
    agreement: Agreed = AGREEMENT,
    params: Params = PARAMS,
    dispositions: Said = None,
    record: Record = None,
    *,
    top: Annotated[int, typer.Option("--top", min=1, help="So many leads at most.")] = 50,
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """List the leads below the line whose engagement rises, and what converters did next at each stage."""
    from predictive_scoring.cli.handing_off import Files, nurture_lines  # noqa: PLC0415

    files = Files(scores, source, agreement, params, dispositions, record)
    for line in nurture_lines(files, top, lang, as_json=as_json):
        say(line)


@agreement_app.command()
def meeting(
    dispositions: Annotated[Path, typer.Option("--dispositions", help="What sales said, as CSV or Parquet.")],
    scores: Annotated[
        list[Path], typer.Option("--scores", help="A folder of scores, or of such folders; may be given often.")
    ],
    source: Source,
    *,
    agreement: Agreed = AGREEMENT,
    params: Params = PARAMS,
    as_of: Annotated[str, typer.Option("--as-of", help="A date, an instant, or 'latest'.")] = "latest",
    by: Annotated[str, typer.Option("--by", help="A category of leads to tell apart, e.g. channel.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="en or es.")] = "en",
    record: Record = None,
    as_json: Json = False,
) -> None:
    """Say how often sales accept, by grade and reason, what was not worked, and where score and sales disagreed."""
    from predictive_scoring.cli.handing_off import MeetingJob, meeting_lines  # noqa: PLC0415

    job = MeetingJob(dispositions, scores, source, agreement, params, as_of, by, lang, record)
    for line in meeting_lines(job, as_json=as_json):
        say(line)
