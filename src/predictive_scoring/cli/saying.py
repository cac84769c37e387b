"""What a command says on standard output: plain lines, whatever names and values they quote."""

import typer

from predictive_scoring.errors import printable


def say(line: str) -> None:
    """Print a line; signs that a terminal would obey are shown as such."""
    typer.echo(printable(line))
