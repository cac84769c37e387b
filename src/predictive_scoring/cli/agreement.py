"""The commands about what marketing and sales agreed on: `predictive-scoring agreement COMMAND`."""

from pathlib import Path
from typing import Annotated

import typer

agreement_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What marketing and sales agreed on: whether it can be kept, what it brings, and the page that both sign.",
)

File = Annotated[Path, typer.Argument(help="The agreement, for instance data/agreement.yaml.")]
Source = Annotated[Path, typer.Option("--source", help="The source file that says where the history lies.")]
Json = Annotated[bool, typer.Option("--json", help="Print findings as JSON.")]


@agreement_app.command()
def check(file: File, source: Source, as_json: Json = False) -> None:
    """Look whether every kind, topic, stage, attribute and value that the agreement names is in the history."""
    from predictive_scoring.cli.agreeing import check_lines  # noqa: PLC0415

    for line in check_lines(file, source, as_json=as_json):
        typer.echo(line)
