"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option("--model", help="A bundle's folder, or models:/NAME@ALIAS from the registry.")]
Source = Annotated[Path, typer.Option("--source", help="The source file that says where the history lies.")]
AsOf = Annotated[str, typer.Option("--as-of", help="A date (its first instant in UTC), an instant, or 'latest'.")]
Agreed = Annotated[
    Path, typer.Option("--agreement", help="What the two teams agreed on: what the letters mean. Need not be there.")
]
Json = Annotated[bool, typer.Option("--json", help="Print findings as JSON.")]
Said = Annotated[
    Path | None, typer.Option("--dispositions", help="What sales said: lead_id, decided_at, decision, reason, by_team.")
]
Record = Annotated[
    Path | None,
    typer.Option("--record", help="The record of hand-offs: who was handed over when. See docs/hand-off.md."),
]
